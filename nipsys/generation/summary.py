"""What a list of generations shows: facts of this machine, kept next to the manifest, which is the same on every machine."""

import json

from nipsys.model import Digest, Frozen, to_canonical_json


class Summary(Frozen):
    """One generation, read without its manifest, whose size grows with the system."""

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


def format_summary(summary: Summary) -> bytes:
    """Write the part of a summary that does not change: all but label and pin."""
    return to_canonical_json(
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


def parse_summary(text: bytes) -> Summary:
    """Parse the text of a summary (``made.json``)."""
    value = json.loads(text)
    return Summary(**value | {"files": tuple(value.get("files", ()))})
