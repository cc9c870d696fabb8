"""The process that dies in the real crash matrix: ``victim.py ROOT setup|apply|rollback|gc|check|state [no-sync]``.

It uses the rooms as ``nipsys apply`` does, on real files and in one process without threads of its own. ``check`` says what is wrong
with the root, nothing when it is whole; ``state`` prints what a user sees. A verb prints COMMITTED when it acknowledges.
"""

import io
import os
import sys
import tarfile

from nipsys.effects.clock import FixedClock
from nipsys.effects.guard import guard
from nipsys.effects.signals import interruptible
from nipsys.generation.collect import forget_folders, roots
from nipsys.generation.generations import Generations
from nipsys.model.container import Container
from nipsys.model.digest import blake3_of
from nipsys.model.generation import Exposed, Placed, System, WorldView
from nipsys.model.tree import Directory, TreeName
from nipsys.store.batch import Pick
from nipsys.store.faults import telling
from nipsys.store.store import Store
from nipsys.store.sweep import bury, dead_trees

FILES = 4


def artifact(name: str, version: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(FILES):
            data = f"{name} {version} {number}\n".encode() * 300
            made = tarfile.TarInfo(f"usr/bin/{name}{number}")
            made.size, made.mode, made.mtime = len(data), 0o755, 1_700_000_000
            archive.addfile(made, io.BytesIO(data))
    return out.getvalue()


def apply(root: str, wanted: dict[str, str]) -> None:
    store, generations = Store(root), Generations(root, clock=FixedClock())
    with guard(store.layout.lock, command="apply"):
        store.sweep()
        generations.sweep()
        with store.batch(workers=1) as batch:
            missing = [name for name, version in wanted.items() if store.find(f"test:{name}-{version}") is None]
            for name in missing:
                batch.put(io.BytesIO(artifact(name, wanted[name])), Container("tar"), name, wanted[name], f"test:{name}-{wanted[name]}")
            batch.commit()
        names = {name: store.find(f"test:{name}-{version}") for name, version in wanted.items()}
        packages = tuple(Placed(f"t/{name}", name, wanted[name], tree.digest, tree.directory, True) for name, tree in names.items() if tree)
        key = blake3_of(repr(packages).encode())
        view = TreeName(key, "t", "view")
        if not store.has(view):
            with store.batch(workers=1) as batch:
                batch.link(view, picks(store, packages))
                batch.commit()
        links = tuple(Exposed(f"Programs/{p.name}/{p.version}", f"../../../../store/{p.directory}") for p in packages)
        system = System("p", "blake3:p", "blake3:l", "x86_64", packages, (WorldView("t", key, view.directory, "view"),), (), links)
        current = generations.current()
        if current is None or current.digest != system.digest():
            generations.commit(generations.stage(system, reason="apply"))


def picks(store: Store, packages: tuple[Placed, ...]) -> list[Pick]:
    found = []
    for placed in packages:
        tree = store.manifest(placed.directory)
        assert tree is not None
        found += [Pick(entry, f"{placed.directory}/{entry.path}") for entry in tree.entries if entry.path.count("/") == 2]
    return [Pick(Directory("usr")), Pick(Directory("usr/bin")), *sorted(found)]


def collect(root: str) -> None:
    store, generations = Store(root), Generations(root, clock=FixedClock())
    with guard(store.layout.lock, command="gc"):
        store.sweep()
        generations.sweep()
        if 1 in generations.numbers():
            generations.delete(1)
        bury(store, dead_trees(store, roots(generations)))
        forget_folders(generations)


def main(root: str, verb: str, *options: str) -> int:
    if "no-sync" in options:
        from nipsys.effects.disk import RealDisk

        RealDisk.sync = lambda self: None  # type: ignore[method-assign]
        RealDisk.sync_directory = lambda self, path="": None  # type: ignore[method-assign]
    if verb == "setup":
        apply(root, {"git": "1", "zlib": "1"})
    elif verb == "apply":
        apply(root, {"git": "2", "zlib": "1"})
    elif verb == "rollback":
        with guard(f"{root}/lock", command="rollback"):
            generations = Generations(root, clock=FixedClock())
            generations.sweep()
            generations.rollback(1)
    elif verb == "gc":
        collect(root)
    elif verb == "check":
        from nipsys.app.prove import unsound
        from nipsys.effects.disk import RealDisk

        complaint = unsound(RealDisk(root))
        print(complaint)
        return 1 if complaint else 0
    elif verb == "state":
        from nipsys.app.prove import _state
        from nipsys.effects.disk import RealDisk

        print(_state(RealDisk(root)))
        return 0
    os.write(1, b"COMMITTED\n")
    return 0


if __name__ == "__main__":
    with telling("the root"), interruptible():  # as every command does
        sys.exit(main(*sys.argv[1:]))
