"""One profile takes a program from each of pypi, npm, pkgsrc and gentoo; what stands there is what pip and npm themselves install."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import index_maker
import pytest
from index_maker import PYTHON, Indexes, npm_installed, pip_installed
from loopback import Server
from machine import Machine
from registry_maker import npm_package, pkgsrc_package, wheel
from tools import contents

PROGRAMS = {
    "hello-py": "Hello from PyPI 1.0 a b\n",
    "hello-node": "Hello from npm two one a b\n",
    "hello-pkgsrc": "Hello from pkgsrc a b\n",
    "hello-gentoo": "Hello from Gentoo a b\n",
}
_BY_PIP = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexes]:
    root = tmp_path_factory.mktemp("mirror")
    with Server(root) as server:
        yield index_maker.make(tmp_path_factory.mktemp("shop"), server)


@pytest.fixture(scope="module")
def applied(indexes: Indexes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, Path]:
    home = tmp_path_factory.mktemp("home")
    profile = home / "four.kdl"
    asked = [
        f'{"np-hello" if kind in {"pypi", "npm"} else name} source="{kind}"'
        for kind, name in (("pypi", ""), ("npm", ""), ("pkgsrc", "hello-pkgsrc"))
    ]
    packages = "\n    ".join([*asked, '"app-misc/hello-gentoo" -loud source="gentoo"'])
    profile.write_text(f'profile "four" arch="x86_64"\n{indexes.sources()}packages {{\n    {packages}\n}}\n')
    machine = Machine(home, home / "root")
    machine("apply", profile)
    return machine, profile


def view(machine: Machine, world: str) -> Path:
    return (machine.root / "current" / "views" / world).resolve()


def test_every_program_runs(applied: tuple[Machine, Path]) -> None:
    machine, _ = applied
    assert sorted(os.listdir(machine.root / "System/Links/Executables")) == sorted(PROGRAMS)
    for name, answer in PROGRAMS.items():
        ran = machine.program(name, "a", "b")
        if "user namespace" in ran.err.lower():
            pytest.skip(f"user namespaces are closed here: {ran.err[:200]}")
        assert (ran.code, ran.out) == (0, answer), ran.err


def test_the_same_lock_gives_the_same_system_elsewhere(applied: tuple[Machine, Path]) -> None:
    machine, profile = applied
    lock = profile.with_suffix(".lock.kdl")
    before = lock.read_bytes()
    assert b"127.0.0.1" not in before
    other = Machine(machine.home, machine.home / "another root" / "with a longer path")
    other("apply", "--locked", profile)
    assert other.current()[1] == machine.current()[1]
    assert lock.read_bytes() == before


def test_unverified_digests_are_mentioned_in_every_plan(applied: tuple[Machine, Path]) -> None:
    machine, profile = applied
    for _ in range(2):
        ran = machine("plan", profile)
        said = ran.out
        assert "signatures of source `pkgsrc` are not verified" in said
        assert "signatures of source `gentoo` are not verified" in said
        assert "`npm`: a registry of npm is not signed" in said
        assert "`pypi`: an index of Python packages is not signed" in said
        assert said.count("signatures of source") == 2
        assert "signed" not in ran.err


def test_a_package_without_digest_is_locked_as_it_was_first_seen(applied: tuple[Machine, Path], indexes: Indexes) -> None:
    machine, profile = applied
    text = profile.with_suffix(".lock.kdl").read_text()
    entry = text[text.index('package "pkgsrc/libgreet"') :].partition("\npackage ")[0]
    assert 'digest="sha256:' in entry
    file = indexes.root / "pkgsrc/libgreet-2.0.tgz"
    honest = file.read_bytes()
    try:
        file.write_bytes(pkgsrc_package("libgreet-2.0", {"share/greet/word": "Hello from a stranger\n"}))
        other = Machine(machine.home, machine.home / "third")
        refused = other("apply", "--locked", profile, code=1)
        assert "libgreet" in refused.err
        assert not (other.root / "current").exists()
    finally:
        file.write_bytes(honest)


def test_python_packages_are_those_that_pip_installs(applied: tuple[Machine, Path], indexes: Indexes, tmp_path: Path) -> None:
    theirs = contents(pip_installed(indexes, tmp_path, "np-hello"))
    ours = contents(view(applied[0], "pypi") / "lib" / f"python{PYTHON}" / "site-packages")

    def told(found: dict[str, tuple[str, object]]) -> dict[str, tuple[str, object]]:
        return {path: entry for path, entry in found.items() if not path.endswith(_BY_PIP) and "__pycache__" not in path}

    assert told(ours) == told(theirs)
    assert "np_greet.py" in told(ours)


def test_npm_packages_are_those_that_npm_installs(applied: tuple[Machine, Path], indexes: Indexes, tmp_path: Path) -> None:
    theirs, ours = npm_installed(indexes, tmp_path, "np-hello"), view(applied[0], "npm")

    def files(top: Path) -> dict[str, tuple[bytes, bool]]:
        found = {}
        for path in sorted(top.rglob("*")):
            inside = path.relative_to(top)
            if path.is_file() and not path.is_symlink() and "node_modules" not in inside.parts:
                found[str(inside)] = path.read_bytes(), os.access(path, os.X_OK) and bool(path.stat().st_mode & 0o100)
        return found

    for name, version, place in (
        ("np-hello", "1.0.0", "np-hello"),
        ("np-dep", "2.1.0", "np-dep"),
        ("@np/mid", "1.0.0", "@np/mid"),
        ("np-dep", "1.0.0", "@np/mid/node_modules/np-dep"),
    ):
        mine = ours / f"{name.replace('/', '+')}@{version}" / "node_modules" / name
        assert files(mine) == files(theirs / place), name
        assert files(mine)
    assert not list(ours.glob("np-windows*"))
    assert not list(ours.rglob("ran-a-script"))


def test_node_finds_the_same_versions_as_in_npm_s_own_tree(applied: tuple[Machine, Path], indexes: Indexes, tmp_path: Path) -> None:
    script = "const r=require('module').createRequire(process.argv[1]);console.log(r('np-dep'),r('@np/mid'))"
    theirs = npm_installed(indexes, tmp_path, "np-hello") / "np-hello/bin/cli.js"
    ours = view(applied[0], "npm") / "np-hello@1.0.0/node_modules/np-hello/bin/cli.js"
    answers = [
        subprocess.run(["node", "-e", script, str(path)], capture_output=True, text=True, check=True).stdout for path in (theirs, ours)
    ]
    assert answers == ["two one\n", "two one\n"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("files/np_greet-1.0-*.whl", "np_greet-1.0"),
        ("tarballs/np-dep-1.0.0.tgz", "np-dep-1.0.0"),
        ("gentoo/app-misc/hello-gentoo-1.0-r1.gpkg.tar", "hello-gentoo-1.0-r1"),
    ],
)
def test_swapped_artifacts_are_refused_and_leave_nothing(applied: tuple[Machine, Path], indexes: Indexes, path: str, told: str) -> None:
    machine, profile = applied
    (file,) = indexes.root.glob(path)
    honest = file.read_bytes()
    evil = {
        "whl": wheel("np-greet", "1.0", {"np_greet.py": "WORD = 'evil'"})[1],
        "tgz": npm_package("np-dep", "1.0.0", {"index.js": "evil"})[1],
    }
    try:
        file.write_bytes(evil.get(path.rpartition(".")[2], honest[:-512] + b"x" * 512))
        other = Machine(machine.home, machine.home / f"root-{told}")
        refused = other("apply", "--locked", profile, code=1)
        assert told in refused.err
        assert not (other.root / "current").exists()
        assert not [name for name in other.store() if name.count("/") > 1]
    finally:
        file.write_bytes(honest)


def test_other_flags_choose_another_build_of_gentoo(applied: tuple[Machine, Path], indexes: Indexes) -> None:
    machine, _ = applied
    profile = machine.home / "loud.kdl"
    profile.write_text(
        f'profile "loud" arch="x86_64"\n{indexes.sources()}packages {{\n    "app-misc/hello-gentoo" +loud source="gentoo"\n    busybox source="gentoo"\n}}\n'
    )
    other = Machine(machine.home, machine.home / "loud")
    other("apply", profile)
    assert other.program("hello-gentoo").out == "LOUD\n"
    # `busybox` is called `sys-apps/busybox` there: the shipped table knows
    assert other.program("busybox", "echo", "found").out == "found\n"


def test_an_extra_brings_what_it_needs(applied: tuple[Machine, Path], indexes: Indexes) -> None:
    machine, _ = applied
    profile = machine.home / "extra.kdl"
    profile.write_text(f'profile "extra" arch="x86_64"\n{indexes.sources()}packages {{\n    "np-hello[loud]" source="pypi"\n}}\n')
    other = Machine(machine.home, machine.home / "extra")
    other("apply", profile)
    assert other.program("hello-py").out == "Hello from PyPI 1.0\n"
    text = profile.with_suffix(".lock.kdl").read_text()
    assert 'package "pypi/np-shout" version="1.0"' in text
    assert 'package "pypi/np-greet" version="1.0"' in text
