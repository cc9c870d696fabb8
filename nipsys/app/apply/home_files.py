"""The user's files: links in the home directory that lead through ``current``, so that a switch moves them all at once."""

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


def unobstructed(site: Site, targets: Iterable[str]) -> None:
    """Check that every target is free or already ours; ``Rejected`` (kind ``host``) names all that are in the way."""
    problems = [
        Problem(
            "file-in-the-way",
            f"`{target}` is there already, and it is not from this profile",
            notes=(f"it is {_described(at)}",),
            hint=f"move it away, or copy it beside the profile and let `from=` name it: `{at}`",
        )
        for target in targets
        if os.path.lexists(at := located(site, target)) and not ours(site, target)
    ]
    if problems:
        raise Rejected(problems, "host")


def targets(system: "System") -> tuple[str, ...]:
    """Return where a system's files of the user belong."""
    return tuple(target for target, _, _ in system.files)


def place(site: Site, before: Collection[str], after: Collection[str]) -> None:
    """Make the links of the targets ``after``, take away those of ``before`` that are no more.

    What cannot be done is a warning: the switch stands.
    """
    for target in sorted(after):
        at = located(site, target)
        with _warning(site, target):
            if not ours(site, target):
                os.makedirs(os.path.dirname(at), exist_ok=True)
                os.symlink(f"{site.layout.current}/Files/{below_files(target)}", at)
    for target in before:
        if target not in after and ours(site, target):
            with _warning(site, target):
                os.unlink(located(site, target))


def located(site: Site, target: str) -> str:
    """Return the absolute path of a target as the profile writes it."""
    return os.path.join(site.home, target[2:]) if target.startswith("~/") else target


def ours(site: Site, target: str) -> bool:
    """Return whether the link of ``target`` stands and leads through ``current``."""
    return leads_here(site.root, site.home, target)


def _described(at: str) -> str:
    if os.path.islink(at):
        return f"a link to `{os.readlink(at)}`"
    return "a directory" if os.path.isdir(at) else "a file"


@contextlib.contextmanager
def _warning(site: Site, target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        site.report(Warned(f"`{target}` could not be placed: {(error.strerror or str(error)).lower()}"))
