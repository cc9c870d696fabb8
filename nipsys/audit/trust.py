"""From build records to the bytes that must be trusted. Pure: records in, numbers out.

How the app calls this::

    trust = audit_trust(record, records.get, host=host_base())
    trust.value()                      # for --json
    path_to_seed(record, records.get)  # for --path
"""

from collections.abc import Iterable

from nipsys.audit.closure import FindRecord, find_build_closure, find_runtime_closure
from nipsys.builder.output import BuildRecord, MaterialRecord
from nipsys.model import Frozen
from nipsys.model.package import Evidence, Seed, SourceFacts, TrustReport


class Grafts(Frozen):
    """The binary packages of a generation that others built: opaque, whoever signed them."""

    seeds: tuple[Seed, ...] = ()
    total_size: int = 0
    """Size of their trees."""


def audit_build(top: BuildRecord, get: FindRecord, host: tuple[tuple[str, str], ...]) -> TrustReport:
    """Walk one build down to its seeds and add up what it depends on."""
    return audit_system((top.label, top.tree), (top,), Grafts(), get, host)


def audit_system(
    name: tuple[str, str], tops: tuple[BuildRecord, ...], grafts: Grafts, get: FindRecord, host: tuple[tuple[str, str], ...]
) -> TrustReport:
    """Add up what a whole generation depends on, built and grafted packages. ``name`` is its label and digest."""
    runtime = tuple({record.tree: record for top in tops for record in find_runtime_closure(top, get)}.values())
    closure = find_build_closure(tops, get)
    independent = _count_independent(closure)
    seeds = {
        (material.sha256 or material.name): _seed(material, record, independent.get(record.name, 0))
        for record in closure
        for material in record.materials
        if material.opaque
    }
    sources = {material.sha256: _source(material) for record in closure for material in record.materials if not material.opaque}
    recipes = {(record.name, record.version): record.recipe_bytes for record in closure}
    return TrustReport(
        target=name[0],
        tree=name[1],
        runtime=(*(record.label for record in runtime), *(seed.name for seed in grafts.seeds)),
        runtime_bytes=sum(record.size for record in runtime) + grafts.total_size,
        builds=tuple(dict.fromkeys(record.label for record in closure)),
        seeds=(*sorted(seeds.values(), key=lambda seed: (seed.recipe, seed.name)), *grafts.seeds),
        sources=tuple(sorted(sources.values(), key=lambda source: source.name)),
        recipe_bytes=sum(recipes.values()),
        generated_texts=len({text for record in closure for text in record.generated}),
        host=host,
        witnesses=tuple(_evidence(closure)),
    )


def _count_independent(closure: Iterable[BuildRecord]) -> dict[str, int]:
    """Return, for each recipe that starts a dependency cycle, how many of its seeds led to identical bits."""
    found: dict[str, int] = {}
    for record in closure:
        alike = {variant for variant, tree in record.converged if _same_circle(record, tree, closure)}
        for below in closure:
            if alike and any(material.opaque for material in below.materials):
                found[below.name] = max(found.get(below.name, 0), len(alike))
    return found


def _same_circle(record: BuildRecord, tree: str, closure: Iterable[BuildRecord]) -> bool:
    return any(other.tree == tree for other in closure if other.name in record.fixpoint)


def _seed(material: MaterialRecord, record: BuildRecord, independent: int) -> Seed:
    return Seed(material.name, material.sha256, material.size, material.reason, record.label, material.bytes, independent=independent)


def _source(material: MaterialRecord) -> SourceFacts:
    return SourceFacts(
        material.name,
        material.sha256,
        material.size,
        material.files,
        material.bytes,
        material.binary_files,
        material.binary_bytes,
        material.generated_files,
        material.generated_bytes,
        material.patches,
    )


def _evidence(closure: Iterable[BuildRecord]) -> Iterable[Evidence]:
    for record in closure:
        if len(record.witnesses) > 1:
            for witness in record.witnesses:
                order = ", directories in another order" if witness.shuffled else ""
                clock = f", clock {witness.clock // 86400:+d} days" if witness.clock else ""
                detail = f"uid {witness.uid}, {witness.jobs} jobs{order}{clock}, {witness.seconds} s, {witness.host}"
                yield Evidence("rebuild", record.label, detail, witness.at, witness.tree)
        for variant, tree in record.converged:
            yield Evidence("seed", record.label, variant, "", tree)
