"""Suggested names: close ones first, few, and always the same."""

import random

import pytest

from nipsys.model.suggest import count_edits, suggest_names, suggest_or_list

NAMES = ("git", "perl", "zlib", "vim", "vim-nox", "app-editors/vim", "python3", "python3-pip", "cython3", "libssl-dev")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("gti", ("git",)),
        ("GIT", ("git",)),
        ("zlbi", ("zlib",)),
        ("pearl", ("perl",)),
        ("ython3", ("cython3", "python3")),
        ("vim", ("app-editors/vim", "vim")),
        ("nox", ("vim-nox",)),
        ("libssl-dev-doc", ("libssl-dev",)),
        ("quite-another", ()),
        ("", ()),
    ],
)
def test_the_closest_names_are_suggested(word: str, near: tuple[str, ...]) -> None:
    assert suggest_names(word, NAMES) == near
    assert suggest_names(word, random.Random(word).sample(NAMES, len(NAMES))) == near, "whatever the order of the known names"


def test_suggestions_are_few() -> None:
    assert suggest_names("a1", [f"a{number}" for number in range(9)], 2) == ("a1", "a0")
    assert len(suggest_names("lib", [f"lib-{number}" for number in range(9)])) == 3


@pytest.mark.parametrize(
    ("one", "two", "count"),
    [
        ("git", "git", 0),
        ("gti", "git", 1),
        ("gt", "git", 1),
        ("gits", "git", 1),
        ("xit", "git", 1),
        ("", "git", 3),
        ("abcdef", "ghijkl", 4),
    ],
)
def test_edits_are_counted(one: str, two: str, count: int) -> None:
    assert count_edits(one, two, 3) == count_edits(two, one, 3) == count


def test_a_hint_names_what_is_meant_or_all_there_is() -> None:
    assert suggest_or_list("musk", ("glibc", "musl"), "use one of") == "did you mean `musl`?"
    assert suggest_or_list("none", ("glibc", "musl"), "use one of") == "use one of `glibc` and `musl`"
    assert suggest_or_list("GNU", ("glibc", "musl"), "use one of", {"gnu": "glibc"}) == "did you mean `glibc`?"
    assert suggest_or_list("gnu", ("musl",), "use one of", {"gnu": "glibc"}) == "use one of `musl`"
