"""Verify an engine's answer in numbers: it violates no clause of the universe that the engine was given.

Whether that universe is what the packages say is another question; ``verify_resolution`` answers it without a universe.
"""

from nipsys.resolve.engines.instance import Answer, Instance


class InvalidAnswer(AssertionError):  # noqa: N818 - the word is enough
    """An engine returned an answer that violates a clause: a bug of nipsys."""


def verify_answer(instance: Instance, answer: Answer) -> None:
    """Raise ``InvalidAnswer`` unless all roots and dependencies are satisfied and no conflict or second member of a group is chosen."""
    chosen = frozenset(answer.chosen)
    universe = instance.universe
    for number, root in enumerate(instance.roots):
        if not any(member in chosen for member in root.members):
            raise InvalidAnswer(f"root {number} is not satisfied")
    for candidate in answer.chosen:
        for other in universe.group(candidate):
            if other != candidate and other in chosen:
                raise InvalidAnswer(f"candidates {candidate} and {other} of one group are chosen")
        expansion = universe.expand(candidate)
        for need in expansion.depends:
            if chosen.isdisjoint(need.members):
                raise InvalidAnswer(f"candidate {candidate} lacks one of {need.members}")
        for other, origin in expansion.conflicts:
            if other in chosen:
                raise InvalidAnswer(f"candidate {candidate} conflicts with {other}: {origin}")
