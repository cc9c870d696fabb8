"""The texts of a generation on the disk: the manifest, which is the same on every machine, and the list of the trees it needs."""

import json

from nipsys.generation.links import ROW_SEPARATOR, LinkTable, format_rows
from nipsys.model import to_canonical_json
from nipsys.model.system import FarmLink, PlacedPackage, Stub, System, WorldView


def format_trees(system: System) -> bytes:
    """Write the list of trees and views that a quick status checks: directory, tab and owner, one line each, sorted."""
    rows = [*((row.directory, row.id) for row in system.packages), *((row.directory, f"the view of {row.world}") for row in system.views)]
    return "".join(sorted(f"{directory}\t{owner}\n" for directory, owner in rows)).encode()


def format_system(system: System, links: LinkTable | None = None) -> bytes:
    """Write a manifest: the canonical text of ``System.value()``, without a copy of every row.

    ``links`` is the table of the system's links, when it was built already: its text is used again.
    """
    value = {name: getattr(system, name) for name in System.__match_args__}
    if not system.links:
        return to_canonical_json(value)
    start, mark, end = to_canonical_json(value | {"links": [""]}).partition(b'"links":[""]')
    assert mark
    # The runs of a table are the text of the manifest only when the system has its links in the same order.
    texts = [run.text for run in links.runs] if links is not None and links.ordered else [format_rows(system.links)]
    texts[0] = start + b'"links":[["' + texts[0]
    texts[-1] += b'"]]' + end
    return ROW_SEPARATOR.join(texts)


def parse_system(text: bytes) -> System:
    """Parse a manifest; ``ValueError``, ``TypeError`` or ``KeyError`` when it is not one."""
    value = json.loads(text.decode("utf-8", "surrogateescape"))
    return System(
        profile=value["profile"],
        profile_digest=value["profile_digest"],
        lock_digest=value["lock_digest"],
        arch=value["arch"],
        packages=tuple(PlacedPackage(*row) for row in value["packages"]),
        views=tuple(WorldView(*row) for row in value["views"]),
        stubs=tuple(Stub(*row) for row in value["stubs"]),
        links=tuple(FarmLink(*row) for row in value["links"]),
        env=tuple((name, text) for name, text in value["env"]),
        files=tuple((target, digest, mode) for target, digest, mode in value["files"]),
        services=tuple((name, run, tuple(after)) for name, run, after in value["services"]),
    )
