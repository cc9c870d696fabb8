"""What a list of generations shows: the facts of this machine beside the manifest, which is the same anywhere."""

import json

from nipsys.model.digest import Digest, canonical
from nipsys.model.value import Frozen


class Summary(Frozen):
    """One generation; read without its manifest, whose size grows with the system."""

    number: int
    digest: Digest
    created: str
    """``2026-11-20T08:00:00Z``."""
    parent: int | None
    reason: str
    lock: Digest
    packages: int
    files: tuple[str, ...] = ()
    """Targets of the user's files, so that a switch need not read the manifest."""
    profile: str = ""
    """Name of the profile."""
    label: str | None = None
    pinned: bool = False


def summary_text(summary: Summary) -> bytes:
    """Write the unchanging part of a summary."""
    return canonical(
        {
            "number": summary.number,
            "digest": summary.digest,
            "created": summary.created,
            "parent": summary.parent,
            "reason": summary.reason,
            "lock": summary.lock,
            "packages": summary.packages,
            "files": list(summary.files),
            "profile": summary.profile,
        }
    )


def read_summary(text: bytes) -> Summary:
    """Read what ``summary_text`` wrote."""
    value = json.loads(text)
    return Summary(**value | {"files": tuple(value.get("files", ()))})
