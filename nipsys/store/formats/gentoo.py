"""Gentoo binary packages: gpkg (GLEP 78), a tar archive of compressed tar archives, and xpak, a tar archive with a trailer.

Metadata (``DEPEND``, ``USE``, ...) goes below ``.package/``.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from nipsys.effects import verify_clearsigned
from nipsys.effects.disk import Buffer
from nipsys.model import Hasher, reject
from nipsys.model.package import SignaturePolicy, UnpackSpec
from nipsys.sources.gentoo import ManifestEntry, find_differences, find_name_mismatch, read_manifest
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed, reader_of

_TEXT = 16 << 20
"""Bytes of a Manifest."""
_NAME = 1 << 12


def read_gpkg(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members of ``image.tar.*`` and, as metadata, of ``metadata.tar.*``, verified against the package's Manifest.

    ``settings`` of the container: ``name`` and ``version`` that the package must have, ``keyring`` that must have signed the Manifest.
    """
    found = set()
    parts: dict[str, ManifestEntry] = {}
    texts: dict[str, str] = {}
    manifest = None
    for outer in tar.read_members(BoundedReader(stream.read, "the package"), limits):
        name = os.path.basename(outer.path)
        part = name.partition(".tar")[0]
        if name == "Manifest":
            manifest = _read_whole(outer).decode("utf-8", "replace")
            continue
        counted = _MeasuredData(outer.data)
        if part in ("image", "metadata") and not name.endswith(".sig") and outer.kind == "file":
            if part in found:
                raise reject_damaged(f"the package has two `{part}.tar`")
            found.add(part)
            read, meter = open_decompressed(reader_of(counted), limits, f"`{name}`", pipeline)
            for member in tar.read_members(BoundedReader(read, f"`{name}`"), limits, meter):
                for below in _strip_top(member, part):
                    yield _keep_identity(below, texts)
        if outer.kind == "file":
            parts[name] = counted.finish()
    if missing := {"image", "metadata"} - found:
        raise reject_damaged("the package has no " + " and no ".join(f"`{part}.tar`" for part in sorted(missing)))
    _check(manifest, parts, texts, dict(container.settings))


class _MeasuredData:
    """The bytes of one part, counted and hashed as they are read."""

    def __init__(self, data: Iterable[Buffer]) -> None:
        self._data = iter(data)
        self._size = 0
        self._hashes: dict[str, Hasher] = {"SHA512": hashlib.sha512(), "BLAKE2B": hashlib.blake2b()}

    def __iter__(self) -> Iterator[Buffer]:
        for piece in self._data:
            self._size += len(piece)
            for started in self._hashes.values():
                started.update(memoryview(piece))
            yield piece

    def finish(self) -> ManifestEntry:
        """Read what is left, and return size and digests."""
        for _ in self:
            pass
        return ManifestEntry(self._size, {kind: started.hexdigest() for kind, started in self._hashes.items()})


def _keep_identity(member: Member, texts: dict[str, str]) -> Member:
    """Keep the two small texts that identify the package."""
    if member.role != "metadata" or member.path not in ("CATEGORY", "PF") or member.size > _NAME:
        return member
    text = _read_whole(member)
    texts[member.path] = text.decode("utf-8", "replace")
    return member._replace(data=(text,))


def _read_whole(member: Member) -> bytes:
    if member.size > _TEXT:
        raise reject_damaged(f"`{member.path}` has {member.size} bytes")
    return b"".join([bytes(part) for part in member.data])


def _check(manifest: str | None, parts: dict[str, ManifestEntry], texts: dict[str, str], settings: dict[str, str]) -> None:
    if not settings:
        return
    if manifest is None:
        raise reject_damaged("the package has no Manifest")
    if "keyring" in settings:
        manifest = _verify_manifest(manifest, settings)
    try:
        wrong = find_differences(read_manifest(manifest), parts)
    except ValueError as fault:
        raise reject_damaged(f"the package cannot be verified: {fault}") from fault
    if wrong:
        raise reject_damaged("the package does not match its Manifest", *wrong[:5])
    _check_identity(texts, settings)


