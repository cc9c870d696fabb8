"""The check of an engine's answer in its own terms, numbers: that no clause of the universe it was given is broken.

Whether the universe says what the packages say is another question; ``verify_words`` answers it without one.
"""

from nipsys.resolve.engines.instance import Answer, Question


class Unsound(AssertionError):  # noqa: N818 - the word says it
    """An engine gave an answer that breaks a clause: a fault of nipsys."""


def verify(question: Question, answer: Answer) -> None:
    """Raise ``Unsound`` unless every root is met, every need kept, no rival and no second member of a group chosen."""
    chosen = frozenset(answer.chosen)
    universe = question.universe
    for number, root in enumerate(question.roots):
        if not any(member in chosen for member in root.members):
            raise Unsound(f"root {number} is not met")
    for candidate in answer.chosen:
        for other in universe.group(candidate):
            if other != candidate and other in chosen:
                raise Unsound(f"candidates {candidate} and {other} of one group")
        expansion = universe.expand(candidate)
        for need in expansion.needs:
            if chosen.isdisjoint(need.members):
                raise Unsound(f"candidate {candidate} lacks one of {need.members}")
        for other, origin in expansion.rivals:
            if other in chosen:
                raise Unsound(f"candidate {candidate} stands beside {other}: {origin}")
