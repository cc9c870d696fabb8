"""What a quick command costs: processor time of the installed command in starts of an interpreter that does nothing.

``run.py NIPSYS [OTHER_NIPSYS] [--rounds N]``. Commands take turns, so that load meets all alike, and the least of all rounds counts.
Everything happens in a small root of its own, without network. With a second nipsys (of another version), both are measured in the same
root, and the last column compares them. Exits 1 when a limit is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests/support")]

from measure import measure  # noqa: E402
from small_root import write_profiles  # noqa: E402

COMMANDS = {"status": 2.6, "rollback": 4.0, "lock": None, "list": None, "search": None}
"""Limits in interpreter starts. ``lock`` finds its lock up to date."""
LIMIT = 1.05
"""``lock`` may take this much of what the other nipsys takes."""


def prepare(nipsys: str, home: Path) -> dict[str, str]:
    """Apply two small profiles below ``home``; return the environment to use them in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIPSYS_", "XDG_", "PYTHON"))}
    environment = {**kept, "HOME": str(home), "NIPSYS_ROOT": str(home / "root")}
    for profile in write_profiles(home):
        subprocess.run([nipsys, "apply", profile], env=environment, check=True, capture_output=True)
    return environment


def words(command: str, home: Path, turn: int) -> list[str]:
    """Return the words of a command; each ``rollback`` goes to the generation that is not current."""
    profile = str(home / "both.kdl")
    rest = {"rollback": ["--to", str(1 + turn % 2)], "lock": [profile], "search": ["greet", "--profile", profile]}
    return [command, *rest.get(command, [])]


def measure_all(programs: list[str], rounds: int, home: Path, environment: Mapping[str, str]) -> tuple[float, list[dict[str, float]]]:
    """Return the least seconds of a bare interpreter, and of every command of every program."""
    interpreter = str(Path(programs[0]).parent / "python")
    bare = float("inf")
    least = [dict.fromkeys(COMMANDS, float("inf")) for _ in programs]
    for turn in range(rounds):
        bare = min(bare, measure([interpreter, "-I", "-c", "pass"], env=environment).cpu)
        for command in COMMANDS:
            for number, (program, costs) in enumerate(zip(programs, least, strict=True)):
                argv = [program, *words(command, home, turn * len(programs) + number)]
                costs[command] = min(costs[command], measure(argv, env=environment).cpu)
    return bare, least


def main() -> int:
    """Print the table; return 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nipsys", nargs="+", help="an installed nipsys, and one to compare it with")
    parser.add_argument("--rounds", type=int, default=25)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nipsys-bench-") as name:
        home = Path(name)
        bare, (own, *others) = measure_all(chosen.nipsys, chosen.rounds, home, prepare(chosen.nipsys[0], home))
    missed = False
    print(f"{'command':<10} {'starts':>6} {'limit':>6}" + (f" {'to the other':>13}" if others else ""))
    for command, limit in COMMANDS.items():
        starts = own[command] / bare
        row = f"{command:<10} {starts:>6.2f} {limit or '':>6}"
        missed |= limit is not None and starts > limit
        for other in others:
            row += f" {own[command] / other[command]:>13.2f}"
            missed |= command == "lock" and own[command] / other[command] > LIMIT
        print(row)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
