"""The path policy of the store: every member is checked here before a byte of it is written.

An admitted member has a plain relative path whose parents are directories of the same tree, so nothing can be written through a link,
outside the tree, or over another member. Messages name the member.
"""

import unicodedata
from typing import Literal, NamedTuple

from nipsys.model.package import UnpackSpec
from nipsys.store.member import Limits, Member, reject_hostile

_METADATA = ".package"
_EMPTY_PARTS = frozenset(("", ".", ".."))
"""Path parts that are not names."""


class Admitted(NamedTuple):
    """A member with the path it gets in the tree."""

    path: str
    member: Member
    missing: tuple[str, ...]
    """Parent directories to create first, outermost first."""
    target: str = ""
    """For a hard link: the path in the tree of the file it links to."""


class PathPolicy:
    """Checks the members of one tree."""

    def __init__(self, container: UnpackSpec, limits: Limits) -> None:
        """Map paths as ``container`` says (``strip``, ``skip``, ``prefix``) and enforce ``limits``."""
        self._container = container
        self._limits = limits
        self._seen: dict[str, Literal["file", "link", "directory"]] = {}
        self._composed: dict[str, str] = {}
        self._size = 0
        self._count = 0
        self._names = 0
        self.dropped_bits: list[str] = []
        """Paths of files whose set-user-id, set-group-id or sticky bits are dropped."""

    def check(self, member: Member) -> Admitted | None:
        """Return the member with its path, or ``None`` if it adds nothing (skipped, stripped, a directory seen before).

        ``Rejected`` when the member is not allowed in a tree.
        """
        self._measure(member)
        path = self.map_path(member.path, member)
        if path is None:
            return None
        if member.kind == "other":
            raise reject_hostile(member.path, "is a device, a pipe or a socket")
        if member.kind == "directory":
            return self._check_directory(path, member)
        missing = self._check_parents(path, member)
        self._claim(path, member, "link" if member.kind == "link" else "file")
        if member.mode & 0o7000 and member.kind == "file":
            self.dropped_bits.append(path)
        if member.kind == "link" and (not member.target or "\0" in member.target or len(member.target) > 4095):
            raise reject_hostile(member.path, "has an invalid link target")
        return Admitted(path, member, missing, self._hard_link_target(member) if member.kind == "hard" else "")

    def map_path(self, path: str, of: Member) -> str | None:
        """Return the path in the tree for ``path`` of the archive, or ``None`` if it is left out; ``of`` is the member that names it."""
        member = of.path
        if path.startswith("/"):
            raise reject_hostile(member, "has an absolute path")
        if "\0" in path:
            raise reject_hostile(member, "has a zero byte in its path")
        parts = path.split("/")
        if not _EMPTY_PARTS.isdisjoint(parts):
            if ".." in parts:
                raise reject_hostile(member, "has `..` in its path")
            parts = [part for part in parts if part not in _EMPTY_PARTS]
        if len(parts) > self._limits.depth:
            raise reject_hostile(member[:100], f"is nested {len(parts)} directories deep")
        if len(path) > 63 and any(len(part.encode("utf-8", "surrogateescape")) > 255 for part in parts):
            raise reject_hostile(member, "has a name of more than 255 bytes")
        if of.role == "known":
            return "/".join(parts) or None
        if of.role == "metadata":
            return "/".join((_METADATA, *parts)) if parts else None
        if parts and parts[0] == _METADATA:
            raise reject_hostile(member, "uses the reserved name `.package`")
        if of.role == "added":
            return "/".join(parts) or None
        if self._container.skip and self._skipped("/".join(parts)):
            return None
        if self._container.strip:
            parts = parts[self._container.strip :]
        if not parts:
            return None
        return f"{self._container.prefix}/{'/'.join(parts)}" if self._container.prefix else "/".join(parts)

    def _skipped(self, path: str) -> bool:
        from fnmatch import fnmatchcase  # noqa: PLC0415 - few containers skip anything

        return any(fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*") for pattern in self._container.skip)

    def _measure(self, member: Member) -> None:
        self._count += 1
        self._size += member.size
        if self._count > self._limits.entries:
            raise reject_hostile(member.path, f"exceeds the limit of {self._limits.entries} members")
        if self._size > self._limits.size:
            raise reject_hostile(member.path, f"exceeds the limit of {self._limits.size} unpacked bytes")

    def _check_directory(self, path: str, member: Member) -> Admitted | None:
        missing = self._check_parents(path, member)
        before = self._seen.get(path)
        if before == "directory":
            return Admitted(path, member, missing) if missing else None
        self._claim(path, member, "directory")
        return Admitted(path, member, missing)

    def _check_parents(self, path: str, member: Member) -> tuple[str, ...]:
        """Return the parents that do not exist yet; ``Rejected`` when one is a link or a file."""
        parent = path.rpartition("/")[0]
        if not parent or self._seen.get(parent) == "directory":
            return ()
        parts = parent.split("/")
        missing = []
        for length in range(1, len(parts) + 1):
            above = "/".join(parts[:length])
            kind = self._seen.get(above)
            if kind is None:
                self._claim(above, member, "directory")
                missing.append(above)
            elif kind == "link":
                raise reject_hostile(member.path, "would be written through a symbolic link", f"`{above}` is a link of the same archive")
            elif kind == "file":
                raise reject_hostile(member.path, "is below a file", f"`{above}` is a file of the same archive")
        return tuple(missing)

    def _claim(self, path: str, member: Member, kind: Literal["file", "link", "directory"]) -> None:
        if path in self._seen:
            raise reject_hostile(member.path, "is a duplicate", f"it would overwrite `{path}`")
        self._seen[path] = kind
        self._names += len(path)
        if len(self._seen) > 2 * self._limits.entries:
            raise reject_hostile(member.path, f"exceeds the limit of {2 * self._limits.entries} entries in the tree")
        if self._names > self._limits.path_characters:
            raise reject_hostile(member.path, f"exceeds the limit of {self._limits.path_characters} characters in all paths of the tree")
        if not path.isascii():
            composed = unicodedata.normalize("NFC", path)
            other = self._composed.setdefault(composed, path)
            if other != path:
                raise reject_hostile(
                    member.path, "looks the same as another", f"`{path}` and `{other}` differ only in Unicode normalization"
                )

    def _hard_link_target(self, member: Member) -> str:
        target = self.map_path(member.target, member)
        if target is None or self._seen.get(target) != "file" or target == self.map_path(member.path, member):
            raise reject_hostile(member.path, f"is a hard link to `{member.target}`, which is not an earlier file of this archive")
        return target
