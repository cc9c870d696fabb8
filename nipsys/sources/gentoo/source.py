"""Gentoo's binary hosts: one ``PackageList`` index of GPKG and XPAK files, each built with its own USE flags.

The flags a package was built with are fixed (``PackageRecord.flags``), so a request for another flag excludes it. Several builds of one
version are separate versions, distinguished by their build number: ``1.2-r1-3``. Slots: see ``atoms``.

The index is not signed; every GPKG is, in its Manifest (GLEP 78). With a ``keyring`` that signature must be valid before a package
becomes a tree, and XPAK files, which have none, are refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Rejected, digest_of, reject
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    check_arch,
    check_settings,
    describe_missing_keyring,
    format_unix_time,
    is_withheld,
    join_url,
    must_be_signed,
    read_cutoff,
    read_keyring_paths,
    read_mirrors,
    split_words,
    suggest_mirror,
)
from nipsys.sources.gentoo.atoms import split_cpv
from nipsys.sources.gentoo.dependencies import parse_dependencies
from nipsys.sources.gentoo.dialect import GentooDialect
from nipsys.sources.gentoo.sonames import SonameIndex
from nipsys.sources.gentoo.traits import TRAITS
from nipsys.sources.port import Page

ARCHES = {
    "x86_64": "x86_64",
    "aarch64": "aarch64",
    "i686": "i686",
    "armv7": "armv7a",
    "riscv64": "riscv64",
    "ppc64le": "powerpc64le",
    "s390x": "s390x",
}
"""The profile's names of machines, and the beginning of Gentoo's CHOST."""
_SYSTEM = ("sys-libs/glibc", "sys-devel/gcc")
"""Packages that no package names; the second only where an index does not list the libraries programs load (``sonames``)."""
_LIMIT = 256 << 20
_DIGESTS = (("SHA512", "sha512"), ("SHA256", "sha256"), ("SHA1", "sha1"), ("MD5", "md5"))
"""Strongest first; portage writes MD5 and SHA1."""
_FACTS = {"SLOT": "slot", "REPO": "repository", "BUILD_ID": "build", "LICENSE": "licence", "CHOST": "chost", "EAPI": "eapi"}


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Gentoo":
    """Open a binary host; ``Rejected`` (kind ``profile``) with every invalid setting."""
    problems = check_settings(spec, TRAITS.settings)
    addresses = read_mirrors(spec, host, problems)
    limit, wrong = read_cutoff(spec, now)
    problems += wrong
    if must_be_signed(spec) and not read_keyring_paths(spec, host):
        problems.append(describe_missing_keyring(spec, "the packages of a binary host are signed by its own keys"))
    problems += check_arch(spec, host, ARCHES, "Gentoo")
    if problems:
        raise Rejected(problems, "profile")
    return Gentoo(spec, host, addresses, limit)


class Gentoo(Frozen):
    """One binary host."""

    spec: SourceSpec
    host: HostFacts
    mirrors: tuple[str, ...]
    limit: str = ""
    """Packages built after this moment are ignored."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> GentooDialect:
        """Return how Gentoo's versions and atoms are read."""
        return GentooDialect()

    @property
    def prefix(self) -> str:
        """Return the EPREFIX the world's programs were built for; empty for the usual file hierarchy."""
        return str(self.spec.get("prefix", "") or "").rstrip("/")

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the index."""
        del names
        urls = tuple(f"{mirror}/Packages" for mirror in self.mirrors)
        return (Resource("packages", urls, _LIMIT),)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read the index."""
        assert body is not None
        raw = body.read()
        head, blocks = read_packages(raw.decode("utf-8", "replace"))
        if "VERSION" not in head and "ARCH" not in head:
            hint = "the mirror's address is the directory that holds the file `Packages`"
            message = f"`{resource.urls[0]}` is not a Gentoo `Packages` file"
            raise reject("source", "bad-index", message, hint=hint, span=self.spec.span)
        warnings: list[str] = []
        records = self._mark_system(tuple(self._build_records(head, blocks, warnings)), blocks)
        if not records:
            note = f"its packages are for `{head.get('CHOST', 'another machine')}`" if blocks else "it lists no packages"
            note = f"none of them is known to have been built before {self.limit}" if self.limit and blocks else note
            message = f"`{self.spec.name}` has no packages for `{self.host.arch}`"
            origin = f"its index came from `{resource.urls[0]}`"
            raise reject("source", "no-packages", message, note, origin, hint=suggest_mirror(self.limit), span=self.spec.span)
        facts = {
            "profile": head.get("PROFILE", ""),
            "warning": "" if must_be_signed(self.spec) else "signatures are not checked",
        }
        date = format_unix_time(head.get("TIMESTAMP", ""))
        if not date:
            warnings.append(f"the index of `{self.spec.name}` has no date, so an older state would not be noticed")
        kept = tuple(sorted((key, value) for key, value in facts.items() if value))
        return Page(records, snapshot=Snapshot(self.spec.name, digest_of(raw, "sha256"), date, kept), warnings=tuple(warnings))

    def _build_records(self, head: Mapping[str, str], blocks: list[dict[str, str]], warnings: list[str]) -> Iterator[PackageRecord]:
        builds = Counter(block.get("CPV", "") for block in blocks)
        sonames = SonameIndex(blocks)
        for block in blocks:
            cpv = block.get("CPV", "")
            if not self._is_usable({**head, **block}):
                continue
            try:
                yield _build_record(block, self.host.arch, several=builds[cpv] > 1, sonames=sonames)
            except ValueError as fault:
                warnings.append(f"`{cpv}` of `{self.spec.name}` is left out: {fault}")

    def _mark_system(self, records: tuple[PackageRecord, ...], blocks: list[dict[str, str]]) -> tuple[PackageRecord, ...]:
        """Mark the packages that belong to every closure; of a package with several slots its newest slot."""
        known = any(block.get("REQUIRES") for block in blocks)
        system = split_words(self.spec.get("system")) or (() if self.prefix else _SYSTEM[: 1 if known else None])
        newest: dict[str, tuple[bytes, str]] = {}
        for record in records:
            plain = record.name.partition(":")[0]
            if plain in system:
                newest[plain] = max(newest.get(plain, (b"", "")), (self.dialect.sort_key(record.version), record.name))
        chosen = {name for _, name in newest.values()}
        return tuple(record._replace(essential=True) if record.name in chosen else record for record in records)

    def _is_usable(self, block: Mapping[str, str]) -> bool:
        chost = block.get("CHOST", "")
        if chost and not chost.startswith(ARCHES[self.host.arch]):
            return False
        return not is_withheld(format_unix_time(block.get("BUILD_TIME") or block.get("MTIME", "")), self.limit)

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a package is: on every mirror."""
        urls = tuple(join_url(mirror, package.location) for mirror in self.mirrors)
        role = f"gentoo:{package.name}-{package.version}"
        return Resource(role, urls, package.size or _LIMIT << 4, digest=package.digest or None, size=package.size or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a GPKG or XPAK; the files of an EPREFIX are moved to the top of the tree."""
        parts = self.prefix.strip("/").count("/") + 1 if self.prefix else 0
        trusted = (("keyring", "\n".join(read_keyring_paths(self.spec, self.host))),) if must_be_signed(self.spec) else ()
        return UnpackSpec(package.format, strip=parts, settings=(*trusted, ("name", package.name), ("version", package.version)))


