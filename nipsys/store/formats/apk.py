"""Alpine packages, version 2: concatenated gzip members (signatures, control, data), each a tar archive.

Format: https://wiki.alpinelinux.org/wiki/Apk_spec. The signed index holds the digest of the raw control member, and the control member
the digest of everything after it; both are verified while the package is read. Dot files at the top are the package's metadata.
"""

import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model import digest_of, reject
from nipsys.model.package import UnpackSpec
from nipsys.sources.alpine import read_pkginfo, read_signatures
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed

_PART = 1 << 16
_HEAD_LIMIT = 64 << 20
"""Bytes of signatures and scripts: far more than any package has."""


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the payload unchanged, and the metadata below ``.package/``.

    ``settings`` of the container: ``control`` (``sha1:<hex>``, ``sha256:<hex>``), ``name`` and ``version`` that the package must have.
    """
    head = _GzipHead(stream)
    first, text = head.read_member()
    try:
        signed = bool(read_signatures(text))
    except ValueError as error:
        raise reject_damaged(f"the package is not an apk package: {error}") from error
    raw, text = head.read_member() if signed else (first, text)
    stated = dict(container.settings)
    data = _HashingReader(head.rest, stream)
    for member in tar.read_members(BoundedReader(io.BytesIO(text).read, "the package"), limits, joined=True):
        path = member.path.removeprefix("./")
        if member.kind != "file" or not path.startswith(".") or "/" in path:
            raise reject_damaged(f"the package's control member contains `{path}`")
        content = b"".join(member.data)
        if path == ".PKGINFO":
            _check(read_pkginfo(content.decode("utf-8", "replace")), raw, stated, data)
        yield member._replace(role="metadata", data=(content,) if content else ())
    if not data.checked:
        raise reject_damaged("the package has no `.PKGINFO`")
    read, meter = open_decompressed(data.read, limits, "the package", pipeline)
    for member in tar.read_members(BoundedReader(read, "the package"), limits, meter, joined=True):
        yield member._replace(role="metadata") if _is_metadata(member.path) else member
    data.finish()


def _is_metadata(path: str) -> bool:
    path = path.removeprefix("./")
    return path.startswith(".") and "/" not in path


def _check(information: dict[str, tuple[str, ...]], raw: bytes, stated: dict[str, str], data: "_HashingReader") -> None:
    """Check the control member against the index, and note the digest the data must have."""
    control = stated.get("control", "")
    if control and digest_of(raw, control.partition(":")[0]) != control:
        hint = "nothing was kept; try another mirror, or `nipsys update` if the repository has changed"
        raise reject("source", "wrong-digest", "the digest of the package's control member differs from the one in the index", hint=hint)
    own = (information.get("pkgname", ("",))[0], information.get("pkgver", ("",))[0])
    if "name" in stated and own != (stated["name"], stated.get("version", "")):
        message = f"the package is `{own[0]}` {own[1]}, not `{stated['name']}` {stated.get('version', '')}"
        raise reject("source", "wrong-package", message, hint="the mirror serves one package as another: try another mirror")
    data.wanted = information.get("datahash", ("",))[0]
    data.checked = True
    if control and not data.wanted:
        raise reject_damaged("the package does not state the digest of its data")


class _GzipHead:
    """The gzip members before the data, read one by one together with their raw bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.rest = stream.read(_PART)
        if self.rest[:3] == b"ADB":
            hint = "use a mirror or branch with version 2 packages"
            raise reject("source", "unknown-format", "the package has apk version 3, which is not supported", hint=hint)

    def read_member(self) -> tuple[bytes, bytes]:
        """Return the next member, raw and unpacked."""
        unpacker = zlib.decompressobj(31)
        raw, text, size = [], [], 0
        try:
            while not unpacker.eof:
                part = self.rest or self._stream.read(_PART)
                if not part:
                    raise reject_damaged("the package is truncated")
                text.append(unpacker.decompress(part, _HEAD_LIMIT))
                size += len(text[-1])
                if size >= _HEAD_LIMIT:
                    raise reject_damaged("the package's control member is too large")
                self.rest = unpacker.unused_data or unpacker.unconsumed_tail
                raw.append(part[: len(part) - len(self.rest)])
        except zlib.error as error:
            raise reject_damaged("the package is not an apk package of version 2", str(error)) from error
        return b"".join(raw), b"".join(text)


class _HashingReader:
    """A stream of what follows the control member, hashed as it is read."""

    def __init__(self, rest: bytes, stream: BinaryIO) -> None:
        self._rest, self._stream = rest, stream
        self._hash = hashlib.sha256()
        self.wanted = ""
        self.checked = False

    def read(self, size: int = -1) -> bytes:
        """Return the next raw bytes."""
        if self._rest:
            part, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        else:
            part = self._stream.read(size)
        self._hash.update(part)
        return part

    def finish(self) -> None:
        """Read to the end; ``Rejected`` when the data does not have the digest in the control member."""
        while self.read(_PART):
            pass
        if self.wanted and self._hash.hexdigest() != self.wanted.lower():
            raise reject_damaged(
                "the package's data has a wrong digest", f"expected sha256:{self.wanted}", f"found sha256:{self._hash.hexdigest()}"
            )


READERS = {"apk": read_members}
