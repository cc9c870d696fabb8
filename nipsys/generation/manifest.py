"""A generation on the disk, as text: the manifest that is the same anywhere, and the list of what it needs."""

import json

from nipsys.generation.links.rows import BETWEEN, Table, rows
from nipsys.model.digest import canonical
from nipsys.model.system.generation import Exposed, Placed, Stub, System, WorldView


def trees_text(system: System) -> bytes:
    """Write the list by which ``glance`` looks whether all is there: a line of directory, tab and owner for each tree and view."""
    rows = [*((row.directory, row.id) for row in system.packages), *((row.directory, f"the view of {row.world}") for row in system.views)]
    return "".join(sorted(f"{directory}\t{owner}\n" for directory, owner in rows)).encode()


def system_text(system: System, links: Table | None = None) -> bytes:
    """Write a manifest: the canonical text of ``System.value()``, without a copy of every row.

    ``links``, when they are sorted already, are taken as they were written.
    """
    value = {name: getattr(system, name) for name in System.__match_args__}
    if not system.links:
        return canonical(value)
    start, mark, end = canonical(value | {"links": [""]}).partition(b'"links":[""]')
    assert mark
    # Stretches of another order than the system's are not its manifest.
    texts = [run.text for run in links.runs] if links is not None and links.ordered else [rows(system.links)]
    texts[0] = start + b'"links":[["' + texts[0]
    texts[-1] += b'"]]' + end
    return BETWEEN.join(texts)


def read_system(text: bytes) -> System:
    """Read a manifest back; ``ValueError`` or ``KeyError`` when it is none."""
    value = json.loads(text.decode("utf-8", "surrogateescape"))
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
