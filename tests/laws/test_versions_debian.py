"""The order of Debian versions, against apt and dpkg themselves and against vectors of Debian Policy."""

import os
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.versions import debian

PIECES = (
    "0",
    "1",
    "2",
    "9",
    "10",
    "01",
    "007",
    "20231110",
    "a",
    "b",
    "Z",
    "rc",
    "alpha",
    "git",
    "dfsg",
    "deb12u",
    ".",
    ".",
    ".",
    "+",
    "~",
    "~~",
    "-",
    "",
)
PAIRS = 8000
VECTORS = (
    ("1.0~rc1", "<", "1.0"),
    ("1.0", "<", "1.0-1"),
    ("1:0.9", ">", "2.0"),
    ("1.10", ">", "1.9"),
    ("1.0+b1", ">", "1.0"),
    ("1.0a", "<", "1.0+"),
    ("2.36-9+deb12u10", ">", "2.36-9"),
    ("1.0~~", "<", "1.0~"),
    ("1.0~~", "<", "1.0~~a"),
    ("1.0~~a", "<", "1.0~"),
    ("0", "=", "00"),
    ("1.0-0", "=", "1.0"),
    ("0:1", "=", "1"),
    ("1.2.3-1~bpo12+1", "<", "1.2.3-1"),
    ("1-1-1", ">", "1-1"),
    ("9" * 300, ">", "9" * 299),
)


def random_versions(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    out = []
    for _ in range(count):
        body = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 7)))
        tail = chance.choice(("", "", "-1", "-0ubuntu1", "-1+b1", "-2~bpo1"))
        out.append(chance.choice(("", "", "", "0:", "1:", "12:")) + chance.choice("0123456789") + body + tail)
    return out


@pytest.mark.parametrize(("left", "relation", "right"), VECTORS)
def test_published_vectors(left: str, relation: str, right: str) -> None:
    assert debian.satisfies(left, relation, right)
    assert {"<": -1, "=": 0, ">": 1}[relation] == debian.compare(left, right) == -debian.compare(right, left)


def test_apt_agrees_on_thousands_of_pairs() -> None:
    python = "/usr/bin/python3"
    program = "import sys, apt_pkg\napt_pkg.init()\nfor line in sys.stdin:\n    c = apt_pkg.version_compare(*line.split())\n    print((c > 0) - (c < 0))"
    if not os.path.exists(python) or subprocess.run([python, "-c", "import apt_pkg"], capture_output=True, check=False).returncode:
        pytest.skip("python3-apt is not installed")
    versions = random_versions(2 * PAIRS, 11)
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    pairs += [(one, one.replace("~", "+", 1)) for one in versions[:500] if "~" in one]
    asked = "".join(f"{left} {right}\n" for left, right in pairs)
    told = subprocess.run([python, "-c", program], input=asked, capture_output=True, text=True, check=True).stdout.split()
    wrong = [(pair, verdict) for pair, verdict in zip(pairs, told, strict=True) if debian.compare(*pair) != int(verdict)]
    assert not wrong[:5]


def test_dpkg_agrees_on_thousands_of_pairs() -> None:
    if not shutil.which("dpkg"):
        pytest.skip("dpkg is not installed")
    versions = [version for version in random_versions(6200, 12) if debian.is_valid(version) and version[-1] != "-"][:4000]
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    assert len(pairs) == 2000
    asked = "".join(f"{left} {right}\n" for left, right in pairs)
    script = 'while read -r left right; do dpkg --compare-versions "$left" lt "$right" && echo lt || echo ge; done'
    told = subprocess.run(["sh", "-c", script], input=asked, capture_output=True, text=True, check=True).stdout.split()
    wrong = [pair for pair, verdict in zip(pairs, told, strict=True) if (verdict == "lt") != (debian.compare(*pair) < 0)]
    assert not wrong[:5]


VERSION = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(lambda pieces: "1" + "".join(pieces))


@given(VERSION, VERSION, VERSION)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    assert debian.compare(one, two) == -debian.compare(two, one)
    if debian.compare(one, two) <= 0 and debian.compare(two, three) <= 0:
        assert debian.compare(one, three) <= 0
    assert (debian.sort_key_of(one) == debian.sort_key_of(two)) == (debian.compare(one, two) == 0)


@given(VERSION, VERSION)
def test_every_relation_says_the_same(one: str, two: str) -> None:
    order = debian.compare(one, two)
    for relation, holds in (
        ("<", order < 0),
        ("<<", order < 0),
        ("<=", order <= 0),
        ("=", order == 0),
        (">=", order >= 0),
        (">", order > 0),
        (">>", order > 0),
        ("!=", order != 0),
    ):
        assert debian.satisfies(one, relation, two) == holds
    assert debian.satisfies(one, "", two)


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown relation"):
        debian.satisfies("1", "=>", "2")


@pytest.mark.parametrize(("text", "fits"), [("1.0-1", True), ("2:1.0", True), ("a:1", False), ("1 0", False), ("1_0", False), ("", False)])
def test_what_policy_allows(text: str, fits: bool) -> None:
    assert debian.is_valid(text) == fits
