"""Write trees to one file, ``.nipsys.tar.zst``: the same trees give the same bytes, and each content is stored once.

The format is a tar archive in seekable zstd: ``pack.json`` (the header), ``signature.json`` if it is signed, ``generation.json`` (the
manifest of a generation), ``manifests/<digest>``, ``objects/<digest>``. ``pack.json`` names every manifest by digest and a manifest
names every content, so one signature over ``pack.json`` covers every byte. A difference leaves out what its base contains.
"""

import json
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO

from nipsys.effects.disk import Buffer
from nipsys.model import Advanced, Began, Digest, Ended, Frozen, Reporter, blake3_of, ignore_event, reject, to_canonical_json
from nipsys.model.system import File, Tree
from nipsys.store.artifacts import ArtifactRecord, read_records
from nipsys.store.member import reject_hostile
from nipsys.store.paths import STORE
from nipsys.store.streams import FrameWriter
from nipsys.store.trees import Store

HEADER, SIGNATURE, GENERATION = "pack.json", "signature.json", "generation.json"
FORMAT = 1
_PART = 1 << 20

Sign = Callable[[bytes], tuple[str, str]]
"""Returns (public key, signature) for bytes, both in hex."""


class PackHeader(Frozen):
    """The header of a pack."""

    trees: tuple[tuple[str, Digest], ...]
    """(directory in the store, digest of the manifest), sorted."""
    generation: Digest = ""
    """Digest of the generation's manifest, empty if there is none."""
    base: tuple[Digest, ...] = ()
    """Digests of the manifests that the receiver must already have, sorted."""
    artifacts: tuple[ArtifactRecord, ...] = ()
    """Records of the artifacts that became these trees, sorted: the receiver need not fetch them."""

    def encode(self) -> bytes:
        """Return the header as canonical JSON."""
        return to_canonical_json(
            {"format": FORMAT, "trees": self.trees, "generation": self.generation, "base": self.base, "artifacts": self.artifacts}
        )

    @staticmethod
    def parse(text: bytes) -> "PackHeader":
        """Parse a header; ``Rejected`` when it is invalid or of an unknown format."""
        try:
            value = json.loads(text)
            if value["format"] != FORMAT:
                raise reject(
                    "source",
                    "unknown-format",
                    f"the pack has format {value['format']}, but this version of nipsys supports only {FORMAT}",
                    hint="use a newer nipsys",
                )
            trees = tuple((str(directory), str(digest)) for directory, digest in value["trees"])
            artifacts = tuple(ArtifactRecord(*map(str, row)) for row in value.get("artifacts", ()))
            directories = {directory for directory, _ in trees}
            for known in artifacts:
                if known.file_name.startswith(".") or "/" in known.file_name or known.tree.directory not in directories:
                    raise reject_hostile(f"{HEADER}: {known.file_name}", "is not a record of an artifact in this pack")
            return PackHeader(trees, str(value["generation"]), tuple(str(digest) for digest in value["base"]), artifacts)
        except (ValueError, KeyError, TypeError) as error:
            raise reject("source", "damaged-archive", "the pack's header cannot be read", str(error)) from error


def write_pack(
    store: Store,
    out: BinaryIO,
    directories: Collection[str],
    *,
    generation: bytes = b"",
    base: Collection[str] = (),
    sign: Sign | None = None,
    report: Reporter = ignore_event,
) -> PackHeader:
    """Write the trees ``directories`` to ``out``; with ``base`` (directories as well) only what those lack.

    ``generation`` is the manifest of a generation to include. ``Rejected`` when a tree is damaged.
    """
    trees = {directory: _read_tree(store, directory) for directory in sorted(directories)}
    known = {directory: _read_tree(store, directory) for directory in sorted(set(base))}
    held = {entry.digest for tree in known.values() for entry in tree.entries if isinstance(entry, File)}
    header = PackHeader(
        tuple((directory, tree.digest()) for directory, tree in trees.items()),
        blake3_of(generation) if generation else "",
        tuple(sorted(tree.digest() for tree in known.values())),
        tuple(record for record in read_records(store.disk) if record.tree.directory in trees),
    )
    frames = FrameWriter(out)
    _write_member(frames, HEADER, header.encode())
    if sign is not None:
        key, signature = sign(header.encode())
        _write_member(frames, SIGNATURE, to_canonical_json({"key": key, "signature": signature}))
    if generation:
        _write_member(frames, GENERATION, generation)
    for tree in trees.values():
        _write_member(frames, f"manifests/{tree.digest().partition(':')[2]}", tree.to_text())
    report(Began("pack", len(trees)))
    for directory, tree in trees.items():
        for entry in tree.entries:
            if isinstance(entry, File) and entry.digest not in held:
                held.add(entry.digest)
                _write_object(store, frames, directory, entry)
        report(Advanced("pack", 1, directory))
    frames.write(bytes(1024))
    frames.finish()
    report(Ended("pack"))
    return header


def _read_tree(store: Store, directory: str) -> Tree:
    tree = store.read_manifest(directory)
    if tree is None:
        raise reject("store", "damaged-tree", f"the manifest of `{directory}` is missing", hint="run `nipsys verify --repair`")
    return tree


def _write_object(store: Store, frames: FrameWriter, directory: str, entry: File) -> None:
    from blake3 import blake3  # noqa: PLC0415 - needed only here

    data = store.disk.read(f"{STORE}/{directory}/{entry.path}")
    if blake3(data).hexdigest() != entry.digest:
        hint = "run `nipsys verify --repair`"
        raise reject("store", "damaged-tree", f"`{directory}/{entry.path}` does not match its manifest", hint=hint)
    frames.write(_header_of(f"objects/{entry.digest}", len(data)))
    for part in _parts(data):
        frames.write(part)
    frames.write(bytes(-len(data) % 512))


def _write_member(frames: FrameWriter, name: str, data: bytes) -> None:
    frames.write(_header_of(name, len(data)))
    frames.write(data)
    frames.write(bytes(-len(data) % 512))


def _parts(data: Buffer) -> Iterator[memoryview]:
    view = memoryview(data)
    for start in range(0, len(view), _PART):
        yield view[start : start + _PART]


def _header_of(name: str, size: int) -> bytes:
    """Return the ustar header for a name and a size: mode 0444, time 0, no owner."""
    numbers = (
        b"0000444\0" + b"0000000\0" * 2 + (b"%011o\0" % size if size < 1 << 33 else b"\x80" + size.to_bytes(11, "big")) + b"00000000000\0"
    )
    fields = name.encode().ljust(100, b"\0") + numbers
    rest = b"0" + bytes(100) + b"ustar\x0000"
    total = sum(fields) + 8 * 32 + sum(rest)
    return (fields + b"%06o\0 " % total + rest).ljust(512, b"\0")
