"""Tar archives as a stream of members, with headers as ``nipsys.sources.common`` reads them.

Sparse files are rejected: no package has them.
"""

from collections.abc import Iterator
from typing import cast

from nipsys.sources.common import TAR_BLOCK, TarExtensions, TarHeader, parse_tar_header
from nipsys.store.member import Limits, Member, MemberKind, reject_damaged, reject_hostile
from nipsys.store.streams import BoundedReader, Meter

_WHOLE = 1 << 20
"""Files up to this size are yielded as one slice."""


def read_members(window: BoundedReader, limits: Limits, meter: Meter | None = None, *, joined: bool = False) -> Iterator[Member]:
    """Return the members of a tar archive in order; ``Rejected`` for a broken header, naming the last good member.

    An archive ends with a block of zeros, and what follows is ignored; ``joined`` archives are concatenated and need no such end.
    """
    extensions = TarExtensions()
    before = "(the first)"
    while not window.is_at_end():
        block = window.take(TAR_BLOCK)
        if not block[0] and not any(block):
            if joined:
                continue
            _drain(window)
            return
        try:
            header = parse_tar_header(block, extensions)
            if header.kind == "extension":
                extensions.add(header, _read_extension(window, header.size, limits, before))
                continue
        except ValueError as error:
            raise reject_damaged(str(error), f"after `{before}`") from error
        member = _to_member(header, before)
        before = member.path
        if meter is not None:
            meter.member = before
        if member.kind != "file":
            yield member
            continue
        size = member.size
        end = window.position + size + -size % TAR_BLOCK
        yield member._replace(data=(window.take(size),) if 0 < size <= _WHOLE else window.iter_chunks(size))
        window.skip(end - window.position)
    if not joined:
        raise reject_damaged("the archive is truncated: it has no end-of-archive block", f"after `{before}`")


def _to_member(header: TarHeader, before: str) -> Member:
    if header.kind == "unknown":
        raise reject_damaged(f"the archive has a member of unknown type {chr(header.flag)!r}", f"after `{before}`")
    if header.kind == "sparse":
        raise reject_hostile(header.path, "is a sparse file, which is not supported")
    return Member(header.path, cast("MemberKind", header.kind), header.size, header.mode, header.mtime, header.target)


def _drain(window: BoundedReader) -> None:
    """Read what follows, so that checksums of the packed bytes are verified and a bomb after the end is detected."""
    while not window.is_at_end():
        window.read(1 << 20)


def _read_extension(window: BoundedReader, size: int, limits: Limits, before: str) -> bytes:
    if size > limits.header:
        raise reject_hostile(before, f"is followed by a name of {size} bytes")
    data = bytes(window.take(size))
    window.skip(-size % TAR_BLOCK)
    return data
