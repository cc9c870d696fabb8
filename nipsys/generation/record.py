"""A generation on the disk, as text: the manifest that is the same anywhere, and the facts of this machine beside it."""

import json

from nipsys.model.digest import Digest, canonical
from nipsys.model.frozen import Frozen
from nipsys.model.generation import Exposed, Placed, Stub, System, WorldView


class Summary(Frozen):
    """What a list of generations shows; read without the manifest."""

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


def trees_text(system: System) -> bytes:
    """Write the list by which ``glance`` looks whether all is there: a line of directory, tab and owner for each tree and view."""
    rows = [*((row.directory, row.id) for row in system.packages), *((row.directory, f"the view of {row.world}") for row in system.views)]
    return "".join(sorted(f"{directory}\t{owner}\n" for directory, owner in rows)).encode()


def system_text(system: System) -> bytes:
    """Write a manifest: the canonical text of ``System.value()``, without a copy of every row."""
    return canonical({name: getattr(system, name) for name in System.__match_args__})


def read_system(text: bytes) -> System:
    """Read a manifest back; ``ValueError`` or ``KeyError`` when it is none."""
    value = json.loads(text)
    return System(
        profile=value["profile"],
        profile_digest=value["profile_digest"],
        lock_digest=value["lock_digest"],
        arch=value["arch"],
        packages=tuple(Placed(*row) for row in value["packages"]),
        views=tuple(WorldView(*row) for row in value["views"]),
        stubs=tuple(Stub(*row) for row in value["stubs"]),
        links=tuple(Exposed(*row) for row in value["links"]),
        env=tuple((name, text) for name, text in value["env"]),
        files=tuple((target, digest, mode) for target, digest, mode in value["files"]),
        services=tuple((name, run, tuple(after)) for name, run, after in value["services"]),
    )
