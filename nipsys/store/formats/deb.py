"""Debian packages: an ``ar`` archive of ``debian-binary``, ``control.tar.*`` and ``data.tar.*`` (deb(5))."""

from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.package import UnpackSpec
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged
from nipsys.store.streams import BoundedReader, Pipeline, Section, open_decompressed

_MAGIC = b"!<arch>\n"
_HEADER = 60


def read_members(stream: BinaryIO, _container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the payload unchanged, and the control members below ``.package/``."""
    seen = set()
    for name, section in read_ar(BoundedReader(stream.read, "the package")):
        kind = name.partition(".")[0]
        if kind in ("control", "data") and ".tar" in name:
            if kind in seen:
                raise reject_damaged(f"the package has two `{kind}.tar`")
            seen.add(kind)
            yield from _read_inner(section, kind, limits, pipeline)
    for kind in ("control", "data"):
        if kind not in seen:
            raise reject_damaged(f"the package has no `{kind}.tar`")


def _read_inner(section: Section, kind: str, limits: Limits, pipeline: Pipeline | None) -> Iterator[Member]:
    read, meter = open_decompressed(section.read, limits, f"`{kind}.tar`", pipeline)
    for member in tar.read_members(BoundedReader(read, f"`{kind}.tar`"), limits, meter):
        yield member if kind == "data" else member._replace(role="metadata")


def read_ar(window: BoundedReader) -> Iterator[tuple[str, Section]]:
    """Return the members of an ``ar`` archive as (name, section); what is left of a section is skipped before the next."""
    if bytes(window.take(len(_MAGIC))) != _MAGIC:
        raise reject_damaged("the package is not an `ar` archive")
    while not window.is_at_end():
        header = bytes(window.take(_HEADER))
        size = header[48:58].strip()
        if header[58:] != b"`\n" or not size.isdigit():
            raise reject_damaged("the package has a damaged `ar` header")
        section = Section(window, int(size))
        yield header[:16].decode("ascii", "replace").rstrip().rstrip("/"), section
        section.finish()
        if int(size) % 2 and not window.is_at_end():
            window.skip(1)


READERS = {"deb": read_members}
