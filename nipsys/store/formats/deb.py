"""Debian packages: an ``ar`` archive of ``debian-binary``, ``control.tar.*`` and ``data.tar.*`` (deb(5))."""

from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.package.container import Container
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, damaged
from nipsys.store.streams.compression import opened
from nipsys.store.streams.stream import Section, Window

_MAGIC = b"!<arch>\n"
_HEADER = 60


def members(stream: BinaryIO, _container: Container, limits: Limits) -> Iterator[Member]:
    """Return the payload unchanged, and the control members below ``.package/``."""
    seen = set()
    for name, section in parts(Window(stream.read, "the package")):
        kind = name.partition(".")[0]
        if kind in ("control", "data") and ".tar" in name:
            if kind in seen:
                raise damaged(f"the package has two `{kind}.tar`")
            seen.add(kind)
            yield from _inner(section, kind, limits)
    for kind in ("control", "data"):
        if kind not in seen:
            raise damaged(f"the package has no `{kind}.tar`")


def _inner(section: Section, kind: str, limits: Limits) -> Iterator[Member]:
    read, meter = opened(section.read, limits, f"`{kind}.tar`")
    for member in tar.members(Window(read, f"`{kind}.tar`"), limits, meter):
        yield member if kind == "data" else member._replace(role="metadata")


def parts(window: Window) -> Iterator[tuple[str, Section]]:
    """Return the members of an ``ar`` archive as (name, section); what is left of a section is skipped before the next."""
    if bytes(window.take(len(_MAGIC))) != _MAGIC:
        raise damaged("the package is not an `ar` archive")
    while not window.ended():
        header = bytes(window.take(_HEADER))
        size = header[48:58].strip()
        if header[58:] != b"`\n" or not size.isdigit():
            raise damaged("the package has a damaged `ar` header")
        section = Section(window, int(size))
        yield header[:16].decode("ascii", "replace").rstrip().rstrip("/"), section
        section.finish()
        if int(size) % 2 and not window.ended():
            window.skip(1)


READERS = {"deb": members}
