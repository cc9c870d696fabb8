"""Debian's dependencies and provides."""

import pytest

from nipsys.model.package.record import Atom, Provide
from nipsys.sources.debian.dialect import DebianDialect


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("libc6", (Atom("libc6"),)),
        ("libc6 (>= 2.36)", (Atom("libc6", ">=", "2.36"),)),
        ("a (<< 1) | b(>> 2)|c (= 3~)", (Atom("a", "<", "1"), Atom("b", ">", "2"), Atom("c", "=", "3~"))),
        ("a (< 1) | b (> 2)", (Atom("a", "<=", "1"), Atom("b", ">=", "2"))),
        ("python3:any (>= 3.5~)", (Atom("python3", ">=", "3.5~"),)),
        ("gcc:native | make:amd64", (Atom("gcc"), Atom("make"))),
        ("wine32:i386", (Atom("wine32:i386", arch="i386"),)),
        ("lib [amd64 i386] <!nocheck> <cross>", (Atom("lib"),)),
    ],
)
def test_debian_dependencies_are_read(text: str, atoms: tuple[Atom, ...]) -> None:
    assert DebianDialect("amd64").parse_clause(text) == atoms


@pytest.mark.parametrize("text", ["", "a | ", "a (~ 1)", "a (>= )", "a b", "(= 1)", "a, b"])
def test_an_invalid_clause_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a Debian dependency"):
        DebianDialect("amd64").parse_clause(text)


def test_provides_are_read_and_matched() -> None:
    dialect = DebianDialect("amd64")
    assert dialect.parse_provide("api (= 1:2)") == Provide("api", "1:2")
    assert dialect.parse_provide("api") == Provide("api")
    with pytest.raises(ValueError, match="Provides"):
        dialect.parse_provide("api (>= 2)")
    assert dialect.matches(Atom("api"), "")
    assert not dialect.matches(Atom("api", ">=", "0"), "")
    assert dialect.matches(Atom("api", ">=", "1.0~rc1"), "1.0")
    assert not dialect.matches(Atom("api", "<", "1.0~rc1"), "1.0")
