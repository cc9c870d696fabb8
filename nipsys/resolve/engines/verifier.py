"""Verify an engine's answer in numbers: it violates no clause of the universe that the engine was given.

Whether that universe is what the packages say is another question; ``verify_words`` answers it without a universe.
"""

from nipsys.resolve.engines.instance import Answer, Question


class Unsound(AssertionError):  # noqa: N818 - the word is enough
    """An engine returned an answer that violates a clause: a bug of nipsys."""


def verify(question: Question, answer: Answer) -> None:
    """Raise ``Unsound`` unless all roots and dependencies are satisfied and no conflict or second member of a group is chosen."""
    chosen = frozenset(answer.chosen)
    universe = question.universe
    for number, root in enumerate(question.roots):
        if not any(member in chosen for member in root.members):
            raise Unsound(f"root {number} is not satisfied")
    for candidate in answer.chosen:
        for other in universe.group(candidate):
            if other != candidate and other in chosen:
                raise Unsound(f"candidates {candidate} and {other} of one group are chosen")
        expansion = universe.expand(candidate)
        for need in expansion.needs:
            if chosen.isdisjoint(need.members):
                raise Unsound(f"candidate {candidate} lacks one of {need.members}")
        for other, origin in expansion.rivals:
            if other in chosen:
                raise Unsound(f"candidate {candidate} conflicts with {other}: {origin}")
