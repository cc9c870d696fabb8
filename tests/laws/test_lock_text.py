"""Laws of the lock: equal values are equal bytes, the text comes back whole, and nothing else is read."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from nipsys.lock import add_digest, format_lock, read_lock
from nipsys.model.package.record import Snapshot
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.model.value import replace

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORD = st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc"], exclude_characters=" "), min_size=1, max_size=12)
PAIRS = st.dictionaries(TEXT, TEXT, max_size=3).map(lambda pairs: tuple(sorted(pairs.items())))
DIGEST = st.one_of(st.just(""), st.binary(min_size=32, max_size=32).map(lambda data: "sha256:" + data.hex()))


@st.composite
def locks(draw: DrawFn) -> Lock:
    """Return any lock that the resolver could make, and many that it never would."""
    worlds = draw(st.lists(WORD.map(lambda word: word.replace("/", "_")), min_size=1, max_size=3, unique=True))
    names = draw(st.lists(st.tuples(st.sampled_from(worlds), WORD), max_size=6, unique=True))
    ids = [f"{world}/{name}" for world, name in names]
    packages = [
        LockedPackage(
            world, name, draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT), draw(st.integers(0, 2**63)), draw(DIGEST), draw(TEXT), draw(st.booleans()), draw(st.booleans()),
            tuple(sorted(draw(st.lists(WORD, max_size=2)))), tuple(sorted(draw(st.lists(st.sampled_from(ids), max_size=3)))), draw(PAIRS),
        )
        for world, name in names
    ]  # fmt: skip
    sources = [
        LockedSource(name, draw(WORD), Snapshot(draw(st.sampled_from([name, "x"])), draw(TEXT), draw(TEXT), draw(PAIRS)), draw(PAIRS))
        for name in worlds
    ]
    return Lock(
        draw(TEXT),
        draw(TEXT),
        draw(TEXT),
        tuple(sorted(sources, key=lambda source: source.name)),
        tuple(sorted(packages, key=lambda package: package.id)),
    )


@given(locks())
@settings(max_examples=150, deadline=None)
def test_a_written_lock_is_read_back(lock: Lock) -> None:
    assert read_lock(format_lock(lock), "l.kdl") == add_digest(lock)


@given(locks(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_does_not_count(lock: Lock, chance: random.Random) -> None:
    sources, packages = list(lock.sources), list(lock.packages)
    chance.shuffle(sources)
    chance.shuffle(packages)
    assert format_lock(replace(lock, sources=tuple(sources), packages=tuple(packages), digest="x")) == format_lock(lock)


@given(locks(), st.data())
@settings(max_examples=200, deadline=None)
def test_one_changed_character_is_refused(lock: Lock, data: st.DataObject) -> None:
    text = format_lock(lock)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(['"', "\n", " ", "\\", "x", "9", "{", "#", "\udcff", ""]))
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        refused(changed)


@given(st.text())
@example("lock 1 digest=5\nprofile")
@example("lock 1 digest=#true\nprofile 5\n")
@example("\x00")
@example("package {" * 2000)
@settings(max_examples=200, deadline=None)
def test_any_other_text_is_refused_with_a_message(text: str) -> None:
    refused(text)


def refused(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_lock(text, "l.kdl")
    assert caught.value.problems
    assert all(problem.span and problem.span.line <= text.count("\n") + 1 for problem in caught.value.problems)
