"""Read a pack into the store: each content is verified against its digest before its tree becomes visible."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

from blake3 import blake3

from nipsys.effects.disk import Buffer, Disk, remove_tree
from nipsys.model import Began, Ended, Frozen, Reporter, blake3_of, ignore_event, reject, shorten_digest
from nipsys.model.package import UnpackSpec
from nipsys.model.system import Directory, Entry, File, Link, Tree
from nipsys.store.artifacts import encode_record, read_record
from nipsys.store.formats import read_members
from nipsys.store.ingest import PathPolicy, TreeBatch, write_file
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.pack.write import GENERATION, HEADER, SIGNATURE, PackHeader
from nipsys.store.paths import ARTIFACTS, NEW_PREFIX, STORE
from nipsys.store.streams import BoundedReader, open_decompressed
from nipsys.store.trees import Store

_LARGE = 1 << 30
"""The most bytes of one text of a pack (header, signature, generation, manifest)."""

Trusted = Callable[[bytes, str, str], bool]
"""Returns whether the signature in (text, public key, signature) is valid and the key is trusted."""


class Unpacked(Frozen):
    """The result of reading a pack."""

    header: PackHeader
    generation: bytes
    """The manifest of the generation, ``b""`` if the pack has none."""
    added: tuple[str, ...]
    """Directories of the trees that were added to the store."""


class _Target(Frozen):
    """A file to write one content to."""

    disk: Disk
    entry: File


def read_pack(store: Store, stream: BinaryIO, *, trusted: Trusted | None = None, report: Reporter = ignore_event) -> Unpacked:
    """Add the trees of a pack to the store in one batch; the caller holds the lock.

    With ``trusted``, a pack that is not signed by a trusted key is ``Rejected`` before anything is written. ``Rejected`` too when a
    content is wrong or missing, or when the base of a difference is missing; then the store is unchanged.
    """
    read, meter = open_decompressed(stream.read, store.limits, "the pack")
    members = read_members(BoundedReader(read, "the pack"), store.limits, meter)
    header_text = _read_text(next(members, None), HEADER)
    header = PackHeader.parse(header_text)
    rest = _check_signature(members, header_text, trusted)
    generation = b""
    if header.generation:
        generation = _read_text(next(rest, None), GENERATION)
        if blake3_of(generation) != header.generation:
            raise reject_damaged("the generation of the pack has a wrong digest")
    trees = {directory: _read_manifest(next(rest, None), directory, digest, store.limits) for directory, digest in header.trees}
    missing = {directory: tree for directory, tree in trees.items() if not store.has(directory)}
    report(Began("unpack", len(missing)))
    learned: list[tuple[str, str]] = []
    try:
        with store.open_batch(workers=1) as batch:
            _fill_trees(store, batch, missing, header, rest)
            for record in _write_records(store, header):
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


def _write_records(store: Store, header: PackHeader) -> Iterator[tuple[str, str]]:
    """Write the pack's artifact records for which this store has no tree; yield (temporary path, final path) before writing each.

    Records need no sync: they are a cache. One that a power cut damages is ignored, and its artifact is fetched again.
    """
    for number, known in enumerate(header.artifacts):
        mine = read_record(store.disk, f"{ARTIFACTS}/{known.file_name}")
        if mine is None or not store.has(mine):
            new = f"{ARTIFACTS}/{NEW_PREFIX}{number}"
            remove_tree(store.disk, new)
            yield new, f"{ARTIFACTS}/{known.file_name}"
            store.disk.write(new, (encode_record(known.tree),))


def _fill_trees(store: Store, batch: TreeBatch, missing: dict[str, Tree], header: PackHeader, objects: Iterable[Member]) -> None:
    wanted: dict[str, list[_Target]] = defaultdict(list)
    disks = []
    for directory, tree in missing.items():
        place = batch.reserve_path()
        store.disk.mkdir(place)
        disk = store.disk.open_directory(place)
        disks.append(disk)
        for entry in tree.entries:
            match entry:
                case Directory():
                    disk.mkdir(entry.path)
                case Link():
                    disk.symlink(entry.target, entry.path)
                case File():
                    wanted[entry.digest].append(_Target(disk, entry))
        batch.claim(place, directory, tree)
    try:
        for member in objects:
            digest = member.path.removeprefix("objects/")
            if member.kind != "file" or digest == member.path:
                raise reject_hostile(member.path, "does not belong in a pack")
            _write_content(wanted.pop(digest, []), member.data)
        if wanted:
            _fill_from_store(store, wanted, header)
    finally:
        for disk in disks:
            disk.close()


def _write_content(places: list[_Target], data: Iterable[Buffer]) -> None:
    """Write a content to the first of ``places``, link it to those with the same time and mode, and copy it to the others."""
    if not places:
        return
    first, *others = places
    write_file(first.disk, first.entry, data)
    made = {_attributes_of(first.entry): first}
    for other in others:
        like = made.get(_attributes_of(other.entry))
        if like is not None:
            with suppress(OSError):  # the inode has reached its limit of links
                other.disk.link(like.disk, like.entry.path, other.entry.path)
                continue
        write_file(other.disk, other.entry, (first.disk.read(first.entry.path),))
        made[_attributes_of(other.entry)] = other


def _attributes_of(entry: File) -> tuple[bool, int]:
    return entry.executable, entry.mtime


def _fill_from_store(store: Store, wanted: dict[str, list[_Target]], header: PackHeader) -> None:
    """Copy what a difference leaves out from trees of this store."""
    for directory in store.list_directories():
        tree = store.read_manifest(directory) if wanted else None
        for entry in tree.entries if tree else ():
            if isinstance(entry, File) and entry.digest in wanted:
                data = store.disk.read(f"{STORE}/{directory}/{entry.path}")
                if blake3(data).hexdigest() == entry.digest:
                    _write_content(wanted.pop(entry.digest), (data,))
    if wanted:
        hint = "unpack the base generation of this difference first" if header.base else "create the pack again"
        paths = tuple(places[0].entry.path for places in wanted.values())[:10]
        raise reject(
            "source", "incomplete-pack", f"{len(wanted)} contents are missing from both the pack and this store", *paths, hint=hint
        )


def _check_signature(members: Iterator[Member], text: bytes, trusted: Trusted | None) -> Iterator[Member]:
    """Check the signature, if ``trusted`` is given, and yield the members after it."""
    following = next(members, None)
    signed = following is not None and following.path == SIGNATURE
    if trusted is not None:
        good = False
        if signed:
            try:
                value = json.loads(_read_text(following, SIGNATURE))
                good = trusted(text, str(value["key"]), str(value["signature"]))
            except (ValueError, KeyError, TypeError):
                good = False
        if not good:
            why = "is not signed by a trusted key" if signed else "is not signed"
            raise reject("source", "untrusted-pack", f"the pack {why}", hint="pass its public key with `--trusted`")
    if following is not None and not signed:
        yield following
    yield from members


def _read_manifest(member: Member | None, directory: str, digest: str, limits: Limits) -> Tree:
    """Read one manifest and check every path in it like those of a foreign archive."""
    if directory != directory.strip("./") or "/" in directory or len(directory) > 200 or not directory.isprintable():
        raise reject_hostile(directory, "is not a valid directory of a tree")
    if not directory.startswith(f"{shorten_digest(digest)}-") and not directory.endswith("-view"):
        raise reject_hostile(directory, "does not match the digest of its tree")
    text = _read_text(member, f"manifests/{digest.partition(':')[2]}")
    if blake3_of(text) != digest:
        raise reject_damaged(f"the manifest of `{directory}` has a wrong digest")
    try:
        tree = Tree.parse(text)
    except (ValueError, UnicodeError) as error:
        raise reject_damaged(f"the manifest of `{directory}` cannot be read", str(error)) from error
    door = PathPolicy(UnpackSpec("pack"), limits)
    for entry in tree.entries:
        place = door.check(_to_member(entry))
        if place is None or place.path != entry.path or place.missing:
            raise reject_hostile(entry.path, "is not in canonical form, or its parent directory is missing")
    return tree


def _to_member(entry: Entry) -> Member:
    match entry:
        case File():
            return Member(entry.path, "file", entry.size, role="known")
        case Link():
            return Member(entry.path, "link", target=entry.target, role="known")
        case Directory():
            return Member(entry.path, "directory", role="known")


def _read_text(member: Member | None, name: str) -> bytes:
    """Read a small member, which must be the expected one."""
    if member is None or member.path != name or member.size > _LARGE:
        raise reject_damaged(f"the pack has no `{name}` at the expected position")
    return b"".join(bytes(part) for part in member.data)
