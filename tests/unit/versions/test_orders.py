"""The order of each ecosystem in a few lines that its documentation, or anybody who uses it, would give; the laws ask the real tools."""

from collections.abc import Callable

import pytest

from nipsys.versions import alpine, debian, gentoo, nix, npm, pacman, pep440, pkgsrc

ASCENDING: dict[str, tuple[Callable[[str], bytes], tuple[str, ...]]] = {
    "alpine": (alpine.sort_key_of, ("1.0_alpha1-r0", "1.0_rc1-r0", "1.0-r0", "1.0-r1", "1.0_p1-r0", "1.0a-r0", "1.2-r0", "1.10-r0")),
    "debian": (debian.sort_key_of, ("1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0a-1", "1.0+dfsg-1", "1.2-1", "1.10-1", "1:0.1-1")),
    "gentoo": (gentoo.sort_key_of, ("1.0_alpha", "1.0_rc1", "1.0", "1.0-r1", "1.0_p1", "1.0a", "1.2", "1.10", "2")),
    "nix": (nix.sort_key_of, ("1.0pre1", "1.0", "1.0a", "1.0.1", "1.2", "1.10")),
    "npm": (npm.sort_key_of, ("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0")),
    "pacman": (pacman.sort_key_of, ("1.0alpha-1", "1.0rc-1", "1.0-1", "1.0-2", "1.0.1-1", "1.2-1", "1.10-1", "1:0.1-1")),
    "pep440": (pep440.sort_key_of, ("1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+local", "1.0.post1", "1.2", "1.10", "1!0.1")),
    "pkgsrc": (pkgsrc.sort_key_of, ("1.0alpha1", "1.0beta1", "1.0rc1", "1.0", "1.0nb1", "1.0.1", "1.2", "1.10")),
}


@pytest.mark.parametrize("ecosystem", ASCENDING)
def test_keys_sort_as_the_ecosystem_does(ecosystem: str) -> None:
    key, versions = ASCENDING[ecosystem]
    keys = [key(version) for version in versions]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_versions_that_mean_the_same_have_one_key() -> None:
    assert debian.sort_key_of("1.0-1") == debian.sort_key_of("0:1.0-1")
    assert pep440.sort_key_of("1.0") == pep440.sort_key_of("1.0.0") == pep440.sort_key_of("v1")
    assert npm.sort_key_of("1.2.3+build") == npm.sort_key_of("1.2.3")
    assert pkgsrc.sort_key_of("1.0pl1") == pkgsrc.sort_key_of("1.0.1")


@pytest.mark.parametrize(
    ("version", "relation", "bound", "holds"),
    [("1.0-1", ">=", "1.0-1", True), ("1.0~rc1-1", ">=", "1.0-1", False), ("2:1-1", ">>", "1:9-1", True), ("1.0-1", "<<", "1.0-1", False)],
)
def test_relations_of_debian(version: str, relation: str, bound: str, holds: bool) -> None:
    assert debian.satisfies(version, relation, bound) is holds


@pytest.mark.parametrize(
    ("version", "span", "holds"),
    [
        ("1.9.0", "^1.2.3", True), ("2.0.0", "^1.2.3", False), ("1.2.9", "~1.2.3", True), ("1.3.0", "~1.2.3", False),
        ("0.2.9", "^0.2.3", True), ("0.3.0", "^0.2.3", False), ("1.5.0", "1.2 - 1.6", True), ("2.0.0", "1 || 2", True),
        ("1.3.0-beta", "^1.2.3", False),
    ],
)  # fmt: skip
def test_ranges_of_npm(version: str, span: str, holds: bool) -> None:
    assert npm.satisfies(npm.parse_version(version), npm.parse_range(span)) is holds


def test_pacman_ignores_a_release_that_the_bound_does_not_name() -> None:
    assert pacman.satisfies("1.0-5", "=", "1.0")
    assert not pacman.satisfies("1.0-5", "=", "1.0-4")
