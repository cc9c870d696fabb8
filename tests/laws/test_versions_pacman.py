"""The order of pacman versions, against libalpm itself."""

import ctypes
import ctypes.util
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.versions import pacman

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
    "rc",
    "alpha",
    "beta1",
    "git",
    "r12",
    ".",
    ".",
    ".",
    "_",
    "+",
    "..",
    "~",
    "",
)
UPSTREAM = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)
RELEASE = st.sampled_from(("1", "2", "1.1", "10", "3.2", "0.1"))
EPOCH = st.sampled_from(("", "", "", "1:", "2:", "0:", "10:"))
COMPLETE = st.builds("{}{}-{}".format, EPOCH, UPSTREAM.filter(lambda text: text[-1:].isalnum()), RELEASE)


@pytest.fixture(scope="module")
def vercmp() -> Callable[[str, str], int]:
    """Return the real comparer."""
    try:
        library = ctypes.CDLL("libalpm.so.13")
    except OSError:
        pytest.skip("libalpm.so.13 is missing: install pacman-package-manager")
    library.alpm_pkg_vercmp.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    return lambda left, right: library.alpm_pkg_vercmp(left.encode(), right.encode())


def random_versions(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    out = []
    for _ in range(count):
        text = chance.choice(("", "", "", "1:", "0:", "3:")) + "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 8)))
        out.append(text + chance.choice(("", "-1", "-2", "-1.1", "-10")))
    return out


def test_twenty_thousand_pairs_agree_with_libalpm(vercmp: Callable[[str, str], int]) -> None:
    left, right = random_versions(20_000, 1), random_versions(20_000, 2)
    right[:5_000] = [text.replace("1", "2", 1) for text in left[:5_000]]  # near ones, where the rule is subtle
    wrong = [(one, two) for one, two in zip(left, right, strict=True) if _sign(vercmp(one, two)) != pacman.compare(one, two)]
    assert wrong == []


def test_the_key_sorts_as_libalpm_for_complete_versions(vercmp: Callable[[str, str], int]) -> None:
    chance = random.Random(3)
    pool = [text for text in random_versions(60_000, 4) if "-" in text and text.rpartition("-")[0][-1:].isalnum()]
    assert len(pool) > 10_000
    wrong = []
    for _ in range(20_000):
        one, two = chance.choice(pool), chance.choice(pool)
        have = (pacman.sort_key_of(one) > pacman.sort_key_of(two)) - (pacman.sort_key_of(one) < pacman.sort_key_of(two))
        if have != _sign(vercmp(one, two)):
            wrong.append((one, two))
    assert wrong == []


@given(COMPLETE, COMPLETE)
def test_key_and_comparison_say_the_same(one: str, two: str) -> None:
    assert (pacman.sort_key_of(one) > pacman.sort_key_of(two)) - (pacman.sort_key_of(one) < pacman.sort_key_of(two)) == pacman.compare(
        one, two
    )


@given(COMPLETE, COMPLETE, COMPLETE)
def test_the_order_of_complete_versions_is_total(one: str, two: str, three: str) -> None:
    assert pacman.compare(one, two) == -pacman.compare(two, one)
    if pacman.compare(one, two) <= 0 and pacman.compare(two, three) <= 0:
        assert pacman.compare(one, three) <= 0


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_compares_and_has_a_key(one: str, two: str) -> None:
    assert pacman.compare(one, two) == -pacman.compare(two, one)
    assert pacman.sort_key_of(one) == pacman.sort_key_of(one)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.0rc1-1", "1.0-1"), ("1.0-1", "1.0.a-1"), ("1.0-1", "1.0.1-1"), ("9-1", "1:1-1"), ("1.0-1", "1.0-1.1"), ("1.0.1-1", "1..0-1")],
)
def test_known_steps(older: str, newer: str) -> None:
    assert pacman.compare(older, newer) == -1
    assert pacman.sort_key_of(older) < pacman.sort_key_of(newer)


def test_a_bound_without_release_fits_every_release() -> None:
    assert pacman.satisfies("1.0-7", "=", "1.0")
    assert not pacman.satisfies("1.0-7", ">", "1.0")
    assert pacman.satisfies("2-64", "=", "2-64")


def test_a_number_of_thousands_of_digits_is_compared_quickly() -> None:
    assert pacman.compare("1" + "0" * 9000 + "-1", "9" * 8999 + "-1") == 1
    assert pacman.sort_key_of("1" + "0" * 9000 + "-1") > pacman.sort_key_of("9" * 8999 + "-1")


def _sign(order: int) -> int:
    return (order > 0) - (order < 0)
