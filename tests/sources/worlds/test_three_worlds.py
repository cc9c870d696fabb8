"""One profile takes a program of the same name from three ecosystems: locked, applied, run, and made again elsewhere to the same digest."""

import json
import os
import subprocess
import sys
from pathlib import Path

import alpine_maker
import nix_maker
import pacman_maker
import pytest
from tools import plain, reachable, workshop, write

from nipsys.sources.nix.index import from_evaluator, write_index

pytestmark = pytest.mark.xdist_group("worlds")
"""The repositories are made once, by one process."""

PROGRAMS = {
    "hello-arch": "Hello from Arch",
    "hello-nix": "Hello from /nix/store/",
    "hello-script": "Hello from /nix/store/",
    "hello-alpine": "Hello from Alpine",
}


@pytest.fixture(scope="module")
def profile(
    arch: pacman_maker.Repository, caches: nix_maker.Caches, alpine: alpine_maker.Repository, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Write the profile, with keys that the plain user can read."""
    shop = workshop(reachable(tmp_path_factory.mktemp("three") / "shop"))
    names = write_index(from_evaluator(caches.evaluated.encode(), "x86_64-linux"), "x86_64-linux", "2026-11-20T08:00:00Z")
    write(shop / "names", names.decode())
    write(shop / alpine.signer.name, alpine.signer.public.read_text())
    for file in alpine.path.rglob("*"):
        if file.is_file():
            place = shop / "alpine" / file.relative_to(alpine.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    return write(
        shop / "three.kdl",
        f"""profile "three" arch="x86_64"
source "pacman" mirror="{arch.mirror}" repos="core extra" keyring="{arch.keyring}"
source "nix" cache="{caches.cache("zstd")}" key="{caches.key}" index="names"
source "alpine" mirror="file://{shop}/alpine" branch="v1" keyring="{alpine.signer.name}"
packages {{
    hello source="pacman"
    hello source="nix"
    hello source="alpine"
}}
""",
    )


def nipsys(profile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONDONTWRITEBYTECODE": "1"}
    if os.geteuid() == 0 and plain([sys.executable, "-c", "import nipsys.cli.main"], profile.parent, environment, check=False).returncode:
        pytest.skip("the interpreter or the checkout is out of a plain user's reach")
    return plain([sys.executable, "-m", "nipsys", *arguments], profile.parent, environment, check=False)


def digest(profile: Path, root: Path) -> str:
    ran = nipsys(profile, "--json", "--root", str(root), "status")
    assert ran.returncode == 0, ran.stderr
    return str(json.loads(ran.stdout)["digest"])


def test_three_worlds_stand_side_by_side_and_are_made_again_elsewhere(profile: Path) -> None:
    root = profile.parent / "root"
    applied = nipsys(profile, "--root", str(root), "apply", str(profile))
    assert applied.returncode == 0, applied.stderr
    executables = root / "current/Links/Executables"
    assert sorted(path.name for path in executables.iterdir()) == sorted(PROGRAMS)
    for name, answer in PROGRAMS.items():
        ran = plain([str(executables / name)], profile.parent, check=False)
        if "user namespace" in ran.stderr.lower():
            pytest.skip(f"user namespaces are closed here: {ran.stderr[:200]}")
        assert (ran.returncode, ran.stdout[: len(answer)]) == (0, answer), ran.stderr
    lock = profile.with_suffix(".lock.kdl").read_bytes()
    assert b"file://" not in lock.replace(b"/names", b"")
    elsewhere = profile.parent / "a longer path" / "to another root"
    again = nipsys(profile, "--root", str(elsewhere), "apply", "--locked", str(profile))
    assert again.returncode == 0, again.stderr
    assert profile.with_suffix(".lock.kdl").read_bytes() == lock
    assert digest(profile, root) == digest(profile, elsewhere)


def test_a_locked_package_that_was_swapped_since_is_refused(profile: Path) -> None:
    """The mirror now serves another, well-formed package under the locked name: the lock's digest holds it off."""
    assert nipsys(profile, "--root", str(profile.parent / "third"), "lock", str(profile)).returncode == 0
    file = next((profile.parent / "alpine/v1/main/x86_64").glob("libgreet-*.apk"))
    honest = file.read_bytes()
    other, _ = alpine_maker.build(
        alpine_maker.Package("libgreet", "2.1_rc2-r0", {"usr/lib/evil": b"x" * 900}), alpine_maker.Signer(profile.parent / "evil")
    )
    try:
        file.write_bytes(other.ljust(len(honest), b"\0")[: len(honest)])
        refused = nipsys(profile, "--root", str(profile.parent / "third"), "apply", "--locked", str(profile))
        assert refused.returncode == 1
        assert "libgreet" in refused.stderr
        assert not (profile.parent / "third/current").exists()
    finally:
        file.write_bytes(honest)


def locked(profile: Path, name: str, packages: str) -> tuple[set[str], set[str]]:
    """Lock the same sources for other packages; give the ids chosen, and those that the profile asks for."""
    text = profile.read_text()
    other = write(
        profile.parent / f"{name}.kdl", text[: text.index("packages {")].replace('"three"', f'"{name}"') + f"packages {{\n{packages}\n}}\n"
    )
    ran = nipsys(profile, "--root", str(profile.parent / name), "lock", str(other))
    assert ran.returncode == 0, ran.stderr
    lines = other.with_suffix(".lock.kdl").read_text().splitlines()
    chosen = {line.split('"')[1] for line in lines if line.startswith("package ")}
    return chosen, {line.split('"')[1] for line in lines if line.startswith("package ") and "requested=#true" in line}


def test_what_comes_by_itself_comes_when_all_its_conditions_hold(profile: Path) -> None:
    alone, _ = locked(profile, "alone", 'hello source="alpine"')
    assert alone == {"alpine/hello", "alpine/libgreet", "alpine/musl"}
    both, _ = locked(profile, "both", 'hello source="alpine"\ndocs source="alpine"')
    assert both == {*alone, "alpine/docs", "alpine/hello-doc"}


def test_a_group_is_its_members(profile: Path) -> None:
    chosen, requested = locked(profile, "group", 'greeting source="pacman"')
    assert requested == {"pacman/hello", "pacman/libgreet"}
    assert chosen == {*requested, "pacman/glibc", "pacman/greet-data"}


def test_the_hosts_nix_evaluates_an_expression_into_an_index(profile: Path, caches: nix_maker.Caches) -> None:
    names = profile.parent / "evaluated"
    ran = nipsys(
        profile,
        "--root",
        str(profile.parent / "evaluating"),
        "sources",
        "index",
        "nix",
        f"{caches.path}/packages.nix",
        "--cache",
        caches.cache(),
        "-o",
        str(names),
    )
    assert ran.returncode == 0, ran.stderr
    hello = next(line for line in names.read_text().splitlines() if line.startswith("hello\t"))
    assert hello.split("\t")[1:4] == ["1.0", caches.outputs[0].rpartition("/")[2], caches.cache()]
    wrong = nipsys(
        profile,
        "--root",
        str(profile.parent / "evaluating"),
        "sources",
        "index",
        "nix",
        str(profile),
        "--cache",
        caches.cache(),
        "-o",
        str(names),
    )
    assert wrong.returncode == 1
    assert "not a store path" in wrong.stderr
