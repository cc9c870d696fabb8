"""What must be trusted to trust a package or a generation."""

import os
import platform

from nipsys import __version__
from nipsys.app.lock import load_lock, lock_path
from nipsys.app.realize import build_path
from nipsys.audit import FindRecord, Grafts, audit_system, draw_trust, find_seed_path
from nipsys.builder.output import BuildRecord, BuildRecords
from nipsys.effects.host import read_host_facts
from nipsys.generation import Generations
from nipsys.model import Frozen, Layout, Rejected, reject
from nipsys.model.package import Seed, TrustReport
from nipsys.model.system import Generation, PlacedPackage
from nipsys.sources import KINDS, host_needs_of
from nipsys.store import ARTIFACTS, Store


def describe_host() -> tuple[tuple[str, str], ...]:
    """Return (name, description) of what every system depends on outside the store: kernel, Python, nipsys, sandbox, keyrings."""
    system = os.uname()
    keyrings = [path for path in read_host_facts(system.machine, host_needs_of(KINDS)).keyrings if path.startswith("/usr/share/keyrings/")]
    return (
        ("kernel", f"{system.sysname} {system.release} {system.machine}"),
        ("python", platform.python_version()),
        ("nipsys", __version__),
        ("sandbox", "user, mount, pid, net, ipc and uts namespaces"),
        ("keyrings", ", ".join(os.path.basename(path) for path in keyrings) or "none"),
    )


def find_build(root: str, name: str) -> tuple[BuildRecord, BuildRecords]:
    """Return the latest build of ``name`` (with flags as passed to `build`). Raise ``Rejected`` when it was never built."""
    records = BuildRecords(f"{build_path(root)}/records")
    record = records.find(name)
    if record is None:
        known = ", ".join(f"`{label}`" for label in records.list_labels())
        hint = f"built so far: {known}" if known else f"run `nipsys build {name}` first"
        raise reject("request", "not-built-here", f"`{name}` was never built in this root", hint=hint)
    return record, records


class AuditSubject(Frozen):
    """What is audited: builds of this root, and binary packages built by others."""

    name: str
    digest: str
    tops: tuple[BuildRecord, ...]
    grafts: Grafts
    get: FindRecord


def find_subject(root: str, name: str) -> AuditSubject:
    """Find what ``name`` means: ``current`` or a generation's number, a build, or a package of the current generation."""
    generations, records = Generations(root), BuildRecords(f"{build_path(root)}/records")
    if name == "current" or name.isdigit():
        generation = generations.current() if name == "current" else generations.read(int(name))
        if generation is None:
            raise reject("request", "no-generation", "no generation is current", hint="run `nipsys apply` first")
        return _subject_of_packages(root, (f"generation {generation.number}", generation.digest), generation.system.packages)
    if records.find(name) is None and (current := generations.current()) is not None:
        found = tuple(package for package in current.system.packages if name in {package.name, package.id})
        if found:
            return _subject_of_packages(root, (found[0].id, found[0].tree), _runtime_packages(root, current, found[0]))
    record, records = find_build(root, name)
    return AuditSubject(record.label, record.tree, (record,), Grafts(), records.read)


def audit_subject(root: str, name: str) -> TrustReport:
    """Audit ``name``; see ``find_subject`` for what it can be."""
    one = find_subject(root, name)
    return audit_system((one.name, one.digest), one.tops, one.grafts, one.get, describe_host())


def _runtime_packages(root: str, generation: Generation, package: PlacedPackage) -> tuple[PlacedPackage, ...]:
    """Return a package and all its dependencies by the lock; all packages of its world when the generation's lock is not available."""
    packages = {placed.id: placed for placed in generation.system.packages}
    needs = _read_depends(root, generation)
    if needs is None:
        world = package.id.partition("/")[0]
        return tuple(placed for name, placed in packages.items() if name.startswith(f"{world}/"))
    found: dict[str, PlacedPackage] = {}
    waiting = [package.id]
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in packages:
            found[name] = packages[name]
            waiting += needs.get(name, ())
    return tuple(found.values())


def _read_depends(root: str, generation: Generation) -> dict[str, tuple[str, ...]] | None:
    """Read the dependencies of each package from the lock of the profile applied last, or ``None`` if the generation has another lock."""
    try:
        with open(Layout(root).profile_file, encoding="utf-8") as stream:
            lock = load_lock(lock_path(stream.read().strip()))
    except (OSError, Rejected):
        return None
    if lock is None or lock.digest != generation.system.lock_digest:
        return None
    return {package.id: package.needs for package in lock.packages}


def _subject_of_packages(root: str, about: tuple[str, str], packages: tuple[PlacedPackage, ...]) -> AuditSubject:
    """Split the packages of a generation: those built here are audited down to their seeds, grafted ones are opaque."""
    records, store = BuildRecords(f"{build_path(root)}/records"), Store(root)
    built = {package.id: record for package in packages if (record := records.find_by_tree(package.tree)) is not None}
    artifacts = _artifacts_by_tree(store)
    signers: dict[str, str] = {}
    seeds = []
    for package in packages:
        if package.id in built:
            continue
        source = package.id.partition("/")[0]
        if source not in signers:
            signers[source] = _read_signers(f"{Layout(root).indexes}/{source}")
        tree = store.read_manifest(package.directory)
        size = tree.size if tree else 0
        algorithm, _, digest = artifacts.get(package.tree, "").partition(":")
        reason = f"binary package of `{source}`, used as published; {algorithm or 'no'} digest of the artifact"
        seeds.append(Seed(f"{package.id} {package.version}", digest, size, reason, source, size, signers[source]))
    return AuditSubject(*about, tuple(built.values()), Grafts(tuple(seeds), sum(seed.size for seed in seeds)), records.read)


def _artifacts_by_tree(store: Store) -> dict[str, str]:
    """Return the digest (``algorithm:hex``) of the artifact that each tree was unpacked from, by the tree's digest."""
    found = {}
    for name, _ in store.disk.list_entries(ARTIFACTS):
        digest = name.replace("-", ":", 1)
        tree = store.find(digest)
        if tree is not None:
            found[tree.digest] = digest
    return found


def _read_signers(folder: str) -> str:
    """Return the keys whose signatures of a source's index were verified when it was fetched; empty when it is unsigned."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    keys: set[str] = set()
    for name in names:
        if name.startswith("signer-") and name.removeprefix("signer-") in names:
            with open(os.path.join(folder, name), encoding="ascii") as stream:
                keys.update(stream.read().split())
    return ", ".join(sorted(keys))


def trace_seed(root: str, name: str) -> tuple[str, ...]:
    """Return the shortest path from ``name`` to a seed, one line per step; empty when it depends on no seed."""
    one = find_subject(root, name)
    for seed in one.grafts.seeds[:1]:
        signed = f"signed by {seed.signed_by}" if seed.signed_by else "not signed"
        return (f"{one.name} {one.digest[7:23]}", f"seed {seed.name}: {seed.size} bytes, sha256 {seed.sha256 or 'unknown'}; {signed}")
    paths = [path for top in one.tops if (path := find_seed_path(top, one.get))]
    shortest = min(paths, key=len, default=())
    return shortest if len(one.tops) == 1 or not shortest else (f"{one.name} {one.digest[7:23]}", *shortest)


def draw_closure(root: str, name: str) -> str:
    """Return a drawing (SVG) of the closure of ``name``."""
    one = find_subject(root, name)
    return draw_trust(audit_subject(root, name), one.tops, one.get)
