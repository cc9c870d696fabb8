"""Errors of the operating system, reported as problems with a hint."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from nipsys.model import Rejected, reject, replace

_HINTS = {
    errno.ENOSPC: ("disk-full", "no space left", "free some space, or run `nipsys gc`; the current generation is untouched"),
    errno.EDQUOT: ("disk-full", "the disk quota is exceeded", "free some space, or run `nipsys gc`; the current generation is untouched"),
    errno.EIO: ("disk-error", "the disk reported an I/O error", "check the kernel log; the current generation is untouched"),
    errno.EROFS: ("disk-read-only", "the file system is read-only", "choose another root with `--root`"),
    errno.EACCES: ("no-access", "permission denied", "run as the owner of the root, or choose another one with `--root`"),
    errno.EPERM: ("no-access", "operation not permitted", "run as the owner of the root, or choose another one with `--root`"),
}


@contextmanager
def translate_errors(what: str) -> Iterator[None]:
    """Turn an ``OSError`` in the block into ``Rejected`` (kind ``store``) that says what was being written."""
    try:
        yield
    except OSError as error:
        raise to_rejected(error, what) from error


@contextmanager
def attribute_errors(whose: str, origin: str = "") -> Iterator[None]:
    """Add to a rejection of kind ``source`` which package the bytes belong to, and the address they came from if it is known."""
    try:
        yield
    except Rejected as error:
        if error.kind != "source":
            raise
        note = f"in the artifact of `{whose}`" + (f", fetched from `{origin}`" if origin else "")
        raise Rejected((replace(problem, notes=(note, *problem.notes)) for problem in error.problems), error.kind) from error


def to_rejected(error: OSError, what: str) -> Rejected:
    """Return the rejection for one ``OSError``."""
    code, why, hint = _HINTS.get(error.errno or 0, ("disk-error", error.strerror or str(error), "the current generation is untouched"))
    where = f"`{error.filename}`" if isinstance(error.filename, str) else str(error)
    return reject("store", code, f"{why} while writing {what}", where, hint=hint)
