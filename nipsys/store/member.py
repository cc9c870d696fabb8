"""Archive members, the limits of an archive, and the rejections of bad ones."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from nipsys.effects.disk import Buffer
from nipsys.model import Frozen, Rejected, reject

MemberKind = Literal["file", "link", "hard", "directory", "other"]


class Member(NamedTuple):
    """One member of a container.

    ``data`` reads from the container's stream, so it must be consumed (or ignored) before the next member is requested.
    """

    path: str
    """As the container writes it, undecodable bytes as surrogates; not yet checked."""
    kind: MemberKind
    """``hard`` is a hard link to the member ``target``; ``other`` is a device, a pipe or a socket."""
    size: int = 0
    """Bytes of a file's content."""
    mode: int = 0o644
    """Permission, set-user-id, set-group-id and sticky bits, as in the container."""
    mtime: int = 0
    """Seconds since the epoch."""
    target: str = ""
    data: Iterable[Buffer] = ()
    role: Literal["payload", "metadata", "added", "known"] = "payload"
    """``metadata`` describes the package and goes below ``.package/``; ``added`` goes exactly where its path says, but not below
    ``.package/``; ``known`` comes from a manifest and may be anywhere. Only ``payload`` is stripped, skipped and prefixed."""


class Limits(Frozen):
    """The limits of what one container may unpack to: generous for any package, far below what a decompression bomb needs."""

    size: int = 32 << 30
    """Total bytes of all files."""
    entries: int = 600_000
    """Members; twice as many including directories that are only implied by paths."""
    path_characters: int = 256 << 20
    """Total characters of all paths."""
    ratio: int = 400
    """Unpacked bytes per packed byte, beyond ``floor``."""
    floor: int = 64 << 20
    """Unpacked bytes that are always allowed."""
    depth: int = 128
    """Nesting of directories."""
    header: int = 1 << 20
    """Bytes of one long name or extended header."""


def reject_damaged(what: str, *notes: str) -> Rejected:
    """Return the rejection of corrupt bytes."""
    return reject("source", "damaged-archive", what, *notes, hint="fetch it again; if the error persists, the source serves a broken file")


def reject_hostile(member: str, why: str, *notes: str) -> Rejected:
    """Return the rejection of a member that no legitimate package contains."""
    return reject(
        "source",
        "hostile-member",
        f"member `{to_printable(member)}` {why}",
        *notes,
        hint="do not install this package; report it to its source",
    )


def to_printable(name: str) -> str:
    """Return a member's name with nothing in it that a terminal would interpret, cut to 200 characters."""
    shown = name if len(name) <= 200 else name[:200] + "..."
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown)
