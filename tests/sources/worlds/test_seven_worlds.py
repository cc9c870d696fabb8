"""One profile takes a program from each of seven ecosystems: locked, applied, all run, and made again on a second root to the same digest."""

from collections.abc import Iterator
from pathlib import Path

import alpine_maker
import index_maker
import nix_maker
import pacman_maker
import pytest
from loopback import Server
from machine import Machine

from nipsys.sources.nix.index import from_evaluator, write_index

PROGRAMS = {
    "hello-arch": "Hello from Arch",
    "hello-nix": "Hello from /nix/store/",
    "hello-alpine": "Hello from Alpine",
    "hello-py": "Hello from PyPI",
    "hello-node": "Hello from npm",
    "hello-pkgsrc": "Hello from pkgsrc",
    "hello-gentoo": "Hello from Gentoo",
}


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[index_maker.Indexes]:
    root = tmp_path_factory.mktemp("mirror")
    with Server(root) as server:
        yield index_maker.make(tmp_path_factory.mktemp("shop"), server)


@pytest.mark.timeout(300)
def test_seven_worlds_stand_side_by_side(
    indexes: index_maker.Indexes,
    arch: pacman_maker.Repository,
    caches: nix_maker.Caches,
    alpine: alpine_maker.Repository,
    tmp_path: Path,
) -> None:
    names = write_index(from_evaluator(caches.evaluated.encode(), "x86_64-linux"), "x86_64-linux", "2026-11-20T08:00:00Z")
    (tmp_path / "names").write_bytes(names)
    (tmp_path / alpine.signer.name).write_text(alpine.signer.public.read_text())
    profile = tmp_path / "seven.kdl"
    profile.write_text(
        f"""profile "seven" arch="x86_64"
source "pacman" mirror="{arch.mirror}" repos="core extra" keyring="{arch.keyring}"
source "nix" cache="{caches.cache("zstd")}" key="{caches.key}" index="names"
source "alpine" mirror="file://{alpine.path}" branch="v1" keyring="{alpine.signer.name}"
{indexes.sources()}packages {{
    hello source="pacman"
    hello source="nix"
    hello source="alpine"
    np-hello source="pypi"
    np-hello source="npm"
    "greetings/hello-pkgsrc" source="pkgsrc"
    "app-misc/hello-gentoo" -loud source="gentoo"
}}
""",
    )
    machine = Machine(tmp_path, tmp_path / "root")
    machine("apply", profile)
    for name, answer in PROGRAMS.items():
        ran = machine.program(name)
        if "user namespace" in ran.err.lower():
            pytest.skip(f"user namespaces are closed here: {ran.err[:200]}")
        assert (ran.code, ran.out[: len(answer)]) == (0, answer), ran.err
    lock = profile.with_suffix(".lock.kdl").read_bytes()
    other = Machine(tmp_path, tmp_path / "elsewhere" / "on a longer path")
    other("apply", "--locked", profile)
    assert profile.with_suffix(".lock.kdl").read_bytes() == lock
    assert other.current()[1] == machine.current()[1]
