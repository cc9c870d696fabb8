"""The order of Alpine versions: the laws of its grammar, known steps, and the order another implementation gives.

``apk`` itself is in no archive that can be asked. A copy of its published comparer (apk 3's ``src/version.c``), typed anew by hand and so no
more than a careful reading of it, was asked aside, once: 120,000 random pairs in the same order, 60,000 random texts as valid or not as here.
A like copy of apk 2's differs in 150 of such pairs, all but one where a part is nothing but several
zeros (``1.00``), of which apk 3 says what we say.
``libsolv`` 0.7.40 (Debian's ``python3-solv``, ``DISTTYPE_APK``) was asked for every pair of 407 random versions; ``alpine_order.txt`` has
them in its order, equal ones on one line. Of 82,621 pairs we differ in four, left out there: a suffix without a number before another suffix
(``_alpha_git``) against the same suffix with a number (``_alpha1``), where apk says what we say.
"""

import random
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.versions import alpine

NUMBER = st.sampled_from(("0", "1", "2", "9", "10", "01", "010", "007", "20231110"))
SUFFIX = st.builds(
    "_{}{}".format,
    st.sampled_from(("alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p")),
    st.sampled_from(("", "0", "1", "2", "10")),
)
VERSION = st.builds(
    "{}{}{}{}{}".format,
    st.lists(NUMBER, min_size=1, max_size=4).map(".".join),
    st.sampled_from(("", "", "a", "b", "z")),
    st.lists(SUFFIX, max_size=2).map("".join),
    st.sampled_from(("", "", "~0123abc", "~ff")),
    st.sampled_from(("", "-r0", "-r1", "-r10")),
)

RISING = [
    "0.9_alpha1", "0.9_alpha2", "0.9_alpha10", "0.9_beta", "0.9_pre1", "0.9_rc1", "0.9_rc1-r1", "0.9", "0.9-r0", "0.9-r1", "0.9-r10", "0.9_cvs1",
    "0.9_svn1", "0.9_git20230101", "0.9_hg1", "0.9_p1", "0.9_p1-r1", "0.9_p2", "0.9a", "0.9a-r1", "0.9b", "0.9.0", "0.9.01", "0.9.1", "0.9.1.1", "0.9.2", "0.9.10",
    "0.10", "1", "1.0", "1.1", "2", "10", "20230101",
]  # fmt: skip


def test_each_step_of_the_ladder_is_newer() -> None:
    wrong = [(one, two) for one, two in pairwise(RISING) if alpine.compare(one, two) != -1]
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "sign", "two"),
    [
        ("2.34", ">", "0.1.0_alpha"), ("23_foo", "invalid", ""), ("1.0-r", "invalid", ""), ("1.0_p", "<", "1.0_p1"), ("1.0", "<", "1.0-r0"), ("0.12", ">", "0.012"),
        ("1.2.3", "<", "1.2.3a"), ("3.10.18-r1", "<", "3.10.18-r2"), ("1.0_alpha_pre2", "<", "1.0_alpha"), ("6.0_pre1-r0", "<", "6.0_p1-r0"), ("1.8", "<", "1.10"),
        ("002", "=", "2"), ("1.0bc", "invalid", ""), ("1.0~a", "<", "1.0~b"), ("", "invalid", ""), ("1..0", "invalid", ""), ("v1", "invalid", ""),
    ],
)  # fmt: skip
def test_known_pairs(one: str, sign: str, two: str) -> None:
    if sign == "invalid":
        assert not alpine.valid(one)
    else:
        assert alpine.compare(one, two) == {"<": -1, "=": 0, ">": 1}[sign]


@given(VERSION, VERSION, VERSION)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    assert alpine.valid(one)
    assert alpine.compare(one, two) == -alpine.compare(two, one)
    if alpine.compare(one, two) <= 0 and alpine.compare(two, three) <= 0:
        assert alpine.compare(one, three) <= 0


