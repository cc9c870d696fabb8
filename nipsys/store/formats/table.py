"""The readers of all formats, found by the name of the format."""

from collections.abc import Iterator
from importlib import import_module
from typing import BinaryIO, Protocol

from nipsys.model import reject
from nipsys.model.package import UnpackSpec
from nipsys.store.member import Limits, Member
from nipsys.store.streams import Pipeline


class FormatReader(Protocol):
    """Reads a stream (seekable for ``zip``, ``wheel``, ``npm``, ``pkgsrc``, ``xpak`` and ``file``) and yields members."""

    def __call__(self, stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None, /) -> Iterator[Member]:
        """Yield the members of a container; ``Rejected`` beyond ``limits``. A thread of ``pipeline`` decompresses ahead."""


_MODULES = {
    "deb": "deb",
    "tar": "plain",
    "npm": "npm",
    "pacman": "pacman",
    "pkgsrc": "pkgsrc",
    "apk": "apk",
    "zip": "zip",
    "wheel": "wheel",
    "nar": "nar",
    "gpkg": "gentoo",
    "xpak": "gentoo",
    "file": "plain",
}


def find_reader(format: str) -> FormatReader:  # noqa: A002 - the field's own name
    """Return the reader of a format; ``Rejected`` when the format is unknown."""
    module = _MODULES.get(format)
    if module is None:
        raise reject("source", "unknown-format", f"unknown package format `{format}`", "known: " + ", ".join(sorted(_MODULES)))
    found: FormatReader = import_module(f"nipsys.store.formats.{module}").READERS[format]
    return found
