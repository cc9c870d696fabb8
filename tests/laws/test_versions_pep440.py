"""PEP 440 as bytes, against `packaging`."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from nipsys.model.package.record import Atom, Provide
from nipsys.sources.pypi.dialect import PypiDialect
from nipsys.versions.pep440 import is_prerelease, normalize_name, sort_key_of

CASES = 10_000
NUMBERS = ["0", "1", "2", "10", "00", "255", "256", "65536"]


def spell(draw: random.Random) -> str:
    """Write a version in any spelling PEP 440 takes, and now and then one it refuses."""
    text = draw.choice(["", "", "", "v", "1!", "0!"]) + ".".join(draw.choice(NUMBERS) for _ in range(draw.choice([1, 2, 2, 3, 4])))
    text += draw.choice(["", "", "", "a1", "b", ".rc2", "-alpha-3", "_beta", "pre4", "c1", "RC.1", "preview"])
    text += draw.choice(["", "", "", ".post1", "-2", "rev3", "-r", "_POST_0", ".post", "-"])
    text += draw.choice(["", "", "", ".dev1", "dev", "-dev-10", "DEV0"])
    return text + draw.choice(["", "", "", "+a", "+1", "+a.1", "+ubuntu-1", "+1.a", "+A_2", "+"])


def read(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def test_the_order_is_packaging_s() -> None:
    draw = random.Random(440)
    wrong, told = [], 0
    while told < CASES:
        left, right = spell(draw), spell(draw)
        first, second = read(left), read(right)
        if first is None or second is None:
            continue
        told += 1
        ours = (sort_key_of(left) > sort_key_of(right)) - (sort_key_of(left) < sort_key_of(right))
        if ours != (first > second) - (first < second):
            wrong.append((left, right))
    assert wrong == []


def test_invalid_versions_are_invalid_for_packaging_too() -> None:
    draw = random.Random(5)
    cases = [spell(draw) for _ in range(CASES)] + ["", "1.", "1..2", "x", "1.0+", "1.0 beta", "١.٢"]
    for text in cases:
        known = read(text)
        if known is None:
            with pytest.raises(ValueError, match="not a valid PEP 440 version"):
                sort_key_of(text)
        else:
            assert is_prerelease(text) == known.is_prerelease


def test_ranges_are_packaging_s() -> None:
    draw = random.Random(6)
    dialect, seen = PypiDialect(), set()
    for _ in range(5_000):
        relation = draw.choice(["==", "!=", "<=", ">=", "<", ">", "~="])
        bound = f"{draw.choice(NUMBERS[:4])}.{draw.choice(NUMBERS[:4])}" + draw.choice(["", "", "rc1", ".post1"])
        version = f"{draw.choice(NUMBERS[:4])}.{draw.choice(NUMBERS[:4])}" + draw.choice(["", ".1", "a1", ".dev0", ".post2", "rc1"])
        (atom,) = dialect.parse_clause(f"a{relation}{bound}")
        ours = dialect.matches(atom, version)
        assert ours == SpecifierSet(relation + bound).contains(version, prereleases=True)
        seen.add(ours)
    assert seen == {True, False}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 3))
def test_zeros_at_the_end_do_not_count(release: list[int], zeros: int) -> None:
    text = ".".join(map(str, release))
    assert sort_key_of(text) == sort_key_of(text + ".0" * zeros)


def test_the_order_of_the_specification() -> None:
    told = "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456"
    told += " 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1"
    assert all(sort_key_of(left) < sort_key_of(right) for left, right in pairwise(told.split()))


def test_clauses_names_and_extras() -> None:
    dialect = PypiDialect()
    assert dialect.parse_clause("Foo_Bar.baz >=1.0, <2") == (Atom("foo-bar-baz", "in", ">=1.0,<2"),)
    assert dialect.parse_clause("httpx[HTTP2] (>=0.27)") == (Atom("httpx[http2]", "in", ">=0.27"),)
    assert dialect.parse_clause("zipp") == (Atom("zipp"),)
    assert dialect.parse_clause("zipp =1.0") == (Atom("zipp", "in", "==1.0"),)
    assert dialect.matches(Atom("zipp", "=", "1.0"), "1.0.0")
    assert not dialect.matches(Atom("zipp", "=", "1.0"), "")
    assert dialect.parse_provide("a=1") == Provide("a", "1")
    assert normalize_name("Foo.-_Bar") == "foo-bar"
    for text in ("a @ https://example.org/a.whl", "a[b,c]", "a 1.0", "-a", "a; python_version<'3'"):
        with pytest.raises(ValueError, match=r"PEP|more than one extra"):
            dialect.parse_clause(text)
