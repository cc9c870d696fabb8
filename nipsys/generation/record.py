"""A generation on the disk, as text: the manifest that is the same anywhere, and the list of what it needs."""

import json

from nipsys.model.digest import canonical
from nipsys.model.generation import Exposed, Placed, Stub, System, WorldView


def trees_text(system: System) -> bytes:
    """Write the list by which ``glance`` looks whether all is there: a line of directory, tab and owner for each tree and view."""
    rows = [*((row.directory, row.id) for row in system.packages), *((row.directory, f"the view of {row.world}") for row in system.views)]
    return "".join(sorted(f"{directory}\t{owner}\n" for directory, owner in rows)).encode()


def system_text(system: System) -> bytes:
    """Write a manifest: the canonical text of ``System.value()``, without a copy of every row.

    The links, by far the most of it, are joined row by row as long as nothing in them needs escaping.
    """
    value = {name: getattr(system, name) for name in System.__match_args__}
    rows = '"],["'.join(map('","'.join, system.links)).encode()
    marks = max(0, 4 * len(system.links) - 2)
    if not rows or len(rows) - len(rows.translate(None, _ESCAPED)) != marks:
        return canonical(value)
    start, mark, end = canonical(value | {"links": [""]}).partition(b'"links":[""]')
    assert mark
    return b"".join((start, b'"links":[["', rows, b'"]]', end))


_ESCAPED = bytes((*range(32), *b'"\\'))
"""What JSON writes in another way."""


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
