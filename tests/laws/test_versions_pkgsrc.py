"""pkgsrc's order as bytes against the rule read literally, and both it and the patterns against pkgsrc's own package tools.

No archive at hand has those tools, so their published comparer and matcher were compiled aside, unchanged: ``dewey.c`` (NetBSD's pkgsrc, commit
``80cc207af7293eaead36b261966b09dc0a1aace0``), ``dewey.h`` (``dbb056fd270c345639d2cbc637031705a59829a9``) and ``opattern.c``
(``6215fa61d8cf82185b18c1c1000020dfc883e86e``) of ``pkgtools/pkg_install/files/lib``, copied by hand, twice and apart, to the same bytes and of
the published length. Of 450,000 random pairs of versions it says another thing than we do in 645, all with a number above 2^31 - 1, which
overflows there and not here. ``pkgsrc_pairs.txt`` has 6,000 of its answers, none with such a number.

It was asked for 30,000 random patterns and package names too. Where we read a pattern we say what it says, but for ``name!=1``: a profile may
write that, the package tools read it as a name. What we refuse and they take are patterns that are slips: two bounds the wrong way
around (``a<1>2``), an open bracket (``a-[1``). ``pkgsrc_patterns.txt`` has 3,000 of its answers. Not asked, since known to differ: here a name
goes to the last hyphen and must be whole in the pattern; there ``a-[0-9]*`` meets ``a-2d-1.0`` as well, and ``a[0-9]-1`` is a pattern.
"""

import random
import shutil
import subprocess
from fnmatch import fnmatchcase
from itertools import pairwise, zip_longest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.model.package.record import Atom, Provide
from nipsys.sources.pkgsrc.dialect import PkgsrcDialect, expand_braces
from nipsys.versions.pkgsrc import parse_weights, sort_key_of

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
    (first, first_revision), (second, second_revision) = parse_weights(left), parse_weights(right)
    for one, other in zip_longest(first, second, fillvalue=0):
        if one != other:
            return -1 if one < other else 1
    return (first_revision > second_revision) - (first_revision < second_revision)


def test_the_bytes_sort_as_the_rule_says() -> None:
    draw = random.Random(1999)
    for _ in range(CASES):
        left = "".join(draw.choices(PIECES, k=draw.randint(0, 6)))
        right = left + draw.choice(PIECES) if draw.random() < 0.5 else "".join(draw.choices(PIECES, k=draw.randint(0, 6)))
        assert (sort_key_of(left) > sort_key_of(right)) - (sort_key_of(left) < sort_key_of(right)) == literal(left, right), (left, right)


def lines(name: str) -> list[list[str]]:
    return [line.split() for line in Path(__file__).with_name(name).read_text().splitlines()]


def order(one: str, two: str) -> str:
    left, right = sort_key_of(one), sort_key_of(two)
    return "<" if left < right else ">" if left > right else "="


def meets(pattern: str, package: str) -> bool:
    """Return whether a package's full name meets a pattern, as ``pkg_admin pmatch`` tells it."""
    name, _, version = package.rpartition("-")
    return any(atom.name == name and PkgsrcDialect().matches(atom, version) for atom in PkgsrcDialect().parse_clause(pattern))


def test_every_pair_is_as_the_published_comparer_says() -> None:
    asked = lines("pkgsrc_pairs.txt")
    assert len(asked) == 6_000
    assert [line for line in asked if order(line[0], line[2]) != line[1]] == []


def test_every_pattern_is_as_the_published_matcher_says() -> None:
    asked = lines("pkgsrc_patterns.txt")
    assert len(asked) == 3_000
    assert [line for line in asked if meets(line[0], line[2]) is not (line[1] == "yes")] == []


@pytest.mark.parametrize(
    ("one", "sign", "two"),
    [
        ("", "=", "0"),
        ("", ">", "alpha"),
        ("", "<", "nb1"),
        ("1 0", "=", "1"),
        ("1 2", ">", "1 1"),
        ("1\u00e92", "=", "1-2"),
        ("\u00e9", "=", ""),
        ("-", "=", ""),
    ],
)
def test_texts_that_are_hardly_versions(one: str, sign: str, two: str) -> None:
    assert order(one, two) == sign


