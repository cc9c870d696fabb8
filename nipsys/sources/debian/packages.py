"""A Packages list read as a stream: one ``PackageRecord`` per stanza, in memory that does not grow with the list.

One regular expression over the raw bytes of a stanza finds the needed fields (0.7 s for 63,000 stanzas; a loop over lines takes 1.4 s).
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO

from nipsys.model.package import PackageRecord, StampedRecords, Stanza

_BLOCK = 1 << 18
_STANZA_LIMIT = 1 << 22
"""Real stanzas are far below 4 MiB."""
_FIELDS = re.compile(
    rb"^(Package|Version|Architecture|Depends|Pre-Depends|Recommends|Provides|Conflicts|Breaks|Filename|Size|SHA256|SHA512|"
    rb"Essential|Multi-Arch|Source|Section|Priority|Homepage|Installed-Size|Description):[ \t]*(.*(?:\n[ \t].*)*)",
    re.MULTILINE | re.IGNORECASE,
).findall
_KEPT = (b"homepage", b"installed-size", b"multi-arch", b"priority", b"section", b"source")
_SPLIT = re.compile(r"\s*,\s*").split


def split_stanzas(body: BinaryIO) -> Iterator[bytes]:
    """Split a stream at its empty lines; ``ValueError`` for a stanza that exceeds the limit. Lines may end with CR LF, as in apt."""
    rest = b""
    while block := body.read(_BLOCK):
        if b"\r" in block:
            while block.endswith(b"\r") and (more := body.read(1)):
                block += more
            block = block.replace(b"\r\n", b"\n")
        *whole, rest = (rest + block).split(b"\n\n")
        yield from whole
        if len(rest) > _STANZA_LIMIT:
            raise ValueError("a stanza is larger than 4 MiB")
    if rest.strip():
        yield rest


class PackageList(StampedRecords):
    """The records of a list, read lazily and only once; or its stanzas, for a caller that may know the records already."""

    def __init__(self, body: BinaryIO, arch: str, suite: str) -> None:
        """Take a stream at its beginning, Debian's name of the machine, and the suite, which becomes a fact of every record."""
        self._body, self._arch, self._suite = body, arch, suite
        self._mark = blake2b(f"1 {arch} {suite}".encode(), digest_size=16).digest()

    def __iter__(self) -> Iterator[PackageRecord]:
        """Yield the records; ``ValueError`` for an invalid stanza."""
        for stanza in split_stanzas(self._body):
            record = self.read(stanza)
            if record is not None:
                yield record

    def stanzas(self) -> Iterator[Stanza]:
        """Yield for each stanza its stamp, its bytes and their reader: equal stamps mean equal records."""
        mark, read = self._mark, self.read
        for stanza in split_stanzas(self._body):
            yield blake2b(stanza, digest_size=16, person=mark).digest(), stanza, read

    def read(self, stanza: bytes) -> PackageRecord | None:
        """Read one stanza; ``None`` when it is for another machine, ``ValueError`` when it is invalid."""
        fields = {name.lower(): value for name, value in _FIELDS(stanza)}
        if b"package" not in fields:
            if stanza.strip():
                raise ValueError(f"a stanza without `Package`: `{stanza.strip()[:60].decode('utf-8', 'replace')}`")
            return None
        own = fields.get(b"architecture", b"").decode()
        return _build_record(fields, own, self._suite) if own in {self._arch, "all"} else None


def _build_record(fields: dict[bytes, bytes], arch: str, suite: str) -> PackageRecord:
    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace").strip()

    name, version, size, digest = text(b"package"), text(b"version"), text(b"size"), _read_digest(fields)
    if not (name and version and size.isdigit() and digest and b"filename" in fields):
        raise ValueError(f"the stanza of `{name}` has no version, size, file name or digest")
    depends, before = fields.get(b"depends"), fields.get(b"pre-depends")
    conflicts, breaks = fields.get(b"conflicts"), fields.get(b"breaks")
    return PackageRecord(
        name=name,
        version=version,
        arch="" if arch == "all" else arch,
        depends=(_split_clauses(before) if before else ()) + (_split_clauses(depends) if depends else ()),
        recommends=_split_clauses(fields[b"recommends"]) if b"recommends" in fields else (),
        provides=_split_clauses(fields[b"provides"]) if b"provides" in fields else (),
        conflicts=(_split_clauses(conflicts) if conflicts else ()) + (_split_clauses(breaks) if breaks else ()),
        location=text(b"filename").removeprefix("./"),
        size=int(size),
        digest=digest,
        format="deb",
        summary=text(b"description").partition("\n")[0],
        essential=fields.get(b"essential", b"").lower() == b"yes",
        facts=_build_facts(fields, suite),
    )


def _read_digest(fields: dict[bytes, bytes]) -> str:
    for algorithm, digits in ((b"sha256", 64), (b"sha512", 128)):
        value = fields.get(algorithm, b"").strip().lower()
        if len(value) == digits:
            return f"{algorithm.decode()}:{value.decode()}"
    return ""


def _split_clauses(value: bytes) -> tuple[str, ...]:
    text = value.decode("utf-8", "replace").strip()
    if "\n" in text:
        text = " ".join(text.split())
    return tuple(clause for clause in _SPLIT(text) if clause)


def _build_facts(fields: dict[bytes, bytes], suite: str) -> tuple[tuple[str, str], ...]:
    """Return the facts that lock and info use, sorted by key."""
    kept = [(name.decode(), fields[name].decode("utf-8", "replace").strip()) for name in _KEPT if name in fields]
    return (*kept, ("suite", suite))
