"""Errors of the operating system, reported as problems with a hint."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nipsys.model import Rejected, reject, replace


class _Cause(NamedTuple):
    """What an error of the operating system means, as parts of a problem."""

    code: str
    why: str
    hint: str


_FULL = "free some space, or run `nipsys gc`; the current generation is untouched"
_OWNER = "run as the owner of the root, or choose another one with `--root`"
_CAUSES = {
    errno.ENOSPC: _Cause("disk-full", "no space left", _FULL),
    errno.EDQUOT: _Cause("disk-full", "the disk quota is exceeded", _FULL),
    errno.EIO: _Cause("disk-error", "the disk reported an I/O error", "check the kernel log; the current generation is untouched"),
    errno.EROFS: _Cause("disk-read-only", "the file system is read-only", "choose another root with `--root`"),
    errno.EACCES: _Cause("not-writable", "permission denied", _OWNER),
    errno.EPERM: _Cause("not-writable", "operation not permitted", _OWNER),
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
    other = _Cause("disk-error", error.strerror or str(error), "the current generation is untouched")
    cause = _CAUSES.get(error.errno or 0, other)
    where = f"`{error.filename}`" if isinstance(error.filename, str) else str(error)
    return reject("store", cause.code, f"{cause.why} while writing {what}", where, hint=cause.hint)
