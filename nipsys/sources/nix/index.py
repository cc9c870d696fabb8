"""The project's own name index for binary caches, which have none: a name, a version, a store path, the cache that has it.

A sorted UTF-8 text, compressed or not::

    nipsys-nix-index 1
    system x86_64-linux
    date 2026-11-20T08:00:00Z
    <empty line>
    hello<TAB>2.12.1<TAB><hash>-hello-2.12.1<TAB><TAB>A program that says hello
    sha256 <64 hex digits over everything above>

The fourth column is a cache's address, empty for the source's own caches. The index is made from an evaluator's output
(``nix-env -qaP --json --out-path --meta``) or from a channel's list of store paths.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nipsys.model import Frozen
from nipsys.sources.common import unpack
from nipsys.versions.nix import sort_key_of, split_name

MAGIC = "nipsys-nix-index 1"
_LIMIT = 1 << 30
_BASE = re.compile(r"[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+\-._?=]{1,211}").fullmatch
_ADDRESS = re.compile(r"(?:https?|file)://\S+").fullmatch
_OUTPUT = re.compile(r"-(bin|dev|doc|man|info|lib|static|debug|devdoc|dist|data|py|tests|getent|lxc)$").search
_CHANNEL = re.compile(r"(?:nixpkgs|nixos|nixos-\d\d\.\d\d)\.").match


class IndexRow(NamedTuple):
    """One name."""

    name: str
    """An attribute path (``python3Packages.requests``), with a suffix such as ``.dev`` for an output other than the main one."""
    version: str
    base_name: str
    """``<hash>-<name>`` of the store path."""
    cache: str = ""
    """Address of the cache that has it; empty for the source's own."""
    summary: str = ""


class NameIndex(Frozen):
    """The contents of an index file."""

    system: str
    date: str
    rows: dict[str, list[IndexRow]]
    """By name, newest version first."""


def write_index(rows: Iterable[IndexRow], system: str, date: str) -> bytes:
    """Return the bytes of an index, the same for equal rows; duplicate rows and names with a space are left out."""
    plain = (row._replace(version="".join(row.version.split()), summary=" ".join(row.summary.split())) for row in rows)
    lines = sorted({"\t".join(row) for row in plain if row.name and not any(letter.isspace() for letter in row.name)})
    text = "\n".join((MAGIC, f"system {system}", f"date {date}", "", *lines, "")).encode()
    return text + f"sha256 {hashlib.sha256(text).hexdigest()}\n".encode()


def read_index(packed: bytes, names: frozenset[str] | None = None) -> NameIndex:
    """Read an index, all names or only ``names``; ``ValueError`` with a sentence when it is invalid."""
    text, mark, digest = unpack(packed, _LIMIT).rpartition(b"sha256 ")
    head, empty, body = text.decode("utf-8", "replace").partition("\n\n")
    magic, *lines = head.split("\n")
    if not mark or magic != MAGIC or not empty:
        raise ValueError(f"it is truncated, or does not begin with `{MAGIC}`")
    if digest != f"{hashlib.sha256(text).hexdigest()}\n".encode():
        raise ValueError("it does not match the digest in its last line")
    fields = {name: value for name, _, value in (line.partition(" ") for line in lines)}
    rows: dict[str, list[IndexRow]] = {}
    for line in body.splitlines():
        name, _, rest = line.partition("\t")
        if names is None or name in names:
            rows.setdefault(name, []).append(_parse_row(name, rest))
    for listed in rows.values():
        listed.sort(key=lambda row: (sort_key_of(row.version), row.base_name), reverse=True)
    return NameIndex(fields.get("system", ""), fields.get("date", ""), rows)


def index_names(listing: bytes, cache: str, arch: str, now: str) -> tuple[bytes, int]:
    """Return the bytes of an index for the machine ``arch``, made at ``now``, and the number of its names.

    ``listing`` is the output of ``nix-env -qaP --json --out-path`` or a list of store paths, compressed or not; ``ValueError`` for others.
    """
    text, system = unpack(listing, _LIMIT), f"{arch}-linux"
    rows = tuple(from_evaluator(text, system, cache) if text.lstrip().startswith(b"{") else from_store_paths(text, cache))
    return write_index(rows, system, now), len(rows)


def from_evaluator(text: bytes, system: str, cache: str = "") -> Iterator[IndexRow]:
    """Yield the rows of the output of ``nix-env -qaP --json --out-path``, for one system; ``ValueError`` for anything else."""
    try:
        listed = json.loads(text)
        packages = [(_CHANNEL(attribute), attribute, package) for attribute, package in listed.items()]
    except (ValueError, AttributeError) as error:
        raise ValueError("it is not the output of `nix-env -qaP --json --out-path`") from error
    for channel, attribute, package in packages:
        if package.get("system", system) != system:
            continue
        outputs = _read_outputs(package)
        name = attribute[channel.end() :] if channel else attribute
        version = str(package.get("version") or split_name(str(package.get("name", "")))[1])
        summary = str((package.get("meta") or {}).get("description") or "")
        main = next((output for output in ("bin", "out") if output in outputs), next(iter(outputs), ""))
        for output, base in outputs.items():
            yield IndexRow(name if output == main else f"{name}.{output}", version, base, cache, summary if output == main else "")


def from_store_paths(text: bytes, cache: str = "") -> Iterator[IndexRow]:
    """Yield the rows of a channel's list of store paths, compressed or not, named after the paths; ``ValueError`` for other lines.

    The list has no attributes: ``<hash>-hello-2.12`` is ``hello`` 2.12, ``<hash>-glibc-2.38-44-dev`` is ``glibc.dev`` 2.38-44.
    """
    for line in unpack(text, _LIMIT).decode("utf-8", "replace").split():
        base = line.rpartition("/")[2]
        if not _BASE(base):
            raise ValueError(f"`{line[:80]}` is not a store path")
        output = _OUTPUT(base[33:])
        name, version = split_name(base[33 : 33 + output.start()] if output else base[33:])
        yield IndexRow(f"{name}.{output[1]}" if output and output[1] != "bin" else name, version, base, cache)


def _read_outputs(package: dict[str, Any]) -> dict[str, str]:
    found = package.get("outputs") or {}
    out = {str(output): str(path).rpartition("/")[2] for output, path in found.items() if path}
    for base in out.values():
        if not _BASE(base):
            raise ValueError(f"`{base[:80]}` is not the name of a store path")
    return out


def _parse_row(name: str, rest: str) -> IndexRow:
    columns = rest.split("\t")
    if len(columns) != 4 or not _BASE(columns[1]) or " " in columns[0] or not (columns[2] == "" or _ADDRESS(columns[2])):
        raise ValueError(f"the line of `{name[:60]}` is invalid")
    return IndexRow(name, *columns)
