"""pkgsrc: binary packages listed by a ``pkg_summary``, in their own prefix.

Digests are optional in a summary, and most have none: the digest of such a package is computed at the first fetch and locked from then
on. Packages are tar archives in any compression; their ``+CONTENTS`` is a second check (``contents``).
"""

from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Rejected, digest_of, reject
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    DamagedData,
    build_detached_policy,
    check_arch,
    check_settings,
    describe_missing_keyring,
    is_withheld,
    join_url,
    must_be_signed,
    normalize_moment,
    read_cutoff,
    read_keyring_paths,
    read_mirrors,
    suggest_mirror,
    unpack,
)
from nipsys.sources.pkgsrc.contents import iter_blocks
from nipsys.sources.pkgsrc.dialect import PkgsrcDialect
from nipsys.sources.pkgsrc.traits import TRAITS
from nipsys.sources.port import Page

ARCHES = {"x86_64": {"x86_64", "amd64"}, "aarch64": {"aarch64", "arm64"}, "i686": {"i386", "i686"}, "armv7": {"armv7", "earmv7hf"}}
"""The profile's names of machines, and pkgsrc's (``MACHINE_ARCH``)."""
SUMMARIES = ("pkg_summary.xz", "pkg_summary.bz2", "pkg_summary.gz")
"""Smallest first."""
_SUMMARY_LIMIT = 64 << 20
_UNPACKED_LIMIT = 512 << 20
_PACKAGE_LIMIT = 4 << 30
Block = dict[str, tuple[str, ...]]
_FACTS = {
    "PKGPATH": "path",
    "HOMEPAGE": "homepage",
    "LICENSE": "licence",
    "CATEGORIES": "categories",
    "OPSYS": "system",
}


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Pkgsrc":
    """Open a directory of packages; ``Rejected`` (kind ``profile``) with every invalid setting."""
    problems = check_settings(spec, TRAITS.settings)
    addresses = read_mirrors(spec, host, problems)
    limit, wrong = read_cutoff(spec, now)
    problems += wrong
    if must_be_signed(spec) and not read_keyring_paths(spec, host):
        problems.append(describe_missing_keyring(spec, "pkgsrc does not sign summaries by default"))
    problems += check_arch(spec, host, ARCHES, "pkgsrc")
    if problems:
        raise Rejected(problems, "profile")
    return Pkgsrc(spec, host, addresses, limit)


