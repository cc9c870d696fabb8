"""What the kernel refuses, told as a problem with what to do about it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from nipsys.model.problem import Rejected, reject
from nipsys.model.value import replace

_HINTS = {
    errno.ENOSPC: ("disk-full", "no space is left", "free some space, or run `nipsys gc`; the current generation is untouched"),
    errno.EDQUOT: ("disk-full", "the quota is used up", "free some space, or run `nipsys gc`; the current generation is untouched"),
    errno.EIO: ("disk-error", "the disk reports an error", "look at the kernel's log; the current generation is untouched"),
    errno.EROFS: ("disk-read-only", "the file system is read-only", "choose another root with `--root`"),
    errno.EACCES: ("no-access", "access is denied", "run as the owner of the root, or choose another one with `--root`"),
    errno.EPERM: ("no-access", "the operation is not permitted", "run as the owner of the root, or choose another one with `--root`"),
}


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn an ``OSError`` of the block into ``Rejected`` (kind ``store``) that says while what."""
    try:
        yield
    except OSError as error:
        raise refused(error, what) from error


@contextmanager
def blaming(whose: str, origin: str = "") -> Iterator[None]:
    """Tell of wrong bytes whose they are, and from which address they came when that is known."""
    try:
        yield
    except Rejected as error:
        if error.kind != "source":
            raise
        note = f"these are the bytes of `{whose}`" + (f", from `{origin}`" if origin else "")
        raise Rejected((replace(problem, notes=(note, *problem.notes)) for problem in error.problems), error.kind) from error


def refused(error: OSError, what: str) -> Rejected:
    """Return the rejection for one error of the kernel."""
    code, why, hint = _HINTS.get(error.errno or 0, ("disk-error", error.strerror or str(error), "the current generation is untouched"))
    where = f"`{error.filename}`" if isinstance(error.filename, str) else str(error)
    return reject("store", code, f"{why} while writing {what}", where, hint=hint)
