"""The table of names."""

from nipsys.sources.common.aliases import _rows, shipped
from nipsys.sources.kinds import KINDS
from nipsys.versions.gentoo import dependency


def test_a_program_is_found_by_any_of_its_names() -> None:
    assert shipped(["fd"]) == (("fd", "debian", "fd-find"), ("fd", "gentoo", "sys-apps/fd"))
    assert {kind: there for _, kind, there in shipped(["fd-find"])} == {
        "pacman": "fd",
        "alpine": "fd",
        "nix": "fd",
        "gentoo": "sys-apps/fd",
        "pkgsrc": "fd",
    }
    assert {there for _, _, there in shipped(["sysutils/fd"])} == {"fd-find", "fd", "sys-apps/fd"}
    assert shipped(["nobody-knows", "no/body-knows"]) == ()
    assert shipped(["vim", "vim"]) == (("vim", "gentoo", "app-editors/vim"),)


def test_the_table_of_aliases_is_complete() -> None:
    rows = _rows()
    assert len({row[0] for row in rows}) == len(rows)
    for row in rows:
        assert len(row) == 7, row
        assert dependency(row[5]).atom.name == row[5]
    assert {kind for _, kind, _ in shipped(row[0] for row in rows)} <= KINDS.keys()
