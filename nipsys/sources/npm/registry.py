"""A packument of an npm registry: every version of a package, with its dependencies, digests and signatures.

https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from nipsys.model import Frozen, field

_STRONGEST = ("sha512", "sha256", "sha1")
_SIZES = {"sha512": 64, "sha256": 32, "sha1": 20}
_ALIAS = re.compile(r"npm:((?:@[^/@\s]+/)?[^/@\s]+)(?:@(.*))?")
_NAME = re.compile(r"(?:@[a-z0-9~*!'()_-][a-z0-9~*!'()._-]*/)?[A-Za-z0-9~*!'()_-][A-Za-z0-9~*!'()._-]*")


class Manifest(Frozen):
    """One version of a package."""

    name: str
    version: str
    tarball: str = ""
    """Address."""
    digest: str = ""
    depends: tuple[str, ...] = ()
    """Clauses in the dialect: dependencies and peer dependencies that are not optional."""
    recommends: tuple[str, ...] = ()
    """Optional dependencies."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(name it is required by, name of the package) of aliased dependencies."""
    unsupported: tuple[str, ...] = ()
    """Dependencies that name an address, a directory or a repository."""
    node: str = ""
    """``engines.node``."""
    systems: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    libcs: tuple[str, ...] = ()
    summary: str = ""
    licence: str = ""
    deprecated: str = ""
    scripts: bool = False
    """It has install scripts, which are never run."""
    published: str = ""
    integrity: str = ""
    """As the registry writes it: this text is signed."""
    signatures: tuple[tuple[str, str], ...] = ()
    """(key id, base 64) of every signature by the registry."""


class Packument(Frozen):
    """A package of the registry."""

    name: str
    manifests: Mapping[str, Manifest] = field(default_factory=dict, hash=False)
    """By version."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Distribution tag (``latest``) to version."""
    modified: str = ""
    dated: bool = False
    """It has the publication times of versions."""


def read_packument(raw: bytes) -> Packument:
    """Read a packument, full or abbreviated; ``ValueError`` when it is invalid. A version without name or tarball is left out."""
    try:
        value = json.loads(raw)
        name, versions = str(value["name"]), value["versions"]
        times = value.get("time") or {}
        manifests = {version: _read_manifest(version, entry, str(times.get(version, ""))) for version, entry in versions.items()}
        tags = {str(tag): str(version) for tag, version in (value.get("dist-tags") or {}).items()}
        modified = str(value.get("modified") or times.get("modified") or max(map(str, times.values()), default=""))
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise ValueError(f"it is not a packument: {fault!r}") from fault
    return Packument(name, {version: found for version, found in manifests.items() if found is not None}, tags, modified, bool(times))


def _read_manifest(version: str, entry: dict[str, Any], published: str) -> Manifest | None:
    dist, name = entry.get("dist") or {}, str(entry.get("name", ""))
    optional = _to_table(entry.get("optionalDependencies"))
    bundled = entry.get("bundleDependencies", entry.get("bundledDependencies")) or ()
    required = {key: value for key, value in _to_table(entry.get("dependencies")).items() if key not in optional}
    loose = {key for key, meta in (entry.get("peerDependenciesMeta") or {}).items() if isinstance(meta, dict) and meta.get("optional")}
    peers = {key: value for key, value in _to_table(entry.get("peerDependencies")).items() if key not in loose and key not in required}
    inside = set(required) | set(optional) if bundled is True else {str(each) for each in bundled}
    needs, aliases, refused = _parse_dependencies({key: value for key, value in {**required, **peers}.items() if key not in inside})
    recommends, more, _ = _parse_dependencies({key: value for key, value in optional.items() if key not in inside})
    if not dist.get("tarball") or not name:
        return None
    scripts = entry.get("scripts") or {}
    return Manifest(
        name=name,
        version=version,
        tarball=str(dist["tarball"]),
        digest=parse_integrity(str(dist.get("integrity") or "")) or parse_shasum(str(dist.get("shasum") or "")),
        depends=needs,
        recommends=recommends,
        aliases=(*aliases, *more),
        unsupported=refused,
        node=str((entry.get("engines") or {}).get("node", "")) if isinstance(entry.get("engines"), dict) else "",
        systems=_to_words(entry.get("os")),
        machines=_to_words(entry.get("cpu")),
        libcs=_to_words(entry.get("libc")),
        summary=str(entry.get("description") or ""),
        licence=str(entry.get("license") or "") if isinstance(entry.get("license"), str) else "",
        deprecated=str(entry.get("deprecated") or ""),
        scripts=bool(entry.get("hasInstallScript") or {"preinstall", "install", "postinstall"} & set(scripts)),
        published=published,
        integrity=str(dist.get("integrity") or ""),
        signatures=tuple((str(row.get("keyid")), str(row.get("sig"))) for row in dist.get("signatures") or () if isinstance(row, dict)),
    )


def _to_table(value: object) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}


def _to_words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _parse_dependencies(table: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the clauses of a table of dependencies, its aliases, and the dependencies that are not in a registry."""
    found, aliases, refused = [], [], []
    for name, text in sorted(table.items()):
        span, real = text.strip(), name
        if alias := _ALIAS.fullmatch(span):
            real, span = alias[1], (alias[2] or "").strip()
            aliases.append((name, real))
        if _NAME.fullmatch(real) is None or _NAME.fullmatch(name) is None or re.search(r"[:/]", span):
            refused.append(f"{name}@{text}")
            continue
        found.append(f"{real}@{span}" if span not in {"", "*"} else real)
    return tuple(dict.fromkeys(found)), tuple(aliases), tuple(refused)


def parse_integrity(text: str) -> str:
    """Read Subresource Integrity (``sha512-<base64>``, space-separated): the strongest as ``algorithm:hex``, or empty."""
    found = {}
    for word in text.split():
        algorithm, _, value = word.partition("?")[0].partition("-")
        try:
            raw = base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            continue
        if len(raw) == _SIZES.get(algorithm):
            found[algorithm] = raw.hex()
    return next((f"{algorithm}:{found[algorithm]}" for algorithm in _STRONGEST if algorithm in found), "")


def parse_shasum(text: str) -> str:
    """Read the ``shasum`` of old packages (SHA-1 as hex): ``sha1:<hex>``, or empty when it is invalid."""
    return f"sha1:{text.lower()}" if re.fullmatch(r"[0-9a-fA-F]{40}", text) else ""


def is_allowed(listed: tuple[str, ...], have: str) -> bool:
    """Return whether ``os``, ``cpu`` or ``libc`` allows ``have``: ``!x`` excludes ``x``; other words, if any, must include it."""
    barred = {word[1:] for word in listed if word.startswith("!")}
    named = {word for word in listed if not word.startswith("!")}
    return have not in barred and (not named or have in named or "any" in named)
