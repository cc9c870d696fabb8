"""APKINDEX.tar.gz and the packages it lists, version 2 of the formats (https://wiki.alpinelinux.org/wiki/Apk_spec).

Both are concatenated gzip members: a signature (a tar without its end), then the signed data. The index has for each package the digest
of its control member, which contains the digest of the data: so one signature covers every byte.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nipsys.model.package import PackageRecord
from nipsys.sources.common import DamagedData, format_unix_time, iter_tar_files, split_gzip_members
from nipsys.sources.common.signatures import PublicKey

UNPACKED_LIMIT = 1 << 30
_SIGNATURE = re.compile(r"\.SIGN\.(RSA|RSA256|RSA512)\.([^/]+)").fullmatch
_HASHES = {"RSA": "sha1", "RSA256": "sha256", "RSA512": "sha512"}
_CHECKSUMS = {"Q1": ("sha1", 20), "Q2": ("sha256", 32)}
_FACTS = {"U": "homepage", "L": "licence", "o": "source", "I": "installed-size", "i": "install-if", "r": "replaces", "c": "commit"}
_VERSION_3 = b"ADB"


class RepositoryIndex(NamedTuple):
    """The contents of a repository's index."""

    records: list[PackageRecord]
    date: str
    """When its newest package was built; empty when unknown."""
    description: str


class Signature(NamedTuple):
    """One signature of the data that follows it."""

    key: str
    """File name of the key: ``alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub``."""
    algorithm: str
    """``sha1``, ``sha256`` or ``sha512``."""
    value: bytes


def split_signed(packed: bytes, what: str) -> tuple[tuple[Signature, ...], bytes, bytes]:
    """Return the signatures, the raw bytes they sign, and those bytes decompressed; ``ValueError`` with a sentence when it is invalid.

    ``what`` is ``index`` or ``package``, for the message.
    """
    if packed[:3] == _VERSION_3:
        raise ValueError(f"it is an apk version 3 {what}, which is not supported: use a mirror or branch with version 2")
    if packed[:2] != b"\x1f\x8b":
        raise ValueError(f"it is not an apk {what}")
    members = split_gzip_members(packed, UNPACKED_LIMIT)
    signatures = read_signatures(members[0][1])
    signed = packed[len(members[0][0]) :] if signatures else packed
    return signatures, signed, b"".join([text for _, text in (members[1:] if signatures else members)])


def read_signatures(text: bytes) -> tuple[Signature, ...]:
    """Return the signatures in the tar of a first gzip member; empty when it has other files."""
    out = []
    for path, start, end in iter_tar_files(text):
        found = _SIGNATURE(path)
        if found is None:
            return ()
        out.append(Signature(found[2], _HASHES[found[1]], text[start:end]))
    return tuple(out)


def find_signer(signatures: Iterable[Signature], signed: bytes, keys: Mapping[str, PublicKey]) -> str | None:
    """Return the name of a trusted key with a valid signature, or ``None``."""
    for signature in signatures:
        key = keys.get(signature.key)
        if key is not None and key.verifies(signature.algorithm, signature.value, signed):
            return signature.key
    return None


def read_index(text: bytes, repository: str, arch: str) -> RepositoryIndex:
    """Read the decompressed tar of an index of one machine; ``ValueError`` when it is invalid.

    Locations are ``<repository>/<arch>/<file>``.
    """
    files = {path: (start, end) for path, start, end in iter_tar_files(text)}
    if "APKINDEX" not in files:
        raise DamagedData("it has no `APKINDEX`")
    start, end = files["APKINDEX"]
    records, newest = [], 0
    for block in text[start:end].decode("utf-8", "replace").split("\n\n"):
        if block.strip():
            fields = {line[:1]: line[2:] for line in block.strip("\n").split("\n") if line[1:2] == ":"}
            record = _build_record(fields, repository, arch)
            newest = max(newest, int(fields["t"]) if fields.get("t", "").isdecimal() and len(fields["t"]) < 12 else 0)
            if record.arch in {arch, ""}:
                records.append(record)
    place = files.get("DESCRIPTION", (0, 0))
    description = text[place[0] : place[1]].decode("utf-8", "replace").strip()
    return RepositoryIndex(records, format_unix_time(str(newest)) if newest else "", description)


def read_checksum(text: str) -> str:
    """Return ``sha1:<hex>`` or ``sha256:<hex>`` for ``Q1<base 64>`` or ``Q2<base 64>``; ``ValueError`` for anything else."""
    algorithm, size = _CHECKSUMS.get(text[:2], ("", 0))
    try:
        raw = base64.b64decode(text[2:], validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not algorithm or len(raw) != size:
        raise ValueError(f"`{text[:60]}` is not an apk checksum")
    return f"{algorithm}:{raw.hex()}"


def read_pkginfo(text: str) -> dict[str, tuple[str, ...]]:
    """Read a package's ``.PKGINFO``: ``key = value``, repeatable; other lines are comments."""
    out: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition(" = ")
        if equals and not line.startswith("#"):
            out.setdefault(key.strip(), []).append(value.strip())
    return {key: tuple(values) for key, values in out.items()}


def _build_record(fields: Mapping[str, str], repository: str, arch: str) -> PackageRecord:
    name, version, own, size = (fields.get(key, "") for key in "PVAS")
    if not (name and version and own and size.isdecimal() and len(size) < 16 and "C" in fields):
        raise DamagedData(f"the entry of `{name[:80]}` has no name, version, machine, size or checksum")
    if "/" in name + version or name[0] == ".":
        raise DamagedData(f"the entry of `{name[:80]}` names a file outside the repository")
    needs = fields.get("D", "").split()
    return PackageRecord(
        name=name,
        version=version,
        arch="" if own == "noarch" else own,
        depends=tuple(need for need in needs if not need.startswith("!")),
        provides=tuple(fields.get("p", "").split()),
        conflicts=tuple(need[1:] for need in needs if need.startswith("!")),
        location=f"{repository}/{arch}/{name}-{version}.apk".lstrip("/"),
        size=int(size),
        digest=read_checksum(fields["C"]),
        format="apk",
        summary=fields.get("T", ""),
        facts=_build_facts(fields, repository),
    )


def _build_facts(fields: Mapping[str, str], repository: str) -> tuple[tuple[str, str], ...]:
    facts = [(fact, fields[key]) for key, fact in _FACTS.items() if fields.get(key)]
    if fields.get("t", "").isdecimal() and len(fields["t"]) < 12:
        facts.append(("date", format_unix_time(fields["t"])))
    if fields.get("k", "").isdecimal():
        facts.append(("priority", "required" if int(fields["k"]) >= 100 else "important" if int(fields["k"]) else "optional"))
    facts += [("libc", "musl"), ("suite", repository)]
    return tuple(sorted(facts))