def test_numbers_count_whole_where_the_package_tools_overflow() -> None:
    assert order("2147483648", "1") == ">"
    assert order("2147483647", "alpha") == ">"
    assert order(f"1.{'9' * 300}", f"1.1{'0' * 300}") == "<"


@pytest.mark.parametrize(
    ("pattern", "fits", "not_fits"),
    [
        ("a-{b,c}-{d{e,f},g}-h>=1", "a-b-de-h-2 a-b-df-h-2 a-b-g-h-2 a-c-de-h-2 a-c-df-h-2 a-c-g-h-2", "a-a-g-h-2 a-b-d-h-2"),
        ("foo>1", "foo-1.1 foo-1.0pl1", "foo-0.5 foo-1.0 foo-1.0alpha1"), ("foo<1", "foo-1.0alpha1", "foo-1.0"), ("foo>=1", "foo-1.0", "foo"),
        ("foo>=1<2", "foo-1.0 foo-2.0rc1", "foo-2.0 foo-1.0rc1"), ("foo>1<2", "foo-1.0nb2", "foo-0.5"), ("foo>1.1.1<2", "foo-1.22b2", "foo-2"),
        ("librsvg>=2.12<2.41", "librsvg-2.13", "librsvg-2.11 librsvg-2.12alpha librsvg-2.41"), ("foo>1.1", "foo-1.1blah2", "foo-1.1"),
        ("foo>1.1a2", "foo-1.1blah2", "foo-1.1a1"), ("foo>1.1b2", "foo-1.1b3", "foo-1.1blah2"), ("foo>1.1c2", "foo-1.2", "foo-1.1blah2"),
        ("foo>1alpha<2beta", "foo-1.9", "foo-2.5"), ("foo>1nb3", "foo-1nb4", "foo-1.0nb2"), ("bar>=1", "bar-1", "foo-1.0"),
        ("spandsp>=0.0.6pre18", "spandsp-0.0.6nb5 spandsp-0.0.6pre19 spandsp-0.0.6rc18", "spandsp-0.0.6rc17"), ("pkg>", "pkg-0nb1", "pkg pkg-0"),
        ("gcc12>=", "gcc12-12.1.0nb1 gcc12-0", "gcc12-0alpha"), ("pkg>=1<", "", "pkg-1 pkg-2 pkg-0alpha"),
        ("pkg>1.0alpha3nb2<2.0beta4nb7", "pkg-1.1 pkg-1.0alpha3nb3 pkg-2.0alpha3nb3 pkg-2.0beta3nb8", "pkg-1.0alpha3nb2 pkg-2.0beta5nb6 pkg-2.0beta4nb7 pkg-2.0nb8"),
        ("pkg>1.0.0.0alphanb1", "pkg-1 pkg-1.0.0. pkg-1.0.0.0alpha1 pkg-1.0.0.0alphanb2 pkg-1.0.0.0_ pkg-1.0.0.0rc pkg-1.0.1", "pkg-1.0.0.0alphanb1 pkg-1.0.0.0alpha pkg-1.0.0.beta pkg-1.0.0alpha pkg-1.0alpha"),
        ("mutt-[0-9]*", "mutt-2.2.13", "mutt-vid-1.1 pine-1.0"), ("foo-[0-9]", "foo-1", "foo-10"), ("foo-[2-9]*", "foo-2.0", "foo-1.0 bar-2"),
        ("foobar-1.0", "foobar-1.0", "foobar-1.1"), ("clang-18.1.8{,nb*}", "clang-18.1.8 clang-18.1.8nb2", "clang-18.1.80 clang-18.1"),
        ("dovecot>=2.3.21.1{nb*,}", "dovecot-2.3.21.1 dovecot-2.4", "dovecot-2.3.21"), ("go122-1.22.7*", "go122-1.22.7 go122-1.22.7nb1", "go122-1.22.6"),
        ("mpg123{,-esound,-nas}>=0.59.18", "mpg123-1 mpg123-esound-1 mpg123-nas-1", "mpg123-oss-1"), ("emacs29>=29.1nb2<30", "emacs29-29.1nb2", "emacs29-30 emacs29-29.1nb1"),
    ],
)  # fmt: skip
def test_published_patterns(pattern: str, fits: str, not_fits: str) -> None:
    """Facts that published tests and package lists of pkgsrc state, and its matcher confirmed."""
    assert [package for package in fits.split() if not meets(pattern, package)] == []
    assert [package for package in not_fits.split() if meets(pattern, package)] == []


