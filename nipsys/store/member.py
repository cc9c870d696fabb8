"""What a container yields: one member after the other, with its bytes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from nipsys.effects.disk.port import Buffer
from nipsys.model.problem import Rejected, reject
from nipsys.model.value import Frozen, field

if TYPE_CHECKING:
    from nipsys.store.streams.pipeline import Beside

MemberKind = Literal["file", "link", "hard", "directory", "other"]


class Member(NamedTuple):
    """One thing in a container.

    ``data`` must be used up (or left alone) before the next member is drawn: it is a window on the stream.
    """

    path: str
    """As the container writes it, undecodable bytes as surrogates; not yet judged."""
    kind: MemberKind
    """``hard`` is a hard link to the member ``target``; ``other`` is a device, a pipe or a socket."""
    size: int = 0
    """Bytes of a file."""
    mode: int = 0o644
    """Permission bits with set-user-id and its like, as the container has them."""
    mtime: int = 0
    """Whole seconds."""
    target: str = ""
    data: Iterable[Buffer] = ()
    role: Literal["payload", "metadata", "added", "known"] = "payload"
    """``metadata`` describes the package and goes below ``.package/``; ``added`` stands where its path says, but not there; ``known``
    comes from a manifest and may stand anywhere. Only ``payload`` is stripped, skipped and prefixed."""


class Limits(Frozen):
    """What one container may unfold to: generous for any package, far below what a bomb needs."""

    size: int = 32 << 30
    """Bytes of all files together."""
    entries: int = 600_000
    """Members; with the directories that only their paths name, twice as many."""
    names: int = 256 << 20
    """Characters of all paths together."""
    ratio: int = 400
    """Unpacked bytes for each packed byte, beyond ``floor``."""
    floor: int = 64 << 20
    """Unpacked bytes that are always allowed."""
    depth: int = 128
    """Directories inside one another."""
    header: int = 1 << 20
    """Bytes of one long name or extended header."""
    beside: "Beside | None" = field(default=None, compare=False)
    """Threads that read and write for the one who unpacks; without them it does all itself."""


def damaged(what: str, *notes: str) -> Rejected:
    """Return the rejection of bytes that are not what they should be."""
    return reject("source", "damaged-archive", what, *notes, hint="fetch it again; if it stays so, the source serves a broken file")


def hostile(member: str, why: str, *notes: str) -> Rejected:
    """Return the rejection of a member that no honest package has."""
    return reject(
        "source",
        "hostile-member",
        f"member `{printable(member)}` {why}",
        *notes,
        hint="do not install this package; tell its source",
    )


def printable(name: str) -> str:
    """Show a member's name so that it cannot play tricks on a terminal."""
    shown = name if len(name) <= 200 else name[:200] + "..."
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown)