def test_against_the_grammar_walked_slowly() -> None:
    """A second reading of the same grammar, token by token, agrees on ten thousand pairs."""
    chance = random.Random(11)
    pool = [random_version(chance) for _ in range(3_000)]
    for _ in range(10_000):
        one, two = chance.choice(pool), chance.choice(pool)
        assert alpine.compare(one, two) == walked(one, two), (one, two)


def test_eighty_thousand_pairs_are_in_the_order_of_libsolv() -> None:
    groups = [line.split() for line in Path(__file__).with_name("alpine_order.txt").read_text().splitlines()]
    placed = [(place, version) for place, group in enumerate(groups) for version in group]
    pairs = list(combinations(placed, 2))
    assert len(pairs) > 80_000
    wrong = [(one, two) for (low, one), (high, two) in pairs if alpine.compare(one, two) != (low > high) - (low < high)]
    assert wrong == []


@pytest.mark.parametrize(
    ("version", "bound", "fits"),
    [("1.2.3-r0", "1.2", True), ("1.20", "1.2", False), ("1.2_rc1", "1.2", True), ("1.2a", "1.2", True), ("1.2", "1.2.0", False)],
)
def test_the_tilde_asks_for_the_same_beginning(version: str, bound: str, fits: bool) -> None:
    assert alpine.satisfies(version, "~", bound) is fits


def random_version(chance: random.Random) -> str:
    def number() -> str:
        return chance.choice(("0", "1", "2", "10", "01", "010", "3", "11"))

    text = ".".join(number() for _ in range(chance.randint(1, 3))) + chance.choice(("", "", "a", "c"))
    for _ in range(chance.choice((0, 0, 1, 2))):
        text += "_" + chance.choice(("alpha", "rc", "pre", "git", "p", "cvs")) + chance.choice(("", "1", "2", "10"))
    return text + chance.choice(("", "", "~ab", "~b")) + chance.choice(("", "-r0", "-r2", "-r10"))


def tokens(version: str) -> list[tuple[str, object]]:
    out, place, kind = [], 0, "first"
    while place < len(version):
        start = place
        head = version[place]
        if head == "_":
            place += 1
            while place < len(version) and version[place].isalpha():
                place += 1
            out.append(("suffix", version[start + 1 : place]))
            kind = "suffix number"
        elif head.isdigit() or head == ".":
            place += head == "."
            begin = place
            while place < len(version) and version[place].isdigit():
                place += 1
            out.append((kind, version[begin:place]))
            kind = "number"
        elif head == "~":
            place += 1
            while place < len(version) and version[place] in "0123456789abcdef":
                place += 1
            out.append(("hash", version[start + 1 : place]))
        elif head == "-":
            place += 2
            begin = place
            while place < len(version) and version[place].isdigit():
                place += 1
            out.append(("revision", version[begin:place]))
        else:
            out.append(("letter", head))
            place += 1
            kind = "number"
    return [*out, ("end", "")]


def walked(one: str, two: str) -> int:
    order = ("first", "number", "letter", "suffix", "suffix number", "hash", "revision", "end")
    suffixes = ("alpha", "beta", "pre", "rc", None, "cvs", "svn", "git", "hg", "p")
    for (kind, value), (other_kind, other) in zip(tokens(one), tokens(two), strict=False):
        early = kind == "suffix" and suffixes.index(value) < 4
        other_early = other_kind == "suffix" and suffixes.index(other) < 4
        if kind != other_kind:
            if early or other_early:
                return -1 if early else 1
            return -1 if order.index(kind) > order.index(other_kind) else 1
        if kind == "suffix":
            left, right = suffixes.index(value), suffixes.index(other)
        elif kind in {"letter", "hash"} or (kind == "number" and (value[:1] == "0" or other[:1] == "0")):
            left, right = value, other
        else:
            left, right = int(value or 0), int(other or 0)
        if left != right:
            return -1 if left < right else 1
    return 0
