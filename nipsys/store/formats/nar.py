"""Nix archives: a tree as a canonical stream, in any compression.

Format: E. Dolstra, "The Purely Functional Software Deployment Model", figure 5.2; the Nix manual, "Nix Archive (NAR) Format".
Only canonical archives are accepted: names sorted and unique, padding zero.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from nipsys.model.package import UnpackSpec
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import BoundedReader, Meter, Pipeline, open_decompressed

_BASE32 = "0123456789abcdfghijklmnpqrsvwxyz"
_LONGEST_TOKEN = 4096
"""Bytes of the longest token, a link's target."""


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members below the archive's root; a root that is not a directory goes to the container's ``prefix`` itself.

    With the setting ``narhash`` (``sha256:`` and hex or Nix's base 32) the unpacked bytes must have that digest.
    """
    read, meter = open_decompressed(stream.read, limits, pipeline=pipeline)
    hashed = _HashingReader(read)
    window = BoundedReader(hashed.read)
    reader = _Reader(window, meter, limits)
    reader.expect(b"nix-archive-1")
    for member in reader.read_node("", 0):
        if member.path:
            yield member
        elif container.prefix or member.kind != "directory":
            yield member._replace(path=container.prefix or "content", role="added")
    if not window.is_at_end():
        raise reject_damaged("the archive has bytes after its end")
    wanted = dict(container.settings).get("narhash", "")
    if wanted and _to_hex(wanted) != hashed.digest.hexdigest():
        raise reject_damaged("the unpacked archive has a wrong digest", f"expected {wanted}", f"found sha256:{hashed.digest.hexdigest()}")


class _HashingReader:
    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        part = self._read(size)
        self.digest.update(part)
        return part


class _Reader:
    def __init__(self, window: BoundedReader, meter: Meter, limits: Limits) -> None:
        self._window = window
        self._meter = meter
        self._limits = limits

    def read_token(self) -> bytes:
        size = int.from_bytes(self._window.take(8), "little")
        if size > _LONGEST_TOKEN:
            raise reject_hostile(self._meter.member or "(the first)", f"is followed by a token of {size} bytes")
        word = bytes(self._window.take(size))
        self._skip_padding(size)
        return word

    def expect(self, wanted: bytes) -> None:
        if (found := self.read_token()) != wanted:
            raise reject_damaged(f"the archive has {found!r} instead of {wanted!r}", f"at or after `{self._meter.member}`")

    def read_node(self, path: str, depth: int) -> Iterator[Member]:
        if depth > self._limits.depth:
            raise reject_hostile(path[:100], f"is nested {depth} directories deep")
        self._meter.member = path
        self.expect(b"(")
        self.expect(b"type")
        kind = self.read_token()
        if kind == b"regular":
            yield from self._read_file(path)
        elif kind == b"symlink":
            self.expect(b"target")
            yield Member(path, "link", target=self.read_token().decode("utf-8", "surrogateescape"))
            self.expect(b")")
        elif kind == b"directory":
            yield Member(path, "directory")
            yield from self._read_directory(path, depth)
        else:
            raise reject_damaged(f"the archive has a node of unknown type {kind!r}", f"at `{path}`")

    def _read_file(self, path: str) -> Iterator[Member]:
        word = self.read_token()
        mode = 0o644
        if word == b"executable":
            self.expect(b"")
            mode, word = 0o755, self.read_token()
        size = 0
        if word == b"contents":
            size = int.from_bytes(self._window.take(8), "little")
            end = self._window.position + size
            yield Member(path, "file", size, mode, 1, "", self._window.iter_chunks(size))
            self._window.skip(end - self._window.position)
            self._skip_padding(size)
            word = self.read_token()
        else:
            yield Member(path, "file", 0, mode, 1)
        if word != b")":
            raise reject_damaged(f"the archive has {word!r} where a file ends", f"at `{path}`")

    def _read_directory(self, path: str, depth: int) -> Iterator[Member]:
        before = b""
        while (word := self.read_token()) == b"entry":
            self.expect(b"(")
            self.expect(b"name")
            name = self.read_token()
            if name in (b"", b".", b"..") or b"/" in name or b"\0" in name:
                raise reject_hostile(f"{path}/{name.decode('utf-8', 'surrogateescape')}", "has an invalid name")
            if name <= before:
                raise reject_hostile(f"{path}/{name.decode('utf-8', 'surrogateescape')}", "is a duplicate or out of order")
            before = name
            self.expect(b"node")
            text = name.decode("utf-8", "surrogateescape")
            yield from self.read_node(f"{path}/{text}" if path else text, depth + 1)
            self.expect(b")")
        if word != b")":
            raise reject_damaged(f"the archive has {word!r} where a directory ends", f"at `{path}`")

    def _skip_padding(self, size: int) -> None:
        if any(self._window.take(-size % 8)):
            raise reject_damaged("the archive's padding is not zero", f"at or after `{self._meter.member}`")


def _to_hex(digest: str) -> str:
    """Convert a SHA-256 in hex or in Nix's base 32 (most significant digit first, the number's bytes little-endian) to hex."""
    text = digest.removeprefix("sha256:").removeprefix("sha256-")
    if len(text) != 52:
        return text
    number = 0
    for letter in text:
        number = number * 32 + _BASE32.index(letter)
    return number.to_bytes(33, "little")[:32].hex()


READERS = {"nar": read_members}
