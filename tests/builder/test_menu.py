"""What a missing tool leads to, at a terminal and without one."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

ASK = "import sys; from nipsys.cli.render.prompt import ask_for_tool; print('chose:' + ask_for_tool('portage', ('do this', 'do that'), tuple(sys.argv[1:])))"


def answered(typed: str, *others: str) -> str:
    """Let the menu ask at a pseudo-terminal; return everything it wrote and what was chosen."""
    master, terminal = pty.openpty()
    argv = [sys.executable, "-B", "-c", ASK, *others]
    with subprocess.Popen(argv, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True) as asking:
        os.close(terminal)
        os.write(master, typed.encode())
        assert asking.stdout is not None
        chose = asking.stdout.read().strip()
        shown = b""
        while select.select([master], [], [], 0)[0]:
            try:
                block = os.read(master, 4096)
            except OSError:
                break
            shown += block
    os.close(master)
    return shown.decode() + chose


@pytest.mark.parametrize(
    ("typed", "others", "chosen"),
    [
        ("1\n", (), "minimal"),
        ("2\n", (), "container"),
        ("3\n", (), ""),
        ("4\n", ("nix",), "nix"),
        ("4\npkgsrc\n", ("nix", "pkgsrc"), "pkgsrc"),
        ("4\nmoon\n", ("nix", "pkgsrc"), ""),
        ("4\n", (), ""),
        ("q\n", (), ""),
        ("\n", (), ""),
    ],
)
def test_the_menu_offers_four_ways(typed: str, others: tuple[str, ...], chosen: str) -> None:
    said = answered(typed, *others)
    assert said.endswith(f"chose:{chosen}")
    for word in ("minimal", "container", "manual", "other source", *others):
        assert word in said
    assert ("do this" in said) == (typed == "3\n")


def test_without_a_terminal_nobody_is_asked() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], input="1\n", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("chose:\n", "")


def test_another_source_builds_what_the_first_cannot(tmp_path: Path, open_namespaces: None) -> None:
    """At a terminal: portage is not here, bmake is; the build goes on there."""
    tree = Path(__file__).parent / "pkgsrc"
    if not os.path.exists("/usr/bin/bmake"):
        pytest.skip("bmake is not installed")
    master, terminal = pty.openpty()
    argv = [sys.executable, "-B", "-m", "nipsys", "--root", str(tmp_path / "R"), "--progress", "none", "build"]
    argv += ["local/np-greet", "--source=gentoo", "--repository", str(tree)]
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    with subprocess.Popen(argv, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True, env=environment) as building:
        os.close(terminal)
        os.write(master, b"4\npkgsrc\n")
        assert building.stdout is not None
        printed = building.stdout.read().splitlines()
    os.close(master)
    assert building.returncode == 0
    assert Path(f"{printed[1]}/lib/libnpgreet.so.2").is_file()
