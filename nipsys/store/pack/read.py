"""Read a pack into the store: each content is verified against its digest before its tree becomes visible."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

from blake3 import blake3

from nipsys.effects.disk.port import Buffer, Disk, remove_tree
from nipsys.model.digest import blake3_of, short
from nipsys.model.event import Began, Ended, Report, silent
from nipsys.model.package.container import Container
from nipsys.model.problem import reject
from nipsys.model.system.tree import Directory, Entry, File, Link, Tree
from nipsys.model.value import Frozen
from nipsys.store.artifacts import artifact_text, read_artifact
from nipsys.store.formats import tar
from nipsys.store.ingest.batch import Batch
from nipsys.store.ingest.materialize import write_file
from nipsys.store.ingest.policy import Door
from nipsys.store.member import Limits, Member, damaged, hostile
from nipsys.store.pack.write import GENERATION, HEADER, SIGNATURE, Packed
from nipsys.store.paths import ARTIFACTS, NEW, STORE
from nipsys.store.streams.compression import opened
from nipsys.store.streams.stream import Window
from nipsys.store.trees import Store

_LARGE = 1 << 30
"""The most bytes of one text of a pack (header, signature, generation, manifest)."""

Trusted = Callable[[bytes, str, str], bool]
"""Returns whether the signature in (text, public key, signature) is valid and the key is trusted."""


class Unpacked(Frozen):
    """The result of reading a pack."""

    header: Packed
    generation: bytes
    """The manifest of the generation, ``b""`` if the pack has none."""
    fresh: tuple[str, ...]
    """Directories of the trees that were added to the store."""


class _Wanted(Frozen):
    """A file to write one content to."""

    disk: Disk
    entry: File


def unpack(store: Store, stream: BinaryIO, *, trusted: Trusted | None = None, report: Report = silent) -> Unpacked:
    """Add the trees of a pack to the store in one batch; the caller holds the lock.

    With ``trusted``, a pack that is not signed by a trusted key is ``Rejected`` before anything is written. ``Rejected`` too when a
    content is wrong or missing, or when the base of a difference is missing; then the store is unchanged.
    """
    read, meter = opened(stream.read, store.limits, "the pack")
    members = tar.members(Window(read, "the pack"), store.limits, meter)
    header_text = _text(next(members, None), HEADER)
    header = Packed.parse(header_text)
    rest = _signed(members, header_text, trusted)
    generation = b""
    if header.generation:
        generation = _text(next(rest, None), GENERATION)
        if blake3_of(generation) != header.generation:
            raise damaged("the generation of the pack has a wrong digest")
    trees = {directory: _manifest(next(rest, None), directory, digest, store.limits) for directory, digest in header.trees}
    missing = {directory: tree for directory, tree in trees.items() if not store.has(directory)}
    report(Began("unpack", len(missing)))
    learned: list[tuple[str, str]] = []
    try:
        with store.batch(workers=1) as batch:
            _fill(store, batch, missing, header, rest)
            for record in _learned(store, header):
                learned.append(record)  # noqa: PERF402 - appended one by one, before it is written, in case of an interrupt
            batch.commit()
        for new, path in learned:
            store.disk.rename(new, path)
        if learned:
            store.disk.sync_directory(ARTIFACTS)
    finally:
        for new, _ in learned:
            remove_tree(store.disk, new)
    report(Ended("unpack", f"{len(missing)} trees"))
    return Unpacked(header, generation, tuple(missing))


def _learned(store: Store, header: Packed) -> Iterator[tuple[str, str]]:
    """Write the pack's artifact records for which this store has no tree; yield (temporary path, final path) before writing each.

    Records need no sync: they are a cache. One that a power cut damages is ignored, and its artifact is fetched again.
    """
    for number, known in enumerate(header.artifacts):
        mine = read_artifact(store.disk, f"{ARTIFACTS}/{known.record}")
        if mine is None or not store.has(mine):
            new = f"{ARTIFACTS}/{NEW}{number}"
            remove_tree(store.disk, new)
            yield new, f"{ARTIFACTS}/{known.record}"
            store.disk.write(new, (artifact_text(known.tree),))


def _fill(store: Store, batch: Batch, missing: dict[str, Tree], header: Packed, objects: Iterable[Member]) -> None:
    wanted: dict[str, list[_Wanted]] = defaultdict(list)
    disks = []
    for directory, tree in missing.items():
        place = batch.place()
        store.disk.mkdir(place)
        disk = store.disk.within(place)
        disks.append(disk)
        for entry in tree.entries:
            match entry:
                case Directory():
                    disk.mkdir(entry.path)
                case Link():
                    disk.symlink(entry.target, entry.path)
                case File():
                    wanted[entry.digest].append(_Wanted(disk, entry))
        batch.claim(place, directory, tree)
    try:
        for member in objects:
            digest = member.path.removeprefix("objects/")
            if member.kind != "file" or digest == member.path:
                raise hostile(member.path, "does not belong in a pack")
            _spread(wanted.pop(digest, []), member.data)
        if wanted:
            _from_store(store, wanted, header)
    finally:
        for disk in disks:
            disk.close()


def _spread(places: list[_Wanted], data: Iterable[Buffer]) -> None:
    """Write a content to the first of ``places``, link it to those with the same time and mode, and copy it to the others."""
    if not places:
        return
    first, *others = places
    write_file(first.disk, first.entry, data)
    made = {_kind(first.entry): first}
    for other in others:
        like = made.get(_kind(other.entry))
        if like is not None:
            with suppress(OSError):  # the inode has reached its limit of links
                other.disk.link(like.disk, like.entry.path, other.entry.path)
                continue
        write_file(other.disk, other.entry, (first.disk.read(first.entry.path),))
        made[_kind(other.entry)] = other


def _kind(entry: File) -> tuple[bool, int]:
    return entry.executable, entry.mtime


def _from_store(store: Store, wanted: dict[str, list[_Wanted]], header: Packed) -> None:
    """Copy what a difference leaves out from trees of this store."""
    for directory in store.directories():
        tree = store.manifest(directory) if wanted else None
        for entry in tree.entries if tree else ():
            if isinstance(entry, File) and entry.digest in wanted:
                data = store.disk.read(f"{STORE}/{directory}/{entry.path}")
                if blake3(data).hexdigest() == entry.digest:
                    _spread(wanted.pop(entry.digest), (data,))
    if wanted:
        hint = "unpack the base generation of this difference first" if header.base else "create the pack again"
        paths = tuple(places[0].entry.path for places in wanted.values())[:10]
        raise reject(
            "source", "incomplete-pack", f"{len(wanted)} contents are missing from both the pack and this store", *paths, hint=hint
        )


def _signed(members: Iterator[Member], text: bytes, trusted: Trusted | None) -> Iterator[Member]:
    """Check the signature, if ``trusted`` is given, and yield the members after it."""
    following = next(members, None)
    signed = following is not None and following.path == SIGNATURE
    if trusted is not None:
        good = False
        if signed:
            try:
                value = json.loads(_text(following, SIGNATURE))
                good = trusted(text, str(value["key"]), str(value["signature"]))
            except (ValueError, KeyError, TypeError):
                good = False
        if not good:
            why = "is not signed by a trusted key" if signed else "is not signed"
            raise reject("source", "untrusted-pack", f"the pack {why}", hint="pass its public key with `--trusted`")
    if following is not None and not signed:
        yield following
    yield from members


def _manifest(member: Member | None, directory: str, digest: str, limits: Limits) -> Tree:
    """Read one manifest and check every path in it like those of a foreign archive."""
    if directory != directory.strip("./") or "/" in directory or len(directory) > 200 or not directory.isprintable():
        raise hostile(directory, "is not a valid directory of a tree")
    if not directory.startswith(f"{short(digest)}-") and not directory.endswith("-view"):
        raise hostile(directory, "does not match the digest of its tree")
    text = _text(member, f"manifests/{digest.partition(':')[2]}")
    if blake3_of(text) != digest:
        raise damaged(f"the manifest of `{directory}` has a wrong digest")
    try:
        tree = Tree.parse(text)
    except (ValueError, UnicodeError) as error:
        raise damaged(f"the manifest of `{directory}` cannot be read", str(error)) from error
    door = Door(Container("pack"), limits)
    for entry in tree.entries:
        place = door.admit(_as_member(entry))
        if place is None or place.path != entry.path or place.missing:
            raise hostile(entry.path, "is not in canonical form, or its parent directory is missing")
    return tree


def _as_member(entry: Entry) -> Member:
    match entry:
        case File():
            return Member(entry.path, "file", entry.size, role="known")
        case Link():
            return Member(entry.path, "link", target=entry.target, role="known")
        case Directory():
            return Member(entry.path, "directory", role="known")


def _text(member: Member | None, name: str) -> bytes:
    """Read a small member, which must be the expected one."""
    if member is None or member.path != name or member.size > _LARGE:
        raise damaged(f"the pack has no `{name}` at the expected position")
    return b"".join(bytes(part) for part in member.data)
