"""Nix archives: a tree as a canonical stream, in any compression.

Format: E. Dolstra, "The Purely Functional Software Deployment Model", figure 5.2; the Nix manual, "Nix Archive (NAR) Format".
Only canonical archives are accepted: names sorted and unique, padding zero.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from nipsys.model.package.container import Container
from nipsys.store.member import Limits, Member, damaged, hostile
from nipsys.store.streams.compression import opened
from nipsys.store.streams.stream import Meter, Window

_BASE32 = "0123456789abcdfghijklmnpqrsvwxyz"
_WORD = 4096
"""Bytes of the longest token, a link's target."""


def members(stream: BinaryIO, container: Container, limits: Limits) -> Iterator[Member]:
    """Return the members below the archive's root; a root that is not a directory goes to the container's ``prefix`` itself.

    With the setting ``narhash`` (``sha256:`` and hex or Nix's base 32) the unpacked bytes must have that digest.
    """
    read, meter = opened(stream.read, limits, "the archive")
    hashed = _Hashed(read)
    window = Window(hashed.read)
    reader = _Reader(window, meter, limits)
    reader.expect(b"nix-archive-1")
    for member in reader.node("", 0):
        if member.path:
            yield member
        elif container.prefix or member.kind != "directory":
            yield member._replace(path=container.prefix or "content", role="added")
    if not window.ended():
        raise damaged("the archive has bytes after its end")
    wanted = dict(container.settings).get("narhash", "")
    if wanted and _hexadecimal(wanted) != hashed.digest.hexdigest():
        raise damaged("the unpacked archive has a wrong digest", f"expected {wanted}", f"found sha256:{hashed.digest.hexdigest()}")


class _Hashed:
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        part = self._read(size)
        self.digest.update(part)
        return part


class _Reader:
    def __init__(self, window: Window, meter: Meter, limits: Limits) -> None:
        self._window = window
        self._meter = meter
        self._limits = limits

    def word(self) -> bytes:
        size = int.from_bytes(self._window.take(8), "little")
        if size > _WORD:
            raise hostile(self._meter.member or "(the first)", f"is followed by a token of {size} bytes")
        word = bytes(self._window.take(size))
        self._pad(size)
        return word

    def expect(self, wanted: bytes) -> None:
        if (found := self.word()) != wanted:
            raise damaged(f"the archive has {found!r} instead of {wanted!r}", f"at or after `{self._meter.member}`")

    def node(self, path: str, depth: int) -> Iterator[Member]:
        if depth > self._limits.depth:
            raise hostile(path[:100], f"is nested {depth} directories deep")
        self._meter.member = path
        self.expect(b"(")
        self.expect(b"type")
        kind = self.word()
        if kind == b"regular":
            yield from self._regular(path)
        elif kind == b"symlink":
            self.expect(b"target")
            yield Member(path, "link", target=self.word().decode("utf-8", "surrogateescape"))
            self.expect(b")")
        elif kind == b"directory":
            yield Member(path, "directory")
            yield from self._directory(path, depth)
        else:
            raise damaged(f"the archive has a node of unknown type {kind!r}", f"at `{path}`")

    def _regular(self, path: str) -> Iterator[Member]:
        word = self.word()
        mode = 0o644
        if word == b"executable":
            self.expect(b"")
            mode, word = 0o755, self.word()
        size = 0
        if word == b"contents":
            size = int.from_bytes(self._window.take(8), "little")
            end = self._window.position + size
            yield Member(path, "file", size, mode, 1, "", self._window.chunks(size))
            self._window.skip(end - self._window.position)
            self._pad(size)
            word = self.word()
        else:
            yield Member(path, "file", 0, mode, 1)
        if word != b")":
            raise damaged(f"the archive has {word!r} where a file ends", f"at `{path}`")

    def _directory(self, path: str, depth: int) -> Iterator[Member]:
        before = b""
        while (word := self.word()) == b"entry":
            self.expect(b"(")
            self.expect(b"name")
            name = self.word()
            if name in (b"", b".", b"..") or b"/" in name or b"\0" in name:
                raise hostile(f"{path}/{name.decode('utf-8', 'surrogateescape')}", "has an invalid name")
            if name <= before:
                raise hostile(f"{path}/{name.decode('utf-8', 'surrogateescape')}", "is a duplicate or out of order")
            before = name
            self.expect(b"node")
            text = name.decode("utf-8", "surrogateescape")
            yield from self.node(f"{path}/{text}" if path else text, depth + 1)
            self.expect(b")")
        if word != b")":
            raise damaged(f"the archive has {word!r} where a directory ends", f"at `{path}`")

    def _pad(self, size: int) -> None:
        if any(self._window.take(-size % 8)):
            raise damaged("the archive's padding is not zero", f"at or after `{self._meter.member}`")


def _hexadecimal(digest: str) -> str:
    """Convert a SHA-256 in hex or in Nix's base 32 (most significant digit first, the number's bytes little-endian) to hex."""
    text = digest.removeprefix("sha256:").removeprefix("sha256-")
    if len(text) != 52:
        return text
    number = 0
    for letter in text:
        number = number * 32 + _BASE32.index(letter)
    return number.to_bytes(33, "little")[:32].hex()


READERS = {"nar": members}
