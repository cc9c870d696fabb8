"""The order of Alpine versions: the laws of its grammar, known steps, and what ``apk``'s own comparer says.

No archive at hand has ``apk``, so its published comparer was compiled aside, unchanged: apk-tools' ``src/version.c`` of apk 3 (git blob
``4ecc498099e164abea3e9a6ffea03d6bdc000c9a``) with its ``src/ctype.c`` and the few functions of ``src/blob.c`` it calls, copied by hand, twice
and apart, to the same bytes and of the published length. Of 400,000 random pairs, versions or not, it says another thing than we do in 15:
each has a number above 2^64 - 1, which it wraps and we do not. Of 600,000 texts it takes the same for versions. ``alpine_pairs.txt`` has
5,900 of its answers on pairs, none with such a number, and 1,600 on whether one begins with another (``~``, ``!~``).

apk 2 (commit ``fd8f39f1d54c3b56d16a494898e5a753e2c71715``, compiled alike) differs from apk 3, and so from us, only where a later number has
a zero before other digits (``1.00``, ``1.01``), where a number has 18 digits and more, and in texts that apk 3 does not take for versions
(``3.3.3p1``): 0 of 24,476 other pairs.

``alpine_published.txt`` has the steps of apk-tools' own test data (``test/version.data``, commit ``5e91e63aede05f80a6abc9d96e0fb05369c5cbda``):
a version and those that are newer. All 781 lines of that data hold.

``libsolv`` 0.7.40 (Debian's ``python3-solv``, ``DISTTYPE_APK``) was asked for every pair of 407 random versions; ``alpine_order.txt`` has
them in its order, equal ones on one line. Of 82,621 pairs we differ in four, left out there: a suffix without a number before another suffix
(``_alpha_git``) against the same suffix with a number (``_alpha1``), where apk says what we say.
"""

import random
import shutil
import subprocess
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
        assert not alpine.is_valid(one)
    else:
        assert alpine.compare(one, two) == {"<": -1, "=": 0, ">": 1}[sign]


SIGNS = {-1: "<", 0: "=", 1: ">"}


def lines(name: str) -> list[list[str]]:
    return [line.split() for line in Path(__file__).with_name(name).read_text().splitlines()]


def test_every_pair_is_as_the_published_comparer_says() -> None:
    asked = [line for line in lines("alpine_pairs.txt") if "~" not in line[1]]
    assert len(asked) == 5_900
    assert sum(not (alpine.is_valid(one) and alpine.is_valid(two)) for one, _, two in asked) == 1_500
    assert [line for line in asked if SIGNS[alpine.compare(line[0], line[2])] != line[1]] == []


def test_every_beginning_is_as_the_published_comparer_says() -> None:
    asked = [line for line in lines("alpine_pairs.txt") if "~" in line[1]]
    assert len(asked) == 1_600
    assert [line for line in asked if alpine.satisfies(line[0], "~", line[2]) is not (line[1] == "~")] == []


def test_every_published_step_is_newer() -> None:
    steps = [(older, newer) for older, _, *later in lines("alpine_published.txt") for newer in later]
    assert len(steps) == 688
    assert [step for step in steps if alpine.compare(*step) != -1] == []


@pytest.mark.parametrize("text", ["0.1_alpha1_pre2", "0.1_git20240101_pre1", "0.1_p1_pre2", "0.1_pre2", "0.1_pre2~1234abcd", "1.2"])
def test_versions_that_apk_accepts_are_valid(text: str) -> None:
    assert alpine.is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "-r1", ".1", "_pre1", "a", "0.1-pre1.1", "0.1-r", "0.1-r2-r3", "0.1-r2.1", "0.1-r2_p3_pre1", "0.1-r2_pre1", "0.1_foobar", "0.1_foobar1",
        "0.1_pre2-r1~1234xbcd", "0.1_pre2~", "0.1_pre2~1234abcd_pre1", "0.1_pre2~1234xbcd", "0.1a.1", "0.1a1", "0.1bc", "0.1bc1",
    ],
)  # fmt: skip
def test_versions_that_apk_refuses_are_invalid(text: str) -> None:
    assert not alpine.is_valid(text)


