"""Many trees, one sync: a batch writes below ``store/.new-*``, syncs once, and only then renames the trees to their names."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, nullcontext
from threading import Lock
from typing import BinaryIO, NamedTuple

from nipsys.effects import keep_freed_memory
from nipsys.effects.disk import Buffer, Disk, Effect, remove_tree
from nipsys.effects.threads import shorten_switch_interval, start_pool
from nipsys.model import Advanced, Digest, Frozen, Problem, Rejected, Reporter, Warned, blake3_of, reject, replace
from nipsys.model.package import UnpackSpec
from nipsys.model.system import Directory, Entry, File, Link, NamedTree, Tree, TreeName
from nipsys.store.artifacts import describe_dropped_bits, encode_record
from nipsys.store.errors import attribute_errors, translate_errors
from nipsys.store.formats import find_reader
from nipsys.store.ingest.extract import extract
from nipsys.store.ingest.overwrite import replace_in_place
from nipsys.store.ingest.scan import scan_tree
from nipsys.store.ingest.writeback import EarlySync
from nipsys.store.member import Limits
from nipsys.store.paths import ARTIFACTS, MANIFESTS, NEW_PREFIX, STORE, artifact_path, manifest_path, tree_path
from nipsys.store.streams import Pipeline

Stream = BinaryIO | Callable[[], BinaryIO]
"""An open stream, or a function that opens it when it is needed; the batch closes it."""


class LinkedEntry(NamedTuple):
    """One entry of a tree that is hard-linked from other trees."""

    entry: Entry
    """With its path in the new tree."""
    origin: str = ""
    """For a file: ``<directory of a tree>/<path in it>`` below the store."""


class _WrittenTree(Frozen):
    """A written tree that does not have its name yet."""

    name: TreeName
    directory: str
    tree: Tree
    text: bytes
    """Its manifest as the store keeps it."""
    place: str
    artifact: Digest = ""
    dropped: tuple[str, ...] = ()
    """Paths whose set-user-id, set-group-id or sticky bit was dropped."""


class _Artifact(Frozen):
    """The arguments of ``put``."""

    stream: Stream
    container: UnpackSpec
    name: str
    version: str
    digest: Digest
    origin: str


class TreeBatch:
    """Trees that are being added to the store. Created by ``Store.open_batch`` only."""

    def __init__(self, disk: Disk, root: str, report: Reporter, limits: Limits, workers: int) -> None:
        """Write below ``root`` through ``disk`` with ``workers`` threads."""
        self._disk = disk
        self._root = root
        self._report = report
        self._turn = Lock()
        self._limits = limits
        self._new = f"{STORE}/{NEW_PREFIX}{os.urandom(6).hex()}"
        self._made = False
        self._count = 0
        self._pool, self._readers, self._writer = (start_pool(size if workers > 1 else 0) for size in (workers, workers, 1))
        self._threads = workers > 1
        self._waiting: list[Future[_WrittenTree]] = []
        self._early_sync = EarlySync(disk) if workers > 1 else None
        self._unpacks = False
        self._memory = ExitStack()
        self.replacing: frozenset[str] = frozenset()
        """Directories of existing but wrong trees: the new tree replaces the old one in one step."""

    def put(self, stream: Stream, container: UnpackSpec, name: str, version: str, artifact: Digest = "", *, origin: str = "") -> None:
        """Unpack an artifact into a new tree; ``commit`` reports problems with it, naming ``origin``, the address it came from."""
        if not self._unpacks:
            self._unpacks = True
            self._memory.enter_context(keep_freed_memory())
            if self._threads:
                self._memory.enter_context(shorten_switch_interval())
        place = self.reserve_path()
        self._begin(lambda: self._unpack(_Artifact(stream, container, name, version, artifact, origin), place))

    def put_tree(self, tree: Tree, content: Callable[[File], Iterable[Buffer]], name: str, version: str, *, verified: bool = False) -> None:
        """Write a tree whose manifest is known; ``content`` returns the bytes of each file, which must match its digest.

        ``verified`` means that the caller computed the digests from these very bytes, so that they are not hashed again.
        """
        from nipsys.store.ingest.materialize import write_tree  # noqa: PLC0415 - rarely needed

        place = self.reserve_path()

        def write() -> _WrittenTree:
            with translate_errors(f"{name} {version}"), attribute_errors(f"{name} {version}"):
                self._disk.mkdir(place)
                write_tree(self._disk, place, tree, content, verified=verified)
            return _name_tree(tree, name, version, place)

        self._begin(write)

    def link_tree(self, name: TreeName, picks: Iterable[LinkedEntry]) -> None:
        """Write a tree of hard links to files of other trees, under the name ``name`` (made from a view's key, not its content).

        Directories come before their contents. Every file needs an ``origin``: use ``make_directory`` for new bytes.
        """
        place = self.reserve_path()

        def write() -> _WrittenTree:
            with translate_errors(name.directory):
                self._disk.mkdir(place)
                tree = self._link_entries(place, picks)
                return _WrittenTree(name, name.directory, tree, tree.to_text(), place)

        self._begin(write)

    def make_directory(self) -> str:
        """Create an empty directory to fill by any means and then ``adopt``; return its absolute path."""
        place = self.reserve_path()
        self._disk.mkdir(place)
        return f"{self._root}/{place}"

    def adopt(self, directory: str, name: str, version: str, key: Digest | None = None, known: Mapping[str, File] | None = None) -> None:
        """Add what was written into a ``make_directory`` as a tree, named by its content or by ``key``.

        Modes become 0444 and 0555, set-user-id bits are dropped; a device, pipe or socket is ``Rejected``. ``known`` maps paths to
        files that are hard links to files of other trees, so that they are not read again.
        """
        place = os.path.relpath(directory, self._root)

        def read() -> _WrittenTree:
            with translate_errors(f"{name} {version}"), attribute_errors(f"{name} {version}"):
                tree = scan_tree(self._disk, place, normalise=directory, known=known)
            return _name_tree(tree, name, version, place, key=key)

        self._begin(read)

    def claim(self, place: str, directory: str, tree: Tree) -> None:
        """Add what the caller wrote at ``reserve_path()``, which is exactly ``tree``, under the name ``directory``."""
        text = tree.to_text()
        written = _WrittenTree(TreeName(blake3_of(text), directory, ""), directory, tree, text, place)
        self._begin(lambda: written)

    def commit(self, only: str | None = None) -> tuple[NamedTree, ...]:
        """Sync everything once, check the result and rename every tree to its name; return the trees in the order of the puts.

        ``Rejected`` with all problems of all trees when one cannot be written (or is not the tree of the directory ``only``); then
        nothing of the batch becomes visible.
        """
        written = self._gather()
        for one in written:
            if only not in (None, one.directory):
                raise reject("source", "other-tree", f"unpacking `{only}` now gives a different tree: `{one.directory}`")
        with translate_errors("the store"):
            self._disk.perform([effect for number, one in enumerate(written) for effect in self._describe(number, one)])
            if written:
                if self._early_sync is not None:
                    self._early_sync.finish()
                self._disk.sync()
                for number, one in enumerate(written):
                    self._publish(number, one)
                for place in (MANIFESTS, ARTIFACTS, STORE):
                    self._disk.sync_directory(place)
        self.close()
        if warning := describe_dropped_bits((one.name.name, one.dropped) for one in written):
            self._report(Warned(warning))
        return tuple(NamedTree(one.name, one.tree) for one in written)

    def close(self) -> None:
        """Stop the threads and remove what was not committed."""
        for pool in (self._pool, self._readers, self._writer):  # the unpacking threads first: they wait for the others
            pool.shutdown(cancel_futures=True)
        if self._early_sync is not None:
            self._early_sync.close()
        self._waiting = []
        self._memory.close()
        if self._made:
            remove_tree(self._disk, self._new)
            self._made = False

    def reserve_path(self) -> str:
        """Return an unused path, relative to the root, for a tree; the first call creates the batch's directory."""
        if not self._made:
            with translate_errors("the store"):
                self._disk.mkdir(self._new)
            self._made = True
        self._count += 1
        return f"{self._new}/{self._count}"

    def _begin(self, work: Callable[[], _WrittenTree]) -> None:
        self._waiting.append(self._pool.submit(work))

    def _gather(self) -> list[_WrittenTree]:
        written: list[_WrittenTree] = []
        problems: list[Problem] = []
        kind = None
        for future in self._waiting:
            try:
                written.append(future.result())
            except Rejected as rejected:
                problems.extend(rejected.problems)
                kind = kind or rejected.kind
        if kind is not None:
            self.close()
            raise Rejected(problems, kind)
        return written

    def _unpack(self, given: _Artifact, place: str) -> _WrittenTree:
        label, container = f"{given.name} {given.version}", given.container
        source = given.stream
        with self._turn, translate_errors(label), attribute_errors(label, given.origin), source() if callable(source) else source as opened:
            self._disk.mkdir(place)
            inner = self._disk.open_directory(place)
            try:
                with self._open_pipeline() as pipeline:
                    members = find_reader(container.format)(opened, container, self._limits, pipeline)
                    done = extract(inner, members, _strip_file_name(container), self._limits, pipeline)
            finally:
                inner.close()
            if self._early_sync is not None:
                self._early_sync.add(done.tree.size)
        self._report(Advanced("unpack", 1, label))
        named = TreeName(blake3_of(done.text), given.name, given.version)
        return _WrittenTree(named, named.directory, done.tree, done.text, place, given.digest, done.dropped_bits)

    def _open_pipeline(self) -> AbstractContextManager[Pipeline | None]:
        """Return the helper threads for the next archive; none while other archives are waiting, because the processors are then busy."""
        if not self._threads:
            return nullcontext()
        last = self._waiting[-1] if self._waiting else None  # as work starts in the order of the puts
        alone = last is None or last.running() or last.done()
        return Pipeline(self._turn, self._readers if alone else None, self._writer if alone else None)

    def _link_entries(self, place: str, picks: Iterable[LinkedEntry]) -> Tree:
        inner, store = self._disk.open_directory(place), self._disk.open_directory(STORE)
        entries = []
        try:
            for entry, origin in picks:
                match entry:
                    case File():
                        inner.link(store, origin, entry.path)
                    case Link():
                        inner.symlink(entry.target, entry.path)
                    case Directory():
                        inner.mkdir(entry.path)
                entries.append(entry)
        finally:
            inner.close()
            store.close()
        return Tree.from_entries(entries)

    def _describe(self, number: int, one: _WrittenTree) -> Iterator[Effect]:
        """Return the writes that go with a tree: its manifest, and the record of its artifact."""
        yield Effect("write", f"{self._new}/m{number}", one.text)
        if one.artifact:
            yield Effect("write", f"{self._new}/a{number}", encode_record(one.name, one.dropped))

    def _publish(self, number: int, one: _WrittenTree) -> None:
        """Rename a synced tree to its name: first its manifest, then the tree itself, then the record of its artifact."""
        directory = one.directory
        known = self._disk.lstat(manifest_path(directory)) is not None
        there = self._disk.lstat(tree_path(directory)) is not None
        self._disk.rename(f"{self._new}/m{number}", manifest_path(directory))
        if not there:
            self._disk.rename(one.place, tree_path(directory))
        elif not known or directory in self.replacing:  # a tree without a manifest may contain anything
            self._swap(one, tree_path(directory))
        if one.artifact:
            self._disk.rename(f"{self._new}/a{number}", artifact_path(one.artifact))

    def _swap(self, one: _WrittenTree, path: str) -> None:
        """Exchange the new tree with the old one, which is then removed with the batch's directory."""
        try:
            self._disk.exchange(one.place, path)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS):
                raise
            replace_in_place(self._disk, one.place, path, one.tree)
            self._disk.sync()  # the renames are in many directories


def _name_tree(tree: Tree, name: str, version: str, place: str, *, key: Digest | None = None) -> _WrittenTree:
    text = tree.to_text()
    named = TreeName(key or blake3_of(text), name, version)
    return _WrittenTree(named, named.directory, tree, text, place)


def _strip_file_name(container: UnpackSpec) -> UnpackSpec:
    """Remove the file name from the prefix of a single file, so that the prefix is its directory."""
    return replace(container, prefix=os.path.dirname(container.prefix)) if container.format == "file" else container
