"""pkgsrc: binary packages listed by a ``pkg_summary``, in a prefix of their own.

The summary needs no digests, and most have none: the digest of such a package is taken at the first fetch and stands in the lock
from then on. Packages are tar archives in any compression; their ``+CONTENTS`` is the second check (``pkgsrc_contents``).
"""

from typing import BinaryIO

from nipsys.model.digest import digest_of
from nipsys.model.host import HostFacts
from nipsys.model.package.container import Container
from nipsys.model.package.record import Record, Snapshot
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected, reject
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.model.value import Frozen
from nipsys.sources.common.archives import Damaged, unpack
from nipsys.sources.common.mirrors import joined
from nipsys.sources.common.settings import (
    COMMON,
    detached,
    empty,
    foreign,
    keyrings,
    latest,
    mirrors,
    moment_of,
    signed,
    unknown,
    unsigned,
    withheld,
)
from nipsys.sources.pkgsrc.contents import blocks
from nipsys.sources.port import Page
from nipsys.versions.pkgsrc import Dialect

SETTINGS = {
    **COMMON,
    "prefix": "where the packages were built to stand, `/usr/pkg` when not given",
    "system": "`Linux`: the system the packages are for (`OPSYS`)",
}
ARCHES = {"x86_64": {"x86_64", "amd64"}, "aarch64": {"aarch64", "arm64"}, "i686": {"i386", "i686"}, "armv7": {"armv7", "earmv7hf"}}
"""The profile's words for machines, and pkgsrc's (``MACHINE_ARCH``)."""
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


def open_(spec: SourceSpec, host: HostFacts, now: str) -> "Pkgsrc":
    """Open a directory of packages; ``Rejected`` (kind ``profile``) names every setting that cannot be taken."""
    problems = unknown(spec, SETTINGS)
    addresses = mirrors(spec, host, problems)
    limit, wrong = latest(spec, now)
    problems += wrong
    if signed(spec) and not keyrings(spec, host):
        problems.append(unsigned(spec, "pkgsrc signs no summaries by itself"))
    problems += foreign(spec, host, ARCHES, "pkgsrc")
    if problems:
        raise Rejected(problems, "profile")
    return Pkgsrc(spec, host, addresses, limit)


