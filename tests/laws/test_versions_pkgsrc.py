"""pkgsrc's order as bytes against the rule read literally, and its patterns."""

import random
from fnmatch import fnmatchcase
from itertools import pairwise, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.model.record import Atom, Provide
from nipsys.versions.pkgsrc import Dialect, key, unfold, weights

CASES = 20_000
PIECES = [
    "0",
    "1",
    "2",
    "10",
    "00",
    "20200101",
    ".",
    ".",
    "_",
    "alpha",
    "beta",
    "pre",
    "rc",
    "pl",
    "a",
    "b",
    "z",
    "nb1",
    "nb",
    "nb12",
    "-",
    "RC",
]


def literal(left: str, right: str) -> int:
    """Compare by the rule's own words: weight by weight, a missing one is 0, then the revision."""
    (first, first_revision), (second, second_revision) = weights(left), weights(right)
    for one, other in zip_longest(first, second, fillvalue=0):
        if one != other:
            return -1 if one < other else 1
    return (first_revision > second_revision) - (first_revision < second_revision)


def test_the_bytes_sort_as_the_rule_says() -> None:
    draw = random.Random(1999)
    for _ in range(CASES):
        left = "".join(draw.choices(PIECES, k=draw.randint(0, 6)))
        right = left + draw.choice(PIECES) if draw.random() < 0.5 else "".join(draw.choices(PIECES, k=draw.randint(0, 6)))
        assert (key(left) > key(right)) - (key(left) < key(right)) == literal(left, right), (left, right)


@pytest.mark.parametrize(
    "rising",
    [
        "1.0alpha 1.0beta 1.0pre1 1.0 1.0nb1 1.0nb2 1.0a 1.0.2 1.1",
        "1.5alpha1 1.5 1.5a 1.5.1nb1",
        "0 0nb1 0.0.1 1 2 10",
        "2.0rc1 2.0 2.0pl1",
    ],
)
def test_known_orders(rising: str) -> None:
    assert all(key(left) < key(right) for left, right in pairwise(rising.split()))


@pytest.mark.parametrize("same", ["1.0 1.0.0 1 1_0 1.0pl", "1.0rc1 1.0pre1 1.0RC1", "1a 1A 1.1", "1.5b 1.5.2"])
def test_known_equals(same: str) -> None:
    assert len({key(version) for version in same.split()}) == 1


VERSION = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}((alpha|rc)[0-9])?(nb[1-3])?", fullmatch=True)


@given(VERSION, VERSION, VERSION)
def test_bounds_are_the_order(version: str, low: str, high: str) -> None:
    dialect = Dialect()
    (atom,) = dialect.clause(f"a>={low}<{high}")
    assert dialect.matches(atom, version) == (literal(version, low) >= 0 and literal(version, high) < 0)


@given(VERSION, st.sampled_from(["[0-9]*", "1.*", "[^1]*", "?.0", "1*nb1", "2.0"]))
def test_shell_patterns_match_the_whole_name(version: str, pattern: str) -> None:
    dialect = Dialect()
    (atom,) = dialect.clause(f"lib-x-{pattern}")
    assert atom.name == "lib-x"
    assert dialect.matches(atom, version) == fnmatchcase(f"lib-x-{version}", f"lib-x-{pattern}".replace("[^", "[!"))


def test_patterns_become_atoms() -> None:
    dialect = Dialect()
    assert set(dialect.clause("{ssh{,6}-[0-9]*,openssh>=9nb1}")) == {Atom("ssh"), Atom("ssh6"), Atom("openssh", "in", ">=9nb1")}
    assert dialect.clause("perl") == (Atom("perl"),)
    assert dialect.clause("p5-Foo-1.2nb3") == (Atom("p5-Foo", "in", "1.2nb3"),)
    assert dialect.clause("perl =5.40.0") == (Atom("perl", "=", "5.40.0"),)
    assert dialect.matches(Atom("perl", "=", "5.40"), "5.40.0")
    assert dialect.matches(Atom("perl", "!=", "5.40"), "5.41")
    assert not dialect.matches(Atom("perl", ">", "5.40"), "")
    assert dialect.provide("a=1") == Provide("a", "1")
    for text in ("a<1>=2", ">=1", "*-1", "", "{a,b"):
        with pytest.raises(ValueError, match=r"pattern|open"):
            dialect.clause(text)


def test_a_pattern_that_unfolds_without_end_is_refused() -> None:
    assert unfold("{a,b}{1,2}") == ("a1", "a2", "b1", "b2")
    with pytest.raises(ValueError, match="more than"):
        unfold("{a,b,c,d,e,f,g,h,i,j}" * 4)