def test_the_package_tools_of_the_host_say_the_same() -> None:
    if not shutil.which("pkg_admin"):
        pytest.skip("pkg_admin is missing: only a host with pkgsrc's package tools has it, and its own word on versions")

    def said(pattern: str, package: str) -> bool:
        return subprocess.run(["pkg_admin", "pmatch", pattern, package], capture_output=True, check=False).returncode == 0

    draw = random.Random(3)
    for one, _, two in draw.sample([line for line in lines("pkgsrc_pairs.txt") if "-" not in line[0]], 200):
        assert (said(f"x<{two}", f"x-{one}"), said(f"x>{two}", f"x-{one}")) == (order(one, two) == "<", order(one, two) == ">"), (one, two)
    for pattern, _, package in draw.sample(lines("pkgsrc_patterns.txt"), 200):
        assert said(pattern, package) is meets(pattern, package), (pattern, package)


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
    assert all(sort_key_of(left) < sort_key_of(right) for left, right in pairwise(rising.split()))


@pytest.mark.parametrize("same", ["1.0 1.0.0 1 1_0 1.0pl", "1.0rc1 1.0pre1 1.0RC1", "1a 1A 1.1", "1.5b 1.5.2"])
def test_known_equals(same: str) -> None:
    assert len({sort_key_of(version) for version in same.split()}) == 1


VERSION = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}((alpha|rc)[0-9])?(nb[1-3])?", fullmatch=True)


@given(VERSION, VERSION, VERSION)
def test_bounds_are_the_order(version: str, low: str, high: str) -> None:
    dialect = PkgsrcDialect()
    (atom,) = dialect.parse_clause(f"a>={low}<{high}")
    assert dialect.matches(atom, version) == (literal(version, low) >= 0 and literal(version, high) < 0)


@given(VERSION, st.sampled_from(["[0-9]*", "1.*", "[^1]*", "?.0", "1*nb1", "2.0"]))
def test_shell_patterns_match_the_whole_name(version: str, pattern: str) -> None:
    dialect = PkgsrcDialect()
    (atom,) = dialect.parse_clause(f"lib-x-{pattern}")
    assert atom.name == "lib-x"
    assert dialect.matches(atom, version) == fnmatchcase(f"lib-x-{version}", f"lib-x-{pattern}".replace("[^", "[!"))


def test_patterns_become_atoms() -> None:
    dialect = PkgsrcDialect()
    assert set(dialect.parse_clause("{ssh{,6}-[0-9]*,openssh>=9nb1}")) == {Atom("ssh"), Atom("ssh6"), Atom("openssh", "in", ">=9nb1")}
    assert dialect.parse_clause("perl") == (Atom("perl"),)
    assert dialect.parse_clause("p5-Foo-1.2nb3") == (Atom("p5-Foo", "in", "1.2nb3"),)
    assert dialect.parse_clause("perl =5.40.0") == (Atom("perl", "=", "5.40.0"),)
    assert dialect.matches(Atom("perl", "=", "5.40"), "5.40.0")
    assert dialect.matches(Atom("perl", "!=", "5.40"), "5.41")
    assert not dialect.matches(Atom("perl", ">", "5.40"), "")
    assert dialect.parse_provide("a=1") == Provide("a", "1")
    for text in ("a<1>=2", ">=1", "*-1", "", "{a,b"):
        with pytest.raises(ValueError, match=r"pattern|unclosed|wildcard"):
            dialect.parse_clause(text)


def test_a_pattern_that_unfolds_without_end_is_refused() -> None:
    assert expand_braces("{a,b}{1,2}") == ("a1", "a2", "b1", "b2")
    with pytest.raises(ValueError, match="more than"):
        expand_braces("{a,b,c,d,e,f,g,h,i,j}" * 4)