def _verify_manifest(manifest: str, settings: dict[str, str]) -> str:
    """Return the part of a Manifest that a trusted key signed; ``Rejected`` when none did."""
    name = f"the Manifest of `{settings['name']}` {settings['version']}"
    with tempfile.TemporaryDirectory(prefix="nipsys-manifest-") as place:
        signed, plain = os.path.join(place, "signed"), os.path.join(place, "plain")
        with open(signed, "w", encoding="utf-8") as file:
            file.write(manifest)
        verify_clearsigned(signed, plain, SignaturePolicy(tuple(settings["keyring"].split("\n"))), name)
        with open(plain, encoding="utf-8", errors="replace") as file:
            return file.read()


def _check_identity(texts: dict[str, str], settings: dict[str, str]) -> None:
    if settings and (sentence := find_name_mismatch(texts, settings["name"], settings["version"])):
        raise reject("source", "wrong-package", sentence, hint="the mirror serves one package as another: try another mirror")


def _strip_top(member: Member, part: str) -> Iterator[Member]:
    """Remove the top directory ``image`` or ``metadata`` from the path."""
    top, _, path = member.path.removeprefix("./").partition("/")
    if top != part:
        raise reject_hostile(member.path, f"is outside `{part}`")
    if path.strip("/"):
        target = member.target.removeprefix("./").removeprefix(f"{part}/") if member.kind == "hard" else member.target
        yield member._replace(path=path, target=target, role="metadata" if part == "metadata" else "payload")


def read_xpak(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the payload and, as metadata, the entries of the trailer; the stream must be seekable (xpak(5))."""
    if "keyring" in dict(container.settings):
        hint = 'set `signatures="none"` for the source, or use a host that serves GPKG'
        raise reject("source", "unsigned-package", "the package is an XPAK, a format without signatures", hint=hint)
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(end - 8, 0))
    tail = stream.read(8)
    size = int.from_bytes(tail[:4], "big")
    if tail[4:] != b"STOP" or size + 8 > end or size > limits.floor:
        raise reject_damaged("the package has no xpak trailer")
    stream.seek(end - 8 - size)
    segment = stream.read(size)
    stream.seek(0)
    left = end - 8 - size

    def read(wanted: int) -> bytes:
        nonlocal left
        part = stream.read(min(wanted, left))
        left -= len(part)
        return part

    plain, meter = open_decompressed(read, limits, "the package", pipeline)
    yield from tar.read_members(BoundedReader(plain, "the package"), limits, meter)
    texts: dict[str, str] = {}
    for member in _read_tail(segment):
        yield _keep_identity(member, texts)
    _check_identity(texts, dict(container.settings))


def _read_tail(segment: bytes) -> Iterator[Member]:
    index_size, data_size = int.from_bytes(segment[8:12], "big"), int.from_bytes(segment[12:16], "big")
    if segment[:8] != b"XPAKPACK" or segment[-8:] != b"XPAKSTOP" or 24 + index_size + data_size != len(segment):
        raise reject_damaged("the package's xpak trailer is broken")
    index, data = segment[16 : 16 + index_size], segment[16 + index_size : -8]
    while index:
        length = int.from_bytes(index[:4], "big")
        name = index[4 : 4 + length].decode("utf-8", "surrogateescape")
        start, size = int.from_bytes(index[4 + length : 8 + length], "big"), int.from_bytes(index[8 + length : 12 + length], "big")
        if len(index) < 12 + length or start + size > len(data):
            raise reject_damaged("the package's xpak trailer is broken")
        yield Member(name, "file", size, 0o644, 0, "", (data[start : start + size],), role="metadata")
        index = index[12 + length :]


READERS = {"gpkg": read_gpkg, "xpak": read_xpak}
