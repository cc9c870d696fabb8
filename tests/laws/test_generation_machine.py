"""A state machine over a whole root: apply, rollback, label, pin, delete, gc, damage and repair, against a dictionary."""

import io
import os
import pathlib
import shutil
import tarfile
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nipsys.app.crash.prove import find_damage
from nipsys.effects.clock import FixedClock
from nipsys.generation.catalog import Generations
from nipsys.generation.retention import choose_expendable, find_roots, remove_unused_directories
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import FarmLink, PlacedPackage, System
from nipsys.store.maintenance.gc import find_dead_trees, remove_dead_trees
from nipsys.store.maintenance.repair import ArtifactSource, repair_trees
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store

PACKAGES = st.dictionaries(st.sampled_from(["git", "vim", "zlib"]), st.integers(1, 3), max_size=3)


def artifact(name: str, version: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, data in ((f"usr/bin/{name}", f"{name} {version}".encode()), ("usr/share/licence", b"the same in all of them")):
            made = tarfile.TarInfo(path)
            made.size, made.mtime = len(data), 1
            archive.addfile(made, io.BytesIO(data))
    return out.getvalue()


class Root(RuleBasedStateMachine):
    """The root, and what it should be: numbers of generations, each with packages, label and pin."""

    def __init__(self) -> None:
        super().__init__()
        self.root = tempfile.mkdtemp()
        self.store = Store(self.root)
        # Durability is the crash matrix's matter: here a sync would only take time.
        self.store.disk.sync = self.store.disk.sync_directory = lambda *_: None  # type: ignore[attr-defined]
        self.generations = Generations(self.root, self.store.disk, clock=FixedClock())
        self.generations.sweep()
        self.known: dict[int, tuple[dict[str, int], str | None, bool]] = {}
        self.current: int | None = None
        self.last = 0
        self.parents: dict[int, int | None] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @rule(packages=PACKAGES)
    def apply(self, packages: dict[str, int]) -> None:
        placed = []
        with self.store.open_batch(workers=1) as batch:
            for name, version in packages.items():
                if self.store.find(f"t:{name}{version}") is None:
                    batch.put(io.BytesIO(artifact(name, version)), UnpackSpec("tar"), name, str(version), f"t:{name}{version}")
            batch.commit()
        for name, version in packages.items():
            tree = self.store.find(f"t:{name}{version}")
            assert tree is not None
            placed.append(PlacedPackage(f"t/{name}", name, str(version), tree.digest, tree.directory, True))
        links = tuple(FarmLink(f"Programs/{p.name}/{p.version}", f"../../../../store/{p.directory}") for p in placed)
        summary = self.generations.commit(self.generations.stage(System("p", "d", "l", "x86_64", tuple(placed), links=links)))
        assert summary.number == self.last + 1
        self.parents[summary.number] = self.current
        self.last = self.current = summary.number
        self.known[summary.number] = (packages, None, False)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def rollback_to(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.known)))
        assert self.generations.rollback(number).number == number
        self.current = number

    @rule()
    def rollback(self) -> None:
        older = [number for number in self.known if self.current is not None and number < self.current]
        parent = self.parents.get(self.current or 0)
        wanted = parent if parent in self.known else max(older, default=None)
        try:
            assert self.generations.rollback().number == wanted
            self.current = wanted
        except Rejected:
            assert wanted is None

    @precondition(lambda self: self.known)
    @rule(data=st.data(), label=st.none() | st.text(max_size=5))
    def label(self, data: st.DataObject, label: str | None) -> None:
        number = data.draw(st.sampled_from(sorted(self.known)))
        self.generations.set_label(number, label)
        self.known[number] = (self.known[number][0], label, self.known[number][2])

    @precondition(lambda self: self.known)
    @rule(data=st.data(), pinned=st.booleans())
    def pin(self, data: st.DataObject, pinned: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.known)))
        self.generations.pin(number, pinned=pinned)
        self.known[number] = (*self.known[number][:2], pinned)

    @rule(number=st.integers(1, 8))
    def delete(self, number: int) -> None:
        allowed = number in self.known and number != self.current and not self.known[number][2]
        try:
            self.generations.delete(number)
            assert allowed
            del self.known[number]
        except Rejected:
            assert not allowed

    @rule(keep=st.none() | st.integers(1, 3))
    def collect(self, keep: int | None) -> None:
        going = choose_expendable(self.generations.summaries(), self.current, keep=keep, older_than=None, now=0)
        newest = sorted(self.known, reverse=True)
        assert set(going) == {n for n in newest[keep or 0 :] if keep is not None and n != self.current and not self.known[n][2]}
        for number in going:
            self.generations.delete(number)
            del self.known[number]
        dead = find_dead_trees(self.store, find_roots(self.generations))
        remove_dead_trees(self.store, dead)
        remove_unused_directories(self.generations)
        wanted = {(name, version) for packages, _, _ in self.known.values() for name, version in packages.items()}
        assert len(self.store.list_directories()) == len(wanted)
        for name, version in wanted:
            assert self.store.find(f"t:{name}{version}") is not None

    @precondition(lambda self: self.store.list_directories())
    @rule(data=st.data(), how=st.sampled_from(["change", "remove", "add", "chmod", "lose"]))
    def damage_and_repair(self, data: st.DataObject, how: str) -> None:
        directory = data.draw(st.sampled_from(self.store.list_directories()))
        top = pathlib.Path(self.store.path(directory))
        program = next((top / "usr/bin").iterdir())
        if how in ("change", "remove"):
            os.unlink(program)
        if how == "change":
            program.write_bytes(b"evil")
        if how == "add":
            (top / "usr/extra").write_bytes(b"x")
        if how == "chmod":
            program.chmod(0o555)
        if how == "lose":
            shutil.rmtree(top)
        found = {checked.directory: checked for checked in verify_trees(self.store, sorted({*self.store.list_directories(), directory}))}
        assert found[directory].state == ("MISSING" if how == "lose" else "MODIFIED")
        assert sum(checked.state != "VERIFIED" for checked in found.values()) == 1
        _, name, version = directory.split("-")
        supply = ArtifactSource(io.BytesIO(artifact(name, int(version))), UnpackSpec("tar"), name, version, f"t:{name}{version}")
        done = repair_trees(self.store, found.values(), lambda _: supply)
        assert done.directories == (directory,)
        assert not done.unrepaired

    @invariant()
    def as_it_should_be(self) -> None:
        assert self.generations.current_number() == self.current
        assert find_damage(self.store.disk) == ""
        seen = {summary.number: summary for summary in self.generations.summaries()}
        assert seen.keys() == self.known.keys()
        for number, (packages, label, pinned) in self.known.items():
            assert (seen[number].label, seen[number].pinned) == (label, pinned)
            system = self.generations.read(number).system
            assert {(placed.name, int(placed.version)) for placed in system.packages} == set(packages.items())
        assert self.generations.history.check() == ()


TestRoot = Root.TestCase
TestRoot.settings = settings(max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