def read_packages(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Read a ``PackageList`` index: its header, and a block for each package."""
    parts = text.replace("\r\n", "\n").split("\n\n")
    return _parse_fields(parts[0]), [block for part in parts[1:] if (block := _parse_fields(part)).get("CPV")]


def _parse_fields(text: str) -> dict[str, str]:
    return {key: value for key, sign, value in (line.partition(": ") for line in text.splitlines()) if sign}


def _build_record(block: Mapping[str, str], arch: str, *, several: bool, sonames: SonameIndex) -> PackageRecord:
    name, version = split_cpv(block["CPV"])
    slot, _, subslot = (block.get("SLOT") or "0").partition("/")
    full_version = f"{version}-{block.get('BUILD_ID') or '0'}" if several else version
    on = frozenset(block.get("USE", "").split())
    needed = parse_dependencies(" ".join(block.get(key, "") for key in ("RDEPEND", "PDEPEND")), on)
    flags = sorted({flag.lstrip("+-") for flag in block.get("IUSE", "").split()})
    slots = dict.fromkeys([name] * (slot != "0") + [f"{name}:{slot}"] * (slot == "0") + [f"{name}:{slot}/{subslot or slot}"])
    return PackageRecord(
        name=name if slot == "0" else f"{name}:{slot}",
        version=full_version,
        arch=arch,
        depends=(*needed.depends, *sonames.find_implied(block, needed.depends)),
        provides=tuple(f"{spelled}={full_version}" for spelled in slots),
        conflicts=needed.conflicts,
        location=block.get("PATH") or f"{block['CPV']}.tbz2",
        size=int(block.get("SIZE") or 0),
        digest=next((f"{ours}:{block[theirs].lower()}" for theirs, ours in _DIGESTS if block.get(theirs)), ""),
        format="gpkg" if block.get("PATH", "").endswith(".gpkg.tar") else "xpak",
        summary=block.get("DESC", ""),
        flags=tuple(f"+{flag}" if flag in on else f"-{flag}" for flag in flags),
        facts=_build_facts(block),
    )


def _build_facts(block: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    facts = {ours: block.get(theirs, "") for theirs, ours in _FACTS.items()}
    facts["date"] = format_unix_time(block.get("BUILD_TIME") or block.get("MTIME", ""))
    return tuple(sorted((name, value) for name, value in facts.items() if value))


def read_cache_entry(text: str) -> dict[str, str]:
    """Read an entry of a repository's ``metadata/md5-cache``: ``KEY=value`` lines that need neither portage nor a shell.

    ``ValueError`` when it has no ``SLOT`` or no ``EAPI``, which every entry has.
    """
    found = {key: value for key, sign, value in (line.partition("=") for line in text.splitlines()) if sign}
    if "SLOT" not in found or found.get("EAPI", "0") == "":
        raise ValueError("it is not an entry of a metadata cache")
    return found


def read_cached_depends(entry: Mapping[str, str], on: frozenset[str], keys: tuple[str, ...] = ("RDEPEND", "PDEPEND")) -> tuple[str, ...]:
    """Return the dependencies of a cache entry, as clauses, for a set of USE flags."""
    return parse_dependencies(" ".join(entry.get(key, "") for key in keys), on).depends
