"""The metadata inside a pacman package: ``.PKGINFO``, and ``.MTREE``, which describes every member (mtree(5))."""

import re

from nipsys.model import Frozen
from nipsys.sources.common import unpack

_OCTAL = re.compile(rb"\\([0-7]{3})")
_MTREE_LIMIT = 256 << 20
_UNLISTED = frozenset({".MTREE"})
"""Members that the list does not contain: the list itself."""


class MtreeEntry(Frozen):
    """One member as ``.MTREE`` describes it."""

    kind: str
    """``file``, ``dir`` or ``link``."""
    mode: int
    size: int | None = None
    sha256: str = ""
    """Hex; empty when the list has none."""
    target: str = ""


class FoundMember(Frozen):
    """One member as it was in the archive."""

    kind: str
    mode: int
    size: int = 0
    sha256: str = ""
    target: str = ""


def read_pkginfo(text: str) -> dict[str, tuple[str, ...]]:
    """Read ``.PKGINFO`` (``key = value``, repeatable) or ``.BUILDINFO``; ``ValueError`` for a line that is neither that nor a comment."""
    out: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, equals, value = line.partition(" = ")
        if not equals:
            key, equals, value = line.partition(" =")
        if not equals:
            raise ValueError(f"`.PKGINFO` has a line without ` = `: `{line[:80]}`")
        out.setdefault(key.strip(), []).append(value)
    return {key: tuple(values) for key, values in out.items()}


def find_name_mismatch(information: dict[str, tuple[str, ...]], name: str, version: str) -> str | None:
    """Return a sentence when a package is not the one it was fetched as; ``None`` when it is."""
    own = (information.get("pkgname", ("",))[0], information.get("pkgver", ("",))[0])
    if own == (name, version):
        return None
    return f"the package is `{own[0]}` {own[1]}, not `{name}` {version}"


def read_mtree(packed: bytes) -> dict[str, MtreeEntry]:
    """Read ``.MTREE`` (gzip): relative path to its entry; ``ValueError`` when it is invalid or has duplicate paths."""
    defaults: dict[bytes, bytes] = {}
    out: dict[str, MtreeEntry] = {}
    for line in unpack(packed, _MTREE_LIMIT).splitlines():
        parts = line.split()
        if not parts or parts[0].startswith(b"#"):
            continue
        if parts[0] == b"/unset":
            for key in parts[1:]:
                defaults.pop(key, None)
            continue
        pairs = {key: value for key, _, value in (part.partition(b"=") for part in parts[1:])}
        if parts[0] == b"/set":
            defaults.update(pairs)
            continue
        path = _unescape(parts[0]).removeprefix("./")
        if path in out:
            raise ValueError(f"`.MTREE` has a duplicate entry for `{path[:80]}`")
        out[path] = _build_entry({**defaults, **pairs}, path)
    return out


def find_differences(stated: dict[str, MtreeEntry], found: dict[str, FoundMember]) -> list[str]:
    """Return how members and ``.MTREE`` differ, one sentence each: missing, unlisted, or other in kind, mode, size, digest or target."""
    out = [f"`{path}` is listed in `.MTREE` but not in the package" for path in stated if path not in found]
    for path, have in found.items():
        want = stated.get(path)
        if path in _UNLISTED:
            continue
        if want is None:
            out.append(f"`{path}` is in the package but not listed in `.MTREE`")
        elif (difference := _compare(want, have)) is not None:
            out.append(f"`{path}` {difference}")
    return out


def _compare(want: MtreeEntry, have: FoundMember) -> str | None:
    if want.kind != have.kind:
        return f"is a {have.kind}, `.MTREE` says {want.kind}"
    if want.kind == "link":
        return None if want.target == have.target else f"points to `{have.target}`, `.MTREE` says `{want.target}`"
    if want.mode != have.mode:
        return f"has mode {have.mode:o}, `.MTREE` says {want.mode:o}"
    if want.kind == "dir":
        return None
    if want.size is not None and want.size != have.size:
        return f"has {have.size} bytes, `.MTREE` says {want.size}"
    if want.sha256 and want.sha256 != have.sha256:
        return "has a SHA-256 that differs from `.MTREE`"
    return None


def _build_entry(pairs: dict[bytes, bytes], path: str) -> MtreeEntry:
    kind = pairs.get(b"type", b"").decode("ascii", "replace")
    if kind not in {"file", "dir", "link"}:
        raise ValueError(f"`.MTREE` says that `{path[:80]}` is a `{kind[:20]}`")
    try:
        mode = int(pairs.get(b"mode", b"0"), 8)
        size = int(pairs[b"size"]) if b"size" in pairs else None
    except ValueError as error:
        raise ValueError(f"`.MTREE` has an invalid number for `{path[:80]}`") from error
    digest = (pairs.get(b"sha256digest") or pairs.get(b"sha256") or b"").decode("ascii", "replace").lower()
    if kind == "file" and not digest:
        raise ValueError(f"`.MTREE` has no SHA-256 for `{path[:80]}`")
    return MtreeEntry(kind, mode, size, digest, _unescape(pairs.get(b"link", b"")))


def _unescape(text: bytes) -> str:
    return _OCTAL.sub(lambda found: bytes((int(found[1], 8) & 0xFF,)), text).decode("utf-8", "surrogateescape")
