"""The proof: every program of the list does real work on a bare host, by view and by relocation.

    prove.py [--closed] [--sample] [--root DIR] [NAME...]

Each program gets a profile and a root of its own kind: a world with just its packages, brought in by nipsys itself from the
archive that the host's configuration names. Prints one line a program and a total; exits with 1 when one failed.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from bare import missing  # noqa: E402
from programs import FIRST, LIMITS, MORE, SAMPLE, Program  # noqa: E402

SUITE = "trixie"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--closed", action="store_true", help="where no user namespace can be made: relocation")
    parser.add_argument("--root", default=".grafts", help="where the roots stand")
    parser.add_argument("--sample", action="store_true", help="only the sample that continuous integration runs")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if lacking := missing():
        print(f"cannot make a bare host without {lacking}: install busybox-static and bash-static", file=sys.stderr)
        return 1
    base = pathlib.Path(options.root).resolve()
    base.mkdir(parents=True, exist_ok=True)
    chosen = [
        one for one in FIRST + MORE if one.name in options.names or (not options.names and (not options.sample or one.name in SAMPLE))
    ]
    failed = [one.name for one in chosen if not proved(one, base, closed=options.closed)]
    known = {name for name in LIMITS if options.closed and name in {one.name for one in chosen}}
    print(f"{len(chosen) - len(failed)} of {len(chosen)} programs work" + (f"; failed: {' '.join(failed)}" if failed else ""))
    for name in sorted(known & set(failed)):
        print(f"known limit: {name} {LIMITS[name]}")
    return 1 if set(failed) != known else 0


def proved(program: Program, base: pathlib.Path, *, closed: bool) -> bool:
    began = time.monotonic()
    installed, said = install(program, base, closed=closed)
    ready = time.monotonic()
    good = installed
    if installed:
        done = perform(program, base, closed=closed)
        good, said = done.returncode == 0, done.stdout
    print(
        f"{'ok  ' if good else 'FAIL'} {program.name:<26} installed in {ready - began:5.1f} s, worked for {time.monotonic() - ready:5.1f} s",
        flush=True,
    )
    if not good:
        print("    " + said.strip()[-1500:].replace("\n", "\n    "), flush=True)
    return good


def install(program: Program, base: pathlib.Path, *, closed: bool) -> tuple[bool, str]:
    """Apply a profile of just this program."""
    profile = base / f"{program.name}.kdl"
    asked = "\n    ".join(program.packages)
    profile.write_text(f'profile "{program.name}" arch="x86_64"\nsource "debian" suite="{SUITE}"\npackages {{\n    {asked}\n}}\n')
    env = dict(os.environ, NIPSYS_ROOT=str(base / "root"))
    if closed:
        env["NIPSYS_NAMESPACES"] = "off"
    command = [sys.executable, "-m", "nipsys", "--progress", "none", "apply", str(profile)]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=900)
    return done.returncode == 0, done.stdout


def perform(program: Program, base: pathlib.Path, *, closed: bool) -> "subprocess.CompletedProcess[str]":
    """Run the script on a bare host that has the root and nothing else."""
    root, work = base / "root", base / "work" / program.name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    env = {
        "PATH": f"{root}/System/Links/Executables:/bin", "HOME": str(work), "VIEW": os.path.realpath(root / "current/views/debian"),
        "LAUNCH": f"{root}/state/bin/launch", "TERM": "xterm", "USER": "me",
    } | ({"CLOSED": "1"} if closed else {})  # fmt: skip
    flags = ["--closed"] if closed else []
    command = [sys.executable, str(HERE / "bare.py"), *flags, "--bind", str(root), str(work), "/bin/bash", "-eu", "-c", program.script]
    try:
        return subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(command, 124, (late.output or b"").decode(errors="replace") + "\nmore than 300 s")


if __name__ == "__main__":
    sys.exit(main())