def test_an_invalid_version_is_compared_up_to_the_error() -> None:
    assert alpine.compare("4_beta", "23_foo") == -1
    assert alpine.compare("1.0", "1.0bc") == -1
    assert alpine.compare("1.0_alpha", "1.0_foo") == -1
    assert alpine.compare("1.0_foo", "1.0") == -1
    assert alpine.compare("3.3.3p1-r2", "3.3.3p1-r3") == 0
    assert alpine.compare("", "0") == -1
    assert alpine.satisfies("3.3.3p1-r3", ">=", "3.3")
    assert not alpine.satisfies("3.3.4", ">=", "3.3.3p1")
    assert alpine.satisfies("3.3.3p1", ">=", "3.3.3p1")


def test_numbers_count_whole_where_apk_wraps_them() -> None:
    assert alpine.compare("18446744073709551616", "1") == 1
    assert alpine.compare(f"1.{'9' * 400}", f"1.1{'0' * 400}") == -1


def test_the_apk_of_the_host_says_the_same() -> None:
    if not shutil.which("apk"):
        pytest.skip("apk is missing: only a host of Alpine's has it, and its own word on versions")
    chance = random.Random(3)
    pairs = [(random_version(chance), random_version(chance)) for _ in range(600)]
    said = [subprocess.run(["apk", "version", "-t", *pair], capture_output=True, text=True, check=True).stdout.strip() for pair in pairs]
    old = subprocess.run(["apk", "--version"], capture_output=True, text=True, check=True).stdout.startswith("apk-tools 2")
    asked = [(pair, sign) for pair, sign in zip(pairs, said, strict=True) if not old or not any("~" in one or ".01" in one for one in pair)]
    assert len(asked) > 50
    assert [(pair, sign) for pair, sign in asked if SIGNS[alpine.compare(*pair)] != sign] == []


@given(VERSION, VERSION, VERSION)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    assert alpine.is_valid(one)
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
    groups = lines("alpine_order.txt")
    placed = [(place, version) for place, group in enumerate(groups) for version in group]
    pairs = list(combinations(placed, 2))
    assert len(pairs) > 80_000
    wrong = [(one, two) for (low, one), (high, two) in pairs if alpine.compare(one, two) != (low > high) - (low < high)]
    assert wrong == []


@pytest.mark.parametrize(
    ("version", "bound", "fits"),
    [
        ("1.2.3-r0", "1.2", True), ("1.20", "1.2", False), ("1.2_rc1", "1.2", True), ("1.2a", "1.2", True), ("1.2", "1.2.0", False),
        ("3.6.0", "3.6", True), ("3.6.9_post1", "3.6", True), ("3.6.0", "3.6.0", True), ("3.6.0_pre1", "3.8", False), ("3.8", "3.8.1", False),
        ("3.8.0.1", "3.8.1", False), ("3.6.9_post1", "3.8", False),
    ],
)  # fmt: skip
def test_the_tilde_asks_for_the_same_beginning(version: str, bound: str, fits: bool) -> None:
    assert alpine.satisfies(version, "~", bound) is fits


@pytest.mark.parametrize(
    ("relation", "fits", "not_fits"),
    [
        ("<~", "3.5 3.6 3.6.9 3.6_pre1", "3.7 3.60"),
        (">~", "3.7 3.6 3.6.9 3.6_pre1", "3.5"),
        ("<", "3.6_pre1", "3.6 3.6.9"),
        (">", "3.6.9 3.6-r0", "3.6 3.6_pre1"),
    ],
)
def test_with_a_tilde_a_matching_beginning_is_equal(relation: str, fits: str, not_fits: str) -> None:
    assert all(alpine.satisfies(version, relation, "3.6") for version in fits.split())
    assert not any(alpine.satisfies(version, relation, "3.6") for version in not_fits.split())
    with pytest.raises(ValueError, match="unknown relation"):
        alpine.satisfies("1", "~~", "1")


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