class Pkgsrc(Frozen):
    """One directory of binary packages with its summary."""

    spec: SourceSpec
    host: HostFacts
    mirrors: tuple[str, ...]
    limit: str = ""
    """Packages built after this moment are ignored."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> PkgsrcDialect:
        """Return how pkgsrc's versions and patterns are read."""
        return PkgsrcDialect()

    @property
    def prefix(self) -> str:
        """Return the directory the world's programs were built for."""
        return str(self.spec.get("prefix", TRAITS.prefix)).rstrip("/")

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the smallest form of the summary; the others follow when it does not exist."""
        del names
        return (self._request_summary(0),)

    def _request_summary(self, place: int) -> Resource:
        urls = tuple(f"{mirror}/{SUMMARIES[place]}" for mirror in self.mirrors)
        policy = build_detached_policy(self.spec, self.host, urls)
        return Resource(f"summary:{SUMMARIES[place]}", urls, _SUMMARY_LIMIT, signature_policy=policy, optional=place + 1 < len(SUMMARIES))

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a summary, or request its next form."""
        name = resource.role.partition(":")[2]
        if body is None:
            return Page(more=(self._request_summary(SUMMARIES.index(name) + 1),))
        packed = body.read()
        try:
            text = unpack(packed, _UNPACKED_LIMIT).decode("utf-8", "replace")
        except DamagedData as fault:
            hint = "try again, or try another mirror"
            message = f"`{resource.urls[0]}` is not a package summary: {fault}"
            raise reject("source", "bad-index", message, hint=hint, span=self.spec.span) from fault
        listed = list(iter_blocks(text))
        newest = max(map(_build_date_of, listed), default="")
        records, foreign, bare = self._build_records(listed)
        if not records:
            note = f"{foreign} packages are for another machine or system" if foreign else "it lists no packages"
            note = f"none of them is known to have been built before {self.limit}" if self.limit and listed else note
            message = f"`{self.spec.name}` has no packages for `{self.host.arch}`"
            origin = f"its summary came from `{resource.urls[0]}`"
            raise reject("source", "no-packages", message, note, origin, hint=suggest_mirror(self.limit), span=self.spec.span)
        facts = {"prefix": self.prefix}
        warnings = []
        if not must_be_signed(self.spec):
            facts["warning"] = "signatures are not checked"
        if bare:
            warnings.append(
                f"`{self.spec.name}` has no digest for {bare} of its packages: each is locked when the package is first fetched"
            )
        if not newest:
            warnings.append(f"`{self.spec.name}` has no build dates, so an older state would not be noticed")
        snapshot = Snapshot(self.spec.name, digest_of(packed, "sha256"), newest, tuple(sorted(facts.items())))
        return Page(records, snapshot=snapshot, warnings=tuple(warnings))

    def _build_records(self, listed: list[Block]) -> tuple[list[PackageRecord], int, int]:
        """Return the records for this machine, how many are for others, and how many have no digest."""
        found, foreign, bare = [], 0, 0
        for block in listed:
            record = self._build_record(block)
            if record is None:
                foreign += 1
            else:
                bare += not record.digest
                found.append(record)
        return found, foreign, bare

    def _build_record(self, block: Block) -> PackageRecord | None:
        name, _, version = _field_of(block, "PKGNAME").rpartition("-")
        arch, system = _field_of(block, "MACHINE_ARCH"), _field_of(block, "OPSYS")
        if not name or (arch and arch not in ARCHES[self.host.arch]) or (system and system != self.spec.get("system", "Linux")):
            return None
        if is_withheld(_build_date_of(block), self.limit):
            return None
        facts = [(ours, _field_of(block, theirs)) for theirs, ours in _FACTS.items()] + [("date", _build_date_of(block))]
        path = _field_of(block, "PKGPATH")  # the name people use: `sysutils/fd`
        return PackageRecord(
            name=name,
            version=version,
            arch=self.host.arch,
            depends=block.get("DEPENDS", ()),
            provides=(f"{path}={version}",) if path else (),
            conflicts=block.get("CONFLICTS", ()),
            location=_field_of(block, "FILE_NAME") or f"{name}-{version}.tgz",
            size=int(_field_of(block, "FILE_SIZE") or 0) if _field_of(block, "FILE_SIZE").isdecimal() else 0,
            digest=_parse_digest(_field_of(block, "FILE_CKSUM")),
            format="pkgsrc",
            summary=_field_of(block, "COMMENT"),
            flags=tuple(f"+{option}" for option in sorted(" ".join(block.get("PKG_OPTIONS", ())).split())),
            facts=tuple(sorted((name, value) for name, value in facts if value)),
        )

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a package is: on every mirror; without a digest only its size is known."""
        urls = tuple(join_url(mirror, package.location) for mirror in self.mirrors)
        role = f"pkgsrc:{package.name}-{package.version}"
        return Resource(role, urls, package.size or _PACKAGE_LIMIT, digest=package.digest or None, size=package.size or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a tar in any compression, whose own metadata must match the requested package."""
        return UnpackSpec("pkgsrc", settings=(("name", f"{package.name}-{package.version}"), ("prefix", self.prefix)))


def _field_of(block: Block, name: str) -> str:
    return block.get(name, ("",))[0].strip()


def _build_date_of(block: Block) -> str:
    """Return when a package was built, read from pkgsrc's ``2026-11-02 10:00:00 +0000``; empty when missing."""
    return normalize_moment(_field_of(block, "BUILD_DATE").replace(" +0000", "+00:00"))


def _parse_digest(text: str) -> str:
    """Read ``FILE_CKSUM=algorithm hex``; empty for an algorithm that nipsys does not verify."""
    algorithm, _, value = text.partition(" ")
    known = {"SHA512": "sha512", "SHA256": "sha256", "SHA1": "sha1"}.get(algorithm.upper().replace("-", ""))
    return f"{known}:{value.strip().lower()}" if known and value.strip() else ""
