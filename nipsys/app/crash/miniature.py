"""A plan scaled down for the simulated disk: the same packages, views and links, but only the first few files of each tree."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

from nipsys.effects import FixedClock
from nipsys.effects.disk import Disk, SimulatedDisk
from nipsys.generation import Generations
from nipsys.model import Frozen, blake3_of, replace, to_canonical_json
from nipsys.model.system import Directory, Entry, FarmLink, File, Link, PlacedPackage, System, Tree, TreeName, WorldView
from nipsys.store import Store
from nipsys.store.ingest import LinkedEntry
from nipsys.store.pack import write_pack

_FILES = 3
"""Number of files kept of each tree."""
_PACKAGES = 6
"""Number of packages kept of a plan: those it adds or removes first, then those that stay."""


class ModelSystem(Frozen):
    """One of the two systems of a plan: the old or the new one."""

    system: System
    trees: tuple[tuple[str, str, Tree], ...]
    """(name, version, tree) of each package."""
    contents: dict[str, bytes]
    """The bytes of every file, by digest."""


class ModelStep(Frozen):
    """The step from an old to a new system."""

    old: ModelSystem
    new: ModelSystem


def build_model(old: System | None, new: System, manifest: Callable[[str], Tree | None]) -> ModelStep:
    """Model the step from ``old`` to ``new``; ``manifest`` returns the real tree of a store directory."""
    before = old or replace(new, packages=new.packages[:-1], profile=new.profile + " without its last package")
    if before.digest() == new.digest():
        before = replace(before, profile=before.profile + " before")
    ids = ({placed.tree for placed in before.packages}, {placed.tree for placed in new.packages})
    return ModelStep(_shrink_system(before, ids[1], manifest), _shrink_system(new, ids[0], manifest))


def _shrink_system(system: System, other: set[str], manifest: Callable[[str], Tree | None]) -> ModelSystem:
    chosen = sorted(system.packages, key=lambda placed: (placed.tree in other, placed.id))[:_PACKAGES]
    contents: dict[str, bytes] = {}
    trees = [(placed.name, placed.version, _shrink_tree(placed, manifest(placed.directory), contents)) for placed in chosen]
    packages = tuple(
        placed._replace(tree=tree.digest(), directory=TreeName(tree.digest(), name, version).directory)
        for placed, (name, version, tree) in zip(chosen, trees, strict=True)
    )
    views = tuple(_view(view.world, packages) for view in system.views[:2])
    links = [
        FarmLink(f"Programs/{placed.name.replace('/', '_')}/{place}", f"../../../../store/{placed.directory}")
        for place, placed in enumerate(packages)
    ]
    for (_, _, tree), placed in zip(trees, packages, strict=True):
        for entry in tree.entries:
            if isinstance(entry, File):
                name = f"{placed.name.replace('/', '_')}-{entry.path.replace('/', '_')}"
                links.append(FarmLink(f"Links/Executables/{name}", f"../../../../store/{placed.directory}/{entry.path}"))
    small = replace(system, packages=packages, views=views, links=tuple(links), stubs=(), files=())
    return ModelSystem(small, tuple(trees), contents)


def _view(world: str, packages: Iterable[PlacedPackage]) -> WorldView:
    key = blake3_of("\n".join(sorted(f"{world} {placed.tree}" for placed in packages)).encode())
    return WorldView(world, key, TreeName(key, world, "view").directory, "view")


def _shrink_tree(placed: PlacedPackage, tree: Tree | None, contents: dict[str, bytes]) -> Tree:
    """Reduce a tree to its first few files, each with content derived from its path; add the bytes to ``contents``."""
    files = [entry for entry in tree.entries if isinstance(entry, File)] if tree else []
    kept: dict[str, Entry] = {"to-id": Link("to-id", ".id")}
    for entry in (File(".id", "", 0, False, 0), *files[:_FILES]):
        parts = entry.path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            kept[above] = Directory(above)
        content = f"{placed.id} {placed.tree}\n{entry.path}\n".encode()
        digest = blake3_of(content).partition(":")[2]
        contents[digest] = content
        kept[entry.path] = entry._replace(digest=digest, size=len(content))
    return Tree.from_entries(kept.values())


def _picks(half: ModelSystem) -> Iterator[LinkedEntry]:
    """Yield the entries of a view that links every package below its own directory."""
    for placed, (_, _, tree) in zip(half.system.packages, half.trees, strict=True):
        top = placed.name.replace("/", "_")
        yield LinkedEntry(Directory(top))
        for entry in tree.entries:
            yield LinkedEntry(entry._replace(path=f"{top}/{entry.path}"), f"{placed.directory}/{entry.path}")


def run_apply(disk: Disk, half: ModelSystem) -> None:
    """Apply one system as `nipsys apply` does: clear debris, add trees, link views, stage, publish, switch, record."""
    store = Store("/", disk)
    generations = Generations("/", disk, clock=FixedClock())
    store.remove_debris()
    generations.sweep()
    current = generations.current()
    if current is not None and current.digest == half.system.digest():
        return
    with store.open_batch(workers=1) as batch:
        for name, version, tree in half.trees:
            if not store.has(TreeName(tree.digest(), name, version)):
                batch.put_tree(tree, lambda entry: (half.contents[entry.digest],), name, version)
        batch.commit()
    with store.open_batch(workers=1) as batch:
        for view in half.system.views:
            if not store.has(view.directory):
                batch.link_tree(TreeName(view.key, view.world, "view"), _picks(half))
        batch.commit()
    generations.commit(generations.stage(half.system, reason="apply"))


def pack_model(half: ModelSystem) -> bytes:
    """Return one system as the file that ``nipsys pack`` writes."""
    disk = SimulatedDisk()
    run_apply(disk, half)
    out = BytesIO()
    directories = {package.directory for package in half.system.packages} | {view.directory for view in half.system.views}
    write_pack(Store("/", disk), out, directories, generation=to_canonical_json(half.system.to_dict()))
    return out.getvalue()
