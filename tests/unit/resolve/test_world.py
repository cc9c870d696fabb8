"""Which C library a package needs: one answer for the resolver, the verifier, `search` and `info`."""

import pytest
from toy_world import ToyDialect, index_of, profile

from nipsys.model.package import PackageRecord
from nipsys.model.system import Conflict, Resolution, SourceSpec, Traits
from nipsys.resolve import World, resolve
from nipsys.sources import KINDS, traits_of


def world(kind: str, *records: PackageRecord, host_libc: str = "glibc", **settings: str) -> World:
    spec = SourceSpec(kind, kind, settings=tuple(settings.items()))
    return World(spec, index_of(records, kind, ToyDialect()), ToyDialect(), traits_of(kind), host_libc)


def package(arch: str = "x86_64", **facts: str) -> PackageRecord:
    return PackageRecord("app", "1", arch, facts=tuple(sorted(facts.items())))


def test_every_kind_says_what_its_packages_need() -> None:
    assert {kind: world(kind).libc_of(package()) for kind in KINDS} == {
        "alpine": "musl",
        "debian": "glibc",
        "gentoo": "glibc",
        "nix": "glibc",
        "npm": "glibc",
        "pacman": "glibc",
        "pkgsrc": "the host's",
        "pypi": "glibc",
        "recipes": "",
        "url": "",
    }


@pytest.mark.parametrize(
    ("kind", "settings", "record", "libc"),
    [
        ("gentoo", {}, package(chost="x86_64-gentoo-linux-musl"), "musl"),
        ("gentoo", {}, package(chost="x86_64-pc-linux-gnu"), "glibc"),
        ("recipes", {}, package(libc="musl"), "musl"),
        ("alpine", {}, package(arch=""), "musl"),
        ("pypi", {"libc": "musl"}, package(), "musl"),
        ("pypi", {"libc": "musl"}, package(arch=""), ""),
        ("npm", {}, package(arch=""), ""),
        ("unknown", {}, package(), "glibc"),
    ],
)
def test_a_package_or_a_setting_overrides_the_kind(kind: str, settings: dict[str, str], record: PackageRecord, libc: str) -> None:
    assert world(kind, **settings).libc_of(record) == libc


@pytest.mark.parametrize(
    ("kind", "record", "fits"),
    [
        ("debian", package(), {"glibc"}),
        ("alpine", package(), {"musl"}),
        ("url", package(), {"glibc", "musl"}),
        ("recipes", package(), {"glibc", "musl"}),
        ("recipes", package(libc="musl"), {"musl"}),
        ("gentoo", package(chost="x86_64-gentoo-linux-musl"), {"musl"}),
        ("pypi", package(), {"glibc"}),
        ("pypi", package(arch=""), {"glibc", "musl"}),
    ],
)
def test_a_profile_that_insists_gets_what_needs_no_other(kind: str, record: PackageRecord, fits: set[str]) -> None:
    """The resolver, its verifier and the comparison agree, because they ask the same."""
    here = world(kind, record)
    assert {libc for libc in ("glibc", "musl") if here.fits_libc(record, libc)} == fits
    for libc in ("glibc", "musl"):
        outcome = resolve([here], profile("app", libc=libc))
        assert isinstance(outcome, Resolution if libc in fits else Conflict)


def test_what_uses_the_host_s_library_fits_the_host() -> None:
    for host in ("glibc", "musl"):
        here = world("pkgsrc", package(), host_libc=host)
        assert [libc for libc in ("glibc", "musl") if here.fits_libc(package(), libc)] == [host]


def test_a_world_of_an_unknown_kind_has_the_usual_traits() -> None:
    assert World(SourceSpec("s", "s"), index_of([], "s", ToyDialect()), ToyDialect()).traits == Traits()
