"""The table of names."""

from nipsys.sources.common.aliases import _read_rows, find_aliases
from nipsys.sources.gentoo.atoms import parse_dependency
from nipsys.sources.kinds import KINDS


def test_a_program_is_found_by_any_of_its_names() -> None:
    assert find_aliases(["fd"]) == (("fd", "debian", "fd-find"), ("fd", "gentoo", "sys-apps/fd"))
    assert {kind: there for _, kind, there in find_aliases(["fd-find"])} == {
        "pacman": "fd",
        "alpine": "fd",
        "nix": "fd",
        "gentoo": "sys-apps/fd",
        "pkgsrc": "fd",
    }
    assert {there for _, _, there in find_aliases(["sysutils/fd"])} == {"fd-find", "fd", "sys-apps/fd"}
    assert find_aliases(["nobody-knows", "no/body-knows"]) == ()
    assert find_aliases(["vim", "vim"]) == (("vim", "gentoo", "app-editors/vim"),)


def test_the_table_of_aliases_is_complete() -> None:
    rows = _read_rows()
    assert len({row[0] for row in rows}) == len(rows)
    for row in rows:
        assert len(row) == 7, row
        assert parse_dependency(row[5]).atom.name == row[5]
    assert {kind for _, kind, _ in find_aliases(row[0] for row in rows)} <= KINDS.keys()