class Pkgsrc(Frozen):
    """One directory of binary packages with its summary."""

    spec: SourceSpec
    host: HostFacts
    mirrors: tuple[str, ...]
    limit: str = ""
    """Packages built after this moment are held back."""

    complete = True

    @property
    def dialect(self) -> Dialect:
        """Read pkgsrc's versions and patterns."""
        return Dialect()

    @property
    def prefix(self) -> str:
        """Return the directory at which the world's programs expect to stand."""
        return str(self.spec.get("prefix", "/usr/pkg")).rstrip("/")

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Ask for the smallest form of the summary; the others follow when it does not exist."""
        del names
        return (self._summary(0),)

    def _summary(self, place: int) -> Resource:
        urls = tuple(f"{mirror}/{SUMMARIES[place]}" for mirror in self.mirrors)
        seal = detached(self.spec, self.host, urls)
        return Resource(f"summary:{SUMMARIES[place]}", urls, _SUMMARY_LIMIT, seal=seal, optional=place + 1 < len(SUMMARIES))

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a summary, or ask for its next form."""
        name = resource.role.partition(":")[2]
        if body is None:
            return Page(more=(self._summary(SUMMARIES.index(name) + 1),))
        packed = body.read()
        try:
            text = unpack(packed, _UNPACKED_LIMIT).decode("utf-8", "replace")
        except Damaged as fault:
            hint = "fetch it again; if it stays so, the mirror serves a broken file"
            raise reject(
                "source", "bad-index", f"`{resource.urls[0]}` is no summary of packages: {fault}", hint=hint, span=self.spec.span
            ) from fault
        listed = list(blocks(text))
        newest = max(map(_built, listed), default="")
        records, foreign, bare = self._records(listed)
        if not records:
            note = f"{foreign} packages are for another machine or system" if foreign else "it lists no package"
            note = f"none of them is known to have been built before {self.limit}" if self.limit and listed else note
            message = f"`{self.spec.name}` has no packages for `{self.host.arch}`"
            told = f"its summary came from `{resource.urls[0]}`"
            raise reject("source", "no-packages", message, note, told, hint=empty(self.limit), span=self.spec.span)
        facts = {"prefix": self.prefix}
        warnings = []
        if not signed(self.spec):
            facts["warning"] = "signatures are not checked"
        if bare:
            warnings.append(
                f"`{self.spec.name}` gives no digest for {bare} of its packages: each is recorded in the lock when it is first fetched"
            )
        if not newest:
            warnings.append(f"`{self.spec.name}` does not say when its packages were built, so an older state is taken unnoticed")
        snapshot = Snapshot(self.spec.name, digest_of(packed, "sha256"), newest, tuple(sorted(facts.items())))
        return Page(records, snapshot=snapshot, warnings=tuple(warnings))

    def _records(self, listed: list[Block]) -> tuple[list[Record], int, int]:
        """Return the records that fit this machine, how many do not, and how many have no digest."""
        found, foreign, bare = [], 0, 0
        for block in listed:
            record = self._record(block)
            if record is None:
                foreign += 1
            else:
                bare += not record.digest
                found.append(record)
        return found, foreign, bare

    def _record(self, block: Block) -> Record | None:
        name, _, version = _one(block, "PKGNAME").rpartition("-")
        arch, system = _one(block, "MACHINE_ARCH"), _one(block, "OPSYS")
        if not name or (arch and arch not in ARCHES[self.host.arch]) or (system and system != self.spec.get("system", "Linux")):
            return None
        if withheld(_built(block), self.limit):
            return None
        facts = [(ours, _one(block, theirs)) for theirs, ours in _FACTS.items()] + [("date", _built(block))]
        path = _one(block, "PKGPATH")  # what people call it: `sysutils/fd`
        return Record(
            name=name,
            version=version,
            arch=self.host.arch,
            needs=block.get("DEPENDS", ()),
            provides=(f"{path}={version}",) if path else (),
            refuses=block.get("CONFLICTS", ()),
            location=_one(block, "FILE_NAME") or f"{name}-{version}.tgz",
            size=int(_one(block, "FILE_SIZE") or 0) if _one(block, "FILE_SIZE").isdecimal() else 0,
            digest=_digest(_one(block, "FILE_CKSUM")),
            format="pkgsrc",
            summary=_one(block, "COMMENT"),
            flags=tuple(f"+{option}" for option in sorted(" ".join(block.get("PKG_OPTIONS", ())).split())),
            facts=tuple(sorted((name, value) for name, value in facts if value)),
        )

    def artifact(self, package: Record | LockedPackage) -> Resource:
        """Fetch a package from the first mirror that has it; without a digest only its size is known."""
        urls = tuple(joined(mirror, package.location) for mirror in self.mirrors)
        role = f"pkgsrc:{package.name}-{package.version}"
        return Resource(role, urls, package.size or _PACKAGE_LIMIT, digest=package.digest or None, size=package.size or None)

    def container(self, package: Record | LockedPackage) -> Container:
        """Open it as tar in any compression; what it says of itself must fit what was asked for."""
        return Container("pkgsrc", settings=(("name", f"{package.name}-{package.version}"), ("prefix", self.prefix)))


def _one(block: Block, name: str) -> str:
    return block.get(name, ("",))[0].strip()


def _built(block: Block) -> str:
    """Give when a package was built, as pkgsrc writes it (``2026-11-02 10:00:00 +0000``); empty when it is not said."""
    return moment_of(_one(block, "BUILD_DATE").replace(" +0000", "+00:00"))


def _digest(text: str) -> str:
    """Read ``FILE_CKSUM=algorithm hex``; an algorithm nipsys does not check counts as none."""
    algorithm, _, value = text.partition(" ")
    known = {"SHA512": "sha512", "SHA256": "sha256", "SHA1": "sha1"}.get(algorithm.upper().replace("-", ""))
    return f"{known}:{value.strip().lower()}" if known and value.strip() else ""
