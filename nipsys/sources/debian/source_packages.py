"""Debian's source packages: a Sources list read as a stream; one ``PackageRecord`` per package, its files as facts.

A source package is several files (the ``.dsc`` that describes it, the upstream archives, Debian's changes); the signed list has the
digest of each. The record describes the ``.dsc``; ``files_of`` returns all files.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from nipsys.model import replace
from nipsys.model.package import PackageRecord
from nipsys.model.system import SourceSpec
from nipsys.sources.debian.packages import split_stanzas

SOURCE_FORMAT = "deb-source"
_FIELDS = re.compile(
    rb"^(Package|Version|Directory|Binary|Section|Homepage|Build-Depends|Build-Depends-Indep|Build-Depends-Arch|Build-Conflicts|"
    rb"Checksums-Sha256):[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
).findall
_FILE = re.compile(r"[0-9a-f]{64} [0-9]+ [A-Za-z0-9][A-Za-z0-9.+~:_-]*").fullmatch


class SourceFile(NamedTuple):
    """One file of a source package."""

    name: str
    location: str
    """Relative to the mirror."""
    size: int
    digest: str


def read_sources(body: BinaryIO, suite: str) -> Iterator[PackageRecord]:
    """Yield the source packages of a Sources list; ``ValueError`` for an invalid stanza."""
    for stanza in split_stanzas(body):
        fields = {name.lower().decode(): value.decode("utf-8", "replace").strip() for name, value in _FIELDS(stanza)}
        if fields:
            yield _build_record(fields, suite)


def files_of(record: PackageRecord) -> tuple[SourceFile, ...]:
    """Return every file of a source package, the ``.dsc`` first."""
    directory = record.location.rpartition("/")[0]
    lines = dict(record.facts)["files"].split("\n")
    found = [
        SourceFile(name, f"{directory}/{name}".lstrip("/"), int(size), f"sha256:{digest}") for digest, size, name in map(str.split, lines)
    ]
    return tuple(sorted(found, key=lambda file: (not file.name.endswith(".dsc"), file.name)))


def to_sources_spec(spec: SourceSpec) -> SourceSpec:
    """Return the profile node under which a source's source packages are synced: in addition to it, not instead of it."""
    return replace(spec, name=f"{spec.name}.sources")


def _build_record(fields: dict[str, str], suite: str) -> PackageRecord:
    name, version = fields.get("package", ""), fields.get("version", "")
    lines = [" ".join(line.split()) for line in fields.get("checksums-sha256", "").splitlines() if line.strip()]
    described = [line.split() for line in lines if line.endswith(".dsc")]
    if not (name and version and "directory" in fields and len(described) == 1 and all(_FILE(line) for line in lines)):
        raise ValueError(f"the stanza of the source package `{name}` has no version, directory or files with a SHA-256 digest")
    digest, size, dsc = described[0]
    needs = [fields.get(f"build-depends{end}", "") for end in ("", "-arch", "-indep")]
    kept = [(key, fields[key]) for key in ("homepage", "section") if key in fields]
    binaries = ("binary", " ".join(fields.get("binary", "").replace(",", " ").split()))
    return PackageRecord(
        name=name,
        version=version,
        arch="",
        depends=tuple(clause for text in needs for clause in _split_clauses(text)),
        conflicts=_split_clauses(fields.get("build-conflicts", "")),
        location="/".join(filter(None, (fields["directory"].removeprefix("./").strip("/"), dsc))).removeprefix("./"),
        size=int(size),
        digest=f"sha256:{digest}",
        format=SOURCE_FORMAT,
        facts=tuple(sorted([binaries, ("files", "\n".join(lines)), *kept, ("suite", suite)])),
    )


def _split_clauses(text: str) -> tuple[str, ...]:
    return tuple(clause for clause in (part.strip() for part in " ".join(text.split()).split(",")) if clause)
