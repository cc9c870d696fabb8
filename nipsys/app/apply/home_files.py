"""The user's files: links in the home directory that go through ``current``, so that one switch changes all of them."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from nipsys.app.context import Context
from nipsys.generation import files_path
from nipsys.model import Problem, Rejected, Warned

if TYPE_CHECKING:
    from nipsys.model.system import System


def check_unobstructed(context: Context, targets: Iterable[str]) -> None:
    """Check that every target is free or managed by nipsys. Raise ``Rejected`` (kind ``host``) with every existing file."""
    problems = [
        Problem(
            "file-in-the-way",
            f"`{target}` already exists and is not managed by nipsys",
            notes=(f"it is {_described(at)}",),
            hint=f"move `{at}` away, or copy it next to the profile and name it with `from=`",
        )
        for target in targets
        if os.path.lexists(at := home_path(context, target)) and not is_managed(context, target)
    ]
    if problems:
        raise Rejected(problems, "host")


def targets_of(system: "System") -> tuple[str, ...]:
    """Return the targets of a system's files, as the profile writes them."""
    return tuple(target for target, _, _ in system.files)


def place_links(context: Context, before: Collection[str], after: Collection[str]) -> None:
    """Create the links of the targets ``after``, and remove those of ``before`` that are not in ``after``.

    A failure is reported as a warning: the switch remains in force.
    """
    for target in sorted(after):
        at = home_path(context, target)
        with _warn_on_failure(context, target):
            if not is_managed(context, target):
                os.makedirs(os.path.dirname(at), exist_ok=True)
                os.symlink(_file_behind(context, target), at)
    for target in before:
        if target not in after and is_managed(context, target):
            with _warn_on_failure(context, target):
                os.unlink(home_path(context, target))


def home_path(context: Context, target: str) -> str:
    """Return the absolute path of a target that is written as in the profile."""
    return os.path.join(context.home, target[2:]) if target.startswith("~/") else target


def is_managed(context: Context, target: str) -> bool:
    """Return whether ``target`` is a link that goes through ``current``."""
    try:
        return os.readlink(home_path(context, target)) == _file_behind(context, target)
    except OSError:
        return False


def _file_behind(context: Context, target: str) -> str:
    """Return the path through ``current`` of the file that the link at ``target`` leads to."""
    return f"{context.layout.current}/Files/{files_path(target)}"


def _described(at: str) -> str:
    if os.path.islink(at):
        return f"a link to `{os.readlink(at)}`"
    return "a directory" if os.path.isdir(at) else "a file"


@contextlib.contextmanager
def _warn_on_failure(context: Context, target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        context.report(Warned(f"`{target}` could not be linked: {(error.strerror or str(error)).lower()}"))
