"""pacman packages: a tar archive in any compression; ``.PKGINFO`` identifies the package and ``.MTREE`` lists every member.

Both are verified while the members are read, so a package that does not match them never becomes a tree. Formats: PKGBUILD(5),
alpm-mtree, mtree(5).
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.effects.disk import Buffer
from nipsys.model import reject
from nipsys.model.package import UnpackSpec
from nipsys.sources.pacman import FoundMember, find_differences, find_name_mismatch, read_mtree, read_pkginfo
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed

_KINDS = {"file": "file", "hard": "file", "link": "link", "directory": "dir"}
_TEXTS = frozenset({".PKGINFO", ".MTREE"})
_TEXT_LIMIT = 256 << 20
_SHOWN = 5


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the payload unchanged, and the dot files at the top below ``.package/``.

    ``settings`` of the container: ``name`` and ``version`` that the package must have.
    """
    read, meter = open_decompressed(stream.read, limits, pipeline=pipeline)
    found: dict[str, FoundMember] = {}
    texts: dict[str, bytes] = {}
    for member in tar.read_members(BoundedReader(read), limits, meter):
        path = member.path.removeprefix("./").rstrip("/")
        digest = _HashedMember(member, keep=path in _TEXTS)
        if path:
            yield member._replace(data=digest.read() if member.kind == "file" else (), role="metadata" if _is_metadata(path) else "payload")
            found[path] = digest.finish(found)
        if digest.keep:
            texts[path] = digest.content()
    _check(texts, found, dict(container.settings))


def _is_metadata(path: str) -> bool:
    return path.startswith(".") and "/" not in path


class _HashedMember:
    """A member that is hashed while it is read, and kept if it is one of the texts."""

    def __init__(self, member: Member, *, keep: bool) -> None:
        self._member = member
        self._hash = hashlib.sha256()
        self._kept: list[bytes] = []
        self._data = iter(member.data)
        self.keep = keep
        if keep and member.size > _TEXT_LIMIT:
            raise reject_damaged(f"`{member.path}` has {member.size} bytes")

    def read(self) -> Iterator[Buffer]:
        """Return the bytes and hash them."""
        for part in self._data:
            self._hash.update(part)
            if self.keep:
                self._kept.append(bytes(part))
            yield part

    def finish(self, before: dict[str, FoundMember]) -> FoundMember:
        """Read and hash what is left, and return what was found."""
        member = self._member
        if member.kind == "hard":
            return before.get(member.target.removeprefix("./"), FoundMember("file", member.mode))
        if member.kind == "file":
            for _ in self.read():
                pass
            return FoundMember("file", member.mode, member.size, self._hash.hexdigest())
        return FoundMember(_KINDS.get(member.kind, member.kind), member.mode, target=member.target)

    def content(self) -> bytes:
        """Return the content of one of the texts."""
        return b"".join(self._kept)


def _check(texts: dict[str, bytes], found: dict[str, FoundMember], settings: dict[str, str]) -> None:
    """Check the package against its own metadata; packages from before 2012 have no ``.MTREE``."""
    if ".PKGINFO" not in texts:
        raise reject_damaged("the package has no `.PKGINFO`")
    try:
        information = read_pkginfo(texts[".PKGINFO"].decode("utf-8", "replace"))
        wrong = find_differences(read_mtree(texts[".MTREE"]), found) if ".MTREE" in texts else []
    except ValueError as error:
        raise reject_damaged(str(error)) from error
    if "name" in settings and (sentence := find_name_mismatch(information, settings["name"], settings.get("version", ""))) is not None:
        raise reject("source", "wrong-package", sentence, hint="the mirror serves one package as another: try another mirror")
    if wrong:
        more = (f"and {len(wrong) - _SHOWN} more",) if len(wrong) > _SHOWN else ()
        raise reject_damaged("the package does not match its `.MTREE`", *wrong[:_SHOWN], *more)


READERS = {"pacman": read_members}
