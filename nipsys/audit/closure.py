"""The build records below a build: what was needed to build it, and what it needs to run."""

from collections.abc import Callable, Iterable

from nipsys.builder.output import BuildRecord, InputRecord

FindRecord = Callable[[str], BuildRecord | None]
"""Returns the record of a build key, ``None`` when it is not known."""


def find_build_closure(tops: Iterable[BuildRecord], get: FindRecord) -> tuple[BuildRecord, ...]:
    """Return every build that led to ``tops``, these first, each key once; keys without a record are left out."""
    found: dict[str, BuildRecord] = {}
    waiting = list(tops)
    while waiting:
        record = waiting.pop(0)
        if record.key in found:
            continue
        found[record.key] = record
        waiting += [below for given in record.inputs if (below := get(given.key)) is not None]
    return tuple(found.values())


def find_runtime_closure(top: BuildRecord, get: FindRecord) -> tuple[BuildRecord, ...]:
    """Return ``top`` and its runtime dependencies, transitively.

    These are inputs whose paths occur in the result, inputs with the role ``runtime``, and libraries that are linked dynamically.
    """
    found: dict[str, BuildRecord] = {}
    waiting = [top]
    while waiting:
        record = waiting.pop(0)
        if record.tree in found:
            continue
        found[record.tree] = record
        waiting += [below for given in record.inputs if _is_runtime(record, given) and (below := get(given.key)) is not None]
    return tuple(found.values())


def _is_runtime(record: BuildRecord, given: InputRecord) -> bool:
    return given.role == "runtime" or (given.role == "library" and bool(record.dynamic)) or given.mount in record.references


def find_seed_path(top: BuildRecord, get: FindRecord) -> tuple[str, ...]:
    """Return the shortest path from ``top`` down to a seed, one line per step; empty when it depends on no seed."""
    waiting: list[tuple[BuildRecord, tuple[str, ...]]] = [(top, (f"{top.label} {top.tree[7:23]}",))]
    seen: set[str] = set()
    while waiting:
        record, path = waiting.pop(0)
        if record.key in seen:
            continue
        seen.add(record.key)
        for material in record.materials:
            if material.opaque:
                return (*path, f"seed {material.name}: {material.size} bytes, sha256 {material.sha256 or 'not pinned'}; {material.reason}")
        steps = [(given.role, below) for given in record.inputs if (below := get(given.key)) is not None]
        waiting += [(below, (*path, f"{role} {below.label} {below.tree[7:23]}")) for role, below in steps]
    return ()
