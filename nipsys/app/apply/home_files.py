"""The user's files: links in the home directory that go through ``current``, so that one switch changes all of them."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from nipsys.app.context import Site
from nipsys.generation.quick_status import below_files, leads_here
from nipsys.model.event import Warned
from nipsys.model.problem import Problem, Rejected

if TYPE_CHECKING:
    from nipsys.model.system.generation import System


def unobstructed(context: Site, targets: Iterable[str]) -> None:
    """Check that every target is free or managed by nipsys. Raise ``Rejected`` (kind ``host``) with every existing file."""
    problems = [
        Problem(
            "file-in-the-way",
            f"`{target}` already exists and is not managed by nipsys",
            notes=(f"it is {_described(at)}",),
            hint=f"move `{at}` away, or copy it next to the profile and name it with `from=`",
        )
        for target in targets
        if os.path.lexists(at := located(context, target)) and not ours(context, target)
    ]
    if problems:
        raise Rejected(problems, "host")


def targets(system: "System") -> tuple[str, ...]:
    """Return the targets of a system's files, as the profile writes them."""
    return tuple(target for target, _, _ in system.files)


def place(context: Site, before: Collection[str], after: Collection[str]) -> None:
    """Create the links of the targets ``after``, and remove those of ``before`` that are not in ``after``.

    A failure is reported as a warning: the switch remains in force.
    """
    for target in sorted(after):
        at = located(context, target)
        with _warning(context, target):
            if not ours(context, target):
                os.makedirs(os.path.dirname(at), exist_ok=True)
                os.symlink(f"{context.layout.current}/Files/{below_files(target)}", at)
    for target in before:
        if target not in after and ours(context, target):
            with _warning(context, target):
                os.unlink(located(context, target))


def located(context: Site, target: str) -> str:
    """Return the absolute path of a target that is written as in the profile."""
    return os.path.join(context.home, target[2:]) if target.startswith("~/") else target


def ours(context: Site, target: str) -> bool:
    """Return whether ``target`` is a link that goes through ``current``."""
    return leads_here(context.root, context.home, target)


def _described(at: str) -> str:
    if os.path.islink(at):
        return f"a link to `{os.readlink(at)}`"
    return "a directory" if os.path.isdir(at) else "a file"


@contextlib.contextmanager
def _warning(context: Site, target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        context.report(Warned(f"`{target}` could not be linked: {(error.strerror or str(error)).lower()}"))
