"""Gentoo binary packages: gpkg (GLEP 78), a tar archive of compressed tar archives, and xpak, a tar archive with a tail.

Metadata (``DEPEND``, ``USE``, ...) go below ``.package/``.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.container import Container
from nipsys.store import tar
from nipsys.store.compression import opened
from nipsys.store.member import Limits, Member, damaged, hostile
from nipsys.store.window import Window, reading


def gpkg(stream: BinaryIO, _container: Container, limits: Limits) -> Iterator[Member]:
    """Give the members of ``image.tar.*`` and, as metadata, of ``metadata.tar.*``."""
    found = set()
    for outer in tar.members(Window(stream.read, "the package"), limits):
        name = os.path.basename(outer.path)
        part = name.partition(".tar")[0]
        if part in ("image", "metadata") and not name.endswith(".sig") and outer.kind == "file":
            if part in found:
                raise damaged(f"the package has two `{part}.tar`")
            found.add(part)
            read, meter = opened(reading(outer.data), limits, f"`{name}`")
            for member in tar.members(Window(read, f"`{name}`"), limits, meter):
                yield from _below(member, part)
    if missing := {"image", "metadata"} - found:
        raise damaged("the package has no " + " and no ".join(f"`{part}.tar`" for part in sorted(missing)))


def _below(member: Member, part: str) -> Iterator[Member]:
    """Take the top directory ``image`` or ``metadata`` off."""
    top, _, path = member.path.removeprefix("./").partition("/")
    if top != part:
        raise hostile(member.path, f"stands outside `{part}`")
    if path.strip("/"):
        target = member.target.removeprefix("./").removeprefix(f"{part}/") if member.kind == "hard" else member.target
        yield member._replace(path=path, target=target, role="metadata" if part == "metadata" else "payload")


def xpak(stream: BinaryIO, _container: Container, limits: Limits) -> Iterator[Member]:
    """Give the payload and, as metadata, what the tail holds; the stream must be able to seek (xpak(5))."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(end - 8, 0))
    tail = stream.read(8)
    size = int.from_bytes(tail[:4], "big")
    if tail[4:] != b"STOP" or size + 8 > end or size > limits.floor:
        raise damaged("the package has no xpak tail")
    stream.seek(end - 8 - size)
    segment = stream.read(size)
    stream.seek(0)
    left = end - 8 - size

    def read(wanted: int) -> bytes:
        nonlocal left
        part = stream.read(min(wanted, left))
        left -= len(part)
        return part

    plain, meter = opened(read, limits, "the package")
    yield from tar.members(Window(plain, "the package"), limits, meter)
    yield from _tail(segment)


def _tail(segment: bytes) -> Iterator[Member]:
    index_size, data_size = int.from_bytes(segment[8:12], "big"), int.from_bytes(segment[12:16], "big")
    if segment[:8] != b"XPAKPACK" or segment[-8:] != b"XPAKSTOP" or 24 + index_size + data_size != len(segment):
        raise damaged("the package's xpak tail is broken")
    index, data = segment[16 : 16 + index_size], segment[16 + index_size : -8]
    while index:
        length = int.from_bytes(index[:4], "big")
        name = index[4 : 4 + length].decode("utf-8", "surrogateescape")
        start, size = int.from_bytes(index[4 + length : 8 + length], "big"), int.from_bytes(index[8 + length : 12 + length], "big")
        if len(index) < 12 + length or start + size > len(data):
            raise damaged("the package's xpak tail is broken")
        yield Member(name, "file", size, 0o644, 0, "", (data[start : start + size],), role="metadata")
        index = index[12 + length :]


READERS = {"gpkg": gpkg, "xpak": xpak}
