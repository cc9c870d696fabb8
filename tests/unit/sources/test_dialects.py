"""What dialects have in common: everything that other rooms ask of one is declared, so that no renamed method is passed over."""

from importlib import import_module

import pytest

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.sources.gentoo.dialect import GentooDialect
from nipsys.sources.kinds import KINDS

DECLARED = {name for name in dir(Dialect) if not name.startswith("_")} | set(Dialect.__annotations__)


def dialects() -> list[type[Dialect]]:
    for kind in KINDS:
        import_module(f"nipsys.sources.{kind}.source")
    return [one for one in Dialect.__subclasses__() if one.__module__.startswith("nipsys.")]


def undeclared(dialect: type[Dialect]) -> set[str]:
    return {name for name in vars(dialect) if not name.startswith("_")} - DECLARED


def test_every_kind_has_a_dialect_of_its_own() -> None:
    assert {one.name for one in dialects()} == set(KINDS)


@pytest.mark.parametrize("dialect", dialects(), ids=lambda one: one.name)
def test_a_dialect_has_no_public_members_but_the_declared_ones(dialect: type[Dialect]) -> None:
    assert undeclared(dialect) == set()


class Plain(Dialect):
    name = "plain"

    def sort_key(self, version: str) -> bytes:
        return version.encode()

    def matches(self, atom: Atom, version: str) -> bool:
        return not atom.relation or atom.version == version

    def parse_clause(self, text: str) -> Clause:
        return (Atom(text),)

    def parse_provide(self, text: str) -> Provide:
        return Provide(text)


class Renamed(Plain):
    def is_late(self, atom: Atom, version: str) -> bool:
        return bool(atom and version)


def test_a_method_under_another_name_is_found() -> None:
    assert undeclared(Renamed) == {"is_late"}


def test_the_usual_ecosystem_needs_four_methods() -> None:
    plain = Plain()
    assert not plain.slots
    assert not plain.is_prerelease(Atom("a"), "1rc1")
    assert not plain.is_build_input("a:b")
    assert plain.siblings_prefix("a") == ""
    assert plain.describe("a >= 1") == "`a >= 1`"


@pytest.mark.parametrize("text", ["^1.2", "*1", ">=1<2", "1 || 2"])
def test_a_range_of_another_ecosystem_is_an_error_of_gentoo(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version range of Gentoo"):
        GentooDialect().matches(Atom("", "in", text), "1.2.3")
