"""Every program and package that a test asks for by name is in ``tests/packages.txt``, which ``tests/install`` installs, so that no bare machine is missing one."""

import ast
import os
import pathlib
import re
import subprocess
from collections.abc import Iterator

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
ROWS = [line.split() for line in (TESTS / "packages.txt").read_text().splitlines() if not line.startswith("#")]
PACKAGES = {package for package, *_ in ROWS}
PROGRAMS = {program for _, *programs in ROWS for program in programs}
BASE = {
    "dpkg": "dpkg dpkg-deb",
    "apt": "apt-get",
    "bash": "bash",
    "coreutils": "chmod cp env id ls sleep truncate",
    "dash": "sh",
    "libc-bin": "ldd",
    "mount": "mount umount",
    "python3": "python3",
    "tar": "tar",
}
"""What every Debian has that can run ``make test`` at all, and the programs of it that tests call."""
OPTIONAL = {
    "apk": "no package of Debian 12",
    "pkg_admin": "no package of Debian 12",
    "nodejs": "npm brings 400 packages; what is asked of npm itself is left to hosts that have it",
    "npm": "the same",
    "node": "the same",
}
"""What tests use where it is there, and why it is not installed for them."""
RUNNERS = {"run", "Popen", "check_output", "check_call"}


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def asked_programs(tree: ast.AST) -> Iterator[str]:
    """Yield programs by name: ``shutil.which("x")``, ``subprocess.run(["x", ...])``, ``needs("x", package=...)`` and ``need(x=...)``."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = ast.unparse(call.func)
        first = call.args[0] if call.args else None
        if function == "shutil.which" and (name := literal(first)):
            yield name
        elif function.startswith("subprocess.") and function.partition(".")[2] in RUNNERS and isinstance(first, ast.List) and first.elts:
            yield from filter(None, [literal(first.elts[0])])
        elif function == "needs" and any(keyword.arg == "package" for keyword in call.keywords):
            yield from filter(None, map(literal, call.args))
        elif function == "need":
            yield from (keyword.arg.replace("_", "-") for keyword in call.keywords if keyword.arg)


def asked_packages(tree: ast.AST) -> Iterator[str]:
    """Yield packages by name: in the reason of a skip, ``(install x)`` or ``(apt: x)``, and as values of ``needs`` and ``need``."""
    for node in ast.walk(tree):
        if name := literal(node) if isinstance(node, ast.expr) else None:
            for words in re.findall(r"\((?:install|apt:) ([a-z0-9+. -]+)\)", name):
                yield from (word for word in words.split() if word != "and")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"need", "needs"}:
            keywords = [word for word in node.keywords if word.arg == "package" or ast.unparse(node.func) == "need"]
            yield from (package for keyword in keywords for package in (literal(keyword.value) or "").split())


def missing(text: str) -> list[str]:
    """Return what ``text``, a test module, asks for and nobody installs."""
    tree = ast.parse(text)
    there = PROGRAMS | {name for programs in BASE.values() for name in programs.split()} | OPTIONAL.keys()
    programs = {name for name in asked_programs(tree) if not name.startswith("/")} - there
    return sorted(programs | set(asked_packages(tree)) - PACKAGES - BASE.keys() - OPTIONAL.keys())


OTHERS = sorted(set(TESTS.rglob("*.py")) - {pathlib.Path(__file__)})


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(TESTS)))
def test_what_a_test_asks_for_is_installed(path: pathlib.Path) -> None:
    allowed = {"no-such-program", "other-name"}  # meant to be missing, or made by the test itself
    assert [name for name in missing(path.read_text()) if name not in allowed] == []


@pytest.mark.parametrize(
    "line",
    [
        'shutil.which("frobnicate")',
        'subprocess.run(["frobnicate", "-x"], check=True)',
        'needs("frobnicate", package="zsh")',
        'needs("zsh", package="frobnicate")',
        'need(frobnicate="zsh")',
        'need(zsh="frobnicate")',
        'pytest.skip("missing: a font (install frobnicate)")',
        'skipif(True, reason="needs it (apt: frobnicate)")',
    ],
)
def test_a_program_nobody_installs_is_found(line: str) -> None:
    assert missing(line) == ["frobnicate"]


def test_a_package_is_listed_once() -> None:
    assert len(PACKAGES) == len(ROWS)


APT = """#!/bin/sh
# apt-get as far as `install NAME...` goes: it refuses all when it does not know one, and fails as long as one is not configured
cd "$STATE"
[ "$1" = install ] || exit 0
for word; do case $word in -*|install) ;; unknown) exit 100 ;; esac; done
for word; do case $word in
    -*|install) ;;
    broken) echo half-configured > broken ;;
    *) echo installed > "$word" ;;
esac; done
[ ! -e broken ]
"""
QUERY = """#!/bin/sh
for word; do name=$word; done
cat "$STATE/$name"
"""


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (("first", "last"), ()),
        (("first", "broken", "last"), ("broken",)),
        (("broken", "first", "unknown", "last"), ("broken", "unknown")),
    ],
)
def test_a_package_that_fails_does_not_make_the_others_missing(
    tmp_path: pathlib.Path, wanted: tuple[str, ...], named: tuple[str, ...]
) -> None:
    for name, text in (("apt-get", APT), ("dpkg-query", QUERY)):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "state").mkdir()
    (tmp_path / "list").write_text("# a comment\n" + "".join(f"{name} program\n" for name in wanted))
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "STATE": str(tmp_path / "state")}
    ran = subprocess.run([str(TESTS / "install"), str(tmp_path / "list")], env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert tuple(line.split()[1] for line in ran.stderr.splitlines() if line.startswith("missing: ")) == named
    assert {path.name for path in (tmp_path / "state").iterdir() if path.read_text() == "installed\n"} == {*wanted} - {"broken", "unknown"}
