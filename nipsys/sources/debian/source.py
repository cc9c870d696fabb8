"""Debian, its derivatives and any signed apt repository: InRelease has the digests of Packages, Packages those of every .deb.

One source is one suite with its -updates and -security pockets (or one flat repository): a closed world. Its locations come from
``mirrors``; ``release`` reads a Release file, ``packages`` a Packages list.
"""

import gzip
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Literal

from nipsys.model import Frozen, HostFacts, Problem, Rejected, digest_of, reject, replace
from nipsys.model.package import PackageRecord, Resource, SignaturePolicy, Snapshot, StampedRecords, Stanza, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    check_not_later,
    find_unknown_settings,
    format_moment,
    is_too_young,
    join_url,
    open_list,
    parse_moment,
    read_choice,
    read_cutoff,
)
from nipsys.sources.debian.dialect import DebianDialect
from nipsys.sources.debian.mirrors import SuiteLocation, locate_suites, read_host_suite
from nipsys.sources.debian.packages import PackageList
from nipsys.sources.debian.release import ListedFile, Release, read_release
from nipsys.sources.debian.source_packages import files_of, read_sources, to_sources_spec
from nipsys.sources.debian.traits import TRAITS
from nipsys.sources.port import Page, SupportsSourcePackages

ARCHES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7": "armhf",
    "i686": "i386",
    "riscv64": "riscv64",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
}
"""The profile's names of machines, and Debian's."""
_WITHOUT_POCKETS = ("sid", "unstable", "experimental", "rc-buggy")
"""Suites that have no pockets."""
_RELEASE_LIMIT = 16 << 20
_READ_ERRORS = (ValueError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)
_EXTENSIONS = (".zst", ".gz", ".xz", "")
"""Cheapest to read first: a list of 50 MB takes 0.1 s, 0.4 s and 1.7 s; the last is not compressed."""


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Debian":
    """Open a suite; ``Rejected`` (kind ``profile``) when a setting is invalid or no mirror or keyring is found."""
    problems = find_unknown_settings(spec, TRAITS.settings)
    read_choice(spec, "signatures", ("required", "none"), problems)
    suite = str(spec.get("suite", ""))
    if not suite:
        own = read_host_suite(host) or "bookworm"
        problems.append(Problem("missing-setting", f"the source `{spec.name}` has no `suite`", spec.span, hint=f'add `suite="{own}"`'))
    if host.arch not in ARCHES:
        problems.append(
            Problem(
                "unknown-arch",
                f"Debian has no packages for `{host.arch}`",
                spec.span,
                hint="its machines are " + ", ".join(f"`{arch}`" for arch in ARCHES),
            )
        )
    limit, mistakes = read_cutoff(spec, now)
    problems += mistakes
    places, missing, notes = locate_suites(spec, host, suite, ARCHES.get(host.arch, ""), limit) if suite else ((), (), ())
    problems += missing
    if problems:
        raise Rejected(problems, "profile")
    return Debian(spec, places, ARCHES[host.arch], now, notes)


class Debian(Frozen):
    """One suite with its pockets."""

    spec: SourceSpec
    suites: tuple[SuiteLocation, ...]
    """The suite itself first."""
    arch: str
    """Debian's name of the machine."""
    now: str
    notes: tuple[str, ...] = ()
    """Parts of the host's configuration that were not understood."""
    reads: Literal["packages", "sources"] = "packages"
    """Binary packages, or the source packages they were built from."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> DebianDialect:
        """Return how dependencies are read, for this machine."""
        return DebianDialect(self.arch)

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the Release file of every part."""
        del names
        if self.spec.get("signatures", "required") == "none":
            return tuple(self._request_detached(place, None) for place in self.suites)
        return tuple(
            Resource(
                f"release:{place.suite}",
                _urls_at(place, "InRelease"),
                _RELEASE_LIMIT,
                signature_policy=_inline_policy(place),
                optional=True,
            )
            for place in self.suites
        )

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a Release file (and request its lists) or a list."""
        role, _, rest = resource.role.partition(":")
        suite, _, path = rest.partition("|")
        place = next(place for place in self.suites if place.suite == suite)
        if role == "packages":
            assert body is not None
            packages = PackageList(open_list(body, path), self.arch, suite)
            return Page(_GuardedPackages(packages, partial(self._bad_list, resource.urls[0])))
        if role == "sources":
            assert body is not None
            return Page(_guard_records(read_sources(open_list(body, path), suite), partial(self._bad_list, resource.urls[0])))
        if body is not None:
            return self._read_release_page(place, resource, body)
        if role == "release" and resource.signature_policy is not None:
            policy = SignaturePolicy(place.keyrings, place.keys, place.fingerprints, _urls_at(place, "Release.gpg"))
            return Page(more=(self._request_detached(place, policy),))
        if not place.optional:
            raise self._no_suite(place)
        missed = place.suite.endswith("-security") and not self.suites[0].suite.startswith(_WITHOUT_POCKETS)
        return Page(warnings=(f"the mirror has no `{place.suite}`: security fixes come only with the suite itself",) if missed else ())

    def to_source_packages(self) -> "Debian":
        """Return the same suite, read for its source packages: they are a separate world, ``<name>.sources``."""
        return replace(self, spec=to_sources_spec(self.spec), reads="sources")

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return a .deb (of a source package the .dsc): first from the part that lists it, then from the others."""
        urls = self._urls_of(package.location, dict(package.facts).get("suite"))
        role = f"deb:{package.name}={package.version}"
        return Resource(role, urls, package.size, digest=package.digest, size=package.size)

    def resources_of(self, package: PackageRecord) -> tuple[Resource, ...]:
        """Return every file of a source package, the .dsc first; the role of each is its file name."""
        suite = dict(package.facts).get("suite")
        return tuple(
            Resource(file.name, self._urls_of(file.location, suite), file.size, digest=file.digest, size=file.size)
            for file in files_of(package)
        )

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a .deb."""
        return UnpackSpec(package.format or "deb")

    def _urls_of(self, location: str, suite: str | None) -> tuple[str, ...]:
        ordered = sorted(self.suites, key=lambda place: place.suite != suite)
        return tuple(dict.fromkeys(join_url(mirror, location) for place in ordered for mirror in place.mirrors))

    def _bad_list(self, where: str, error: Exception) -> Rejected:
        message = f"the list of packages at `{where}` cannot be read: {error}"
        return reject("source", "bad-index", message, "its digest is correct: the repository itself is broken", span=self.spec.span)

    def _request_detached(self, place: SuiteLocation, policy: SignaturePolicy | None) -> Resource:
        """Request a Release file with a detached signature, if any."""
        return Resource(f"detached:{place.suite}", _urls_at(place, "Release"), _RELEASE_LIMIT, signature_policy=policy, optional=True)

    def _no_suite(self, place: SuiteLocation) -> Rejected:
        mirrors = ", ".join(f"`{mirror}`" for mirror in place.mirrors)
        message = f"{mirrors} has no suite `{place.suite}`"
        hint = "check the spelling (`bookworm`, `trixie`, `sid`), or name a mirror that has it with `mirror=`"
        return reject("source", "unknown-suite", message, hint=hint, span=self.spec.span)

    def _read_release_page(self, place: SuiteLocation, resource: Resource, body: BinaryIO) -> Page:
        text = body.read()
        where = resource.urls[0]
        try:
            release = read_release(text.decode("utf-8", "replace"))
        except ValueError as error:
            raise reject("source", "bad-index", f"the Release file at `{where}` cannot be read: {error}", span=self.spec.span) from error
        problems = [*self._check_age(place, release, where), *self._check_identity(place, release, where)]
        more = () if problems else self._request_lists(place, release, resource, problems)
        if problems:
            raise Rejected(problems, "source")
        facts = {"codename": release.codename, "origin": release.origin, "suite": place.suite}
        snapshot = Snapshot(
            self.spec.name, digest_of(text, "sha256"), release.date, tuple(sorted((key, value) for key, value in facts.items() if value))
        )
        return Page(more=more, snapshot=snapshot, warnings=self.notes)

    def _check_age(self, place: SuiteLocation, release: Release, where: str) -> list[Problem]:
        """Check that a Release has not expired and is not from the future; for a past state, that it is not newer."""
        if self.spec.get("snapshot") is not None:
            return check_not_later(self.spec, release.date, where)
        notes: tuple[str, ...] = (f"it came from `{where}`", f"this machine's clock says {self.now}")
        if is_too_young(release.date, _add_one_day(self.now)):
            message = f"the Release file of `{place.suite}` is dated {release.date}, in the future"
            return [Problem("future-release", message, self.spec.span, notes, "check this machine's clock")]
        if not place.checks_expiry or self.spec.get("valid-until") is False or not release.expires or self.now <= release.expires:
            return []
        message = f"the Release file of `{place.suite}` expired on {release.expires[:10]}"
        notes += ("an outdated mirror may hide security fixes",)
        hint = "try another mirror, check the clock, or accept an outdated mirror with `valid-until=#false`"
        return [Problem("expired-release", message, self.spec.span, notes, hint)]

    def _check_identity(self, place: SuiteLocation, release: Release, where: str) -> list[Problem]:
        """Check that the Release is of the requested suite: with another, a mirror could hold a host back at an old one."""
        names = {release.suite, release.codename} - {""}
        asked = place.suite.rstrip("/")
        if place.flat or not names or asked in names or asked.partition("/")[0] in names:
            return []
        message = f"the mirror serves the suite `{release.codename or release.suite}` instead of `{place.suite}`"
        return [Problem("wrong-suite", message, self.spec.span, (f"it came from `{where}`",), "check `suite`, or try another mirror")]

    def _request_lists(self, place: SuiteLocation, release: Release, resource: Resource, problems: list[Problem]) -> tuple[Resource, ...]:
        """Request the Packages list of every component, by digest where the archive supports it."""
        names = [f"binary-{arch}/Packages" for arch in ((self.arch, "all") if release.separate_all else (self.arch,))]
        names = ["source/Sources"] if self.reads == "sources" else names
        paths = [f"{component}/{name}" for component in place.components for name in names]
        paths = [self.reads.capitalize()] if place.flat else paths
        if not place.flat and release.components:
            known = {name.rpartition("/")[2] for name in release.components}
            unknown = [component for component in place.components if component.rpartition("/")[2] not in known]
            if unknown and not place.optional and self.spec.get("components") is not None:
                message = f"the suite `{place.suite}` has no component " + ", ".join(f"`{name}`" for name in unknown)
                hint = "its components are " + ", ".join(f"`{name}`" for name in release.components)
                problems.append(Problem("unknown-component", message, self.spec.span, (), hint))
        found = [next((release.files[path + end] for end in _EXTENSIONS if path + end in release.files), None) for path in paths]
        more = tuple(self._request_list(place, release, listed, resource) for listed in found if listed is not None and listed.size)
        if not any(found) and not place.optional and not problems:
            message = f"the suite `{place.suite}` has no list of packages for `{self.arch}`"
            note = f"its Release file came from `{resource.urls[0]}`"
            offered = "its machines are " + ", ".join(f"`{arch}`" for arch in release.arches) if release.arches else None
            problems.append(Problem("no-packages", message, self.spec.span, (note,), offered))
        return more

    def _request_list(self, place: SuiteLocation, release: Release, listed: ListedFile, resource: Resource) -> Resource:
        """Request one list: first from the mirror that served the Release file."""
        bases = [url.rpartition("/")[0] for url in resource.urls]
        algorithm, _, value = listed.digest.partition(":")
        names = [listed.path]
        if release.by_hash if place.by_hash is None else place.by_hash:
            directory = listed.path.rpartition("/")[0]
            names.insert(0, f"{directory}/by-hash/{algorithm.upper()}/{value}".lstrip("/"))
        urls = tuple(f"{base}/{name}" for base in bases for name in names)
        return Resource(f"{self.reads}:{place.suite}|{listed.path}", urls, listed.size, digest=listed.digest, size=listed.size)


def _add_one_day(now: str) -> str:
    """Return the moment a day after ``now``: clocks differ, by hours where time zones are confused."""
    moment = parse_moment(now)
    return format_moment(moment + timedelta(days=1)) if moment else "9999"


def _inline_policy(place: SuiteLocation) -> SignaturePolicy:
    return SignaturePolicy(place.keyrings, place.keys, place.fingerprints)


def _urls_at(place: SuiteLocation, name: str) -> tuple[str, ...]:
    if place.flat:
        directory = place.suite.strip("/").removeprefix(".").strip("/")
        return tuple("/".join(filter(None, (mirror, directory, name))) for mirror in place.mirrors)
    return tuple(f"{mirror}/dists/{place.suite}/{name}" for mirror in place.mirrors)


def _guard_records(records: Iterable[PackageRecord], to_rejected: Callable[[Exception], Rejected]) -> Iterator[PackageRecord]:
    """Yield the records of a list; read errors become ``Rejected``: with the right digest they are the archive's fault."""
    try:
        yield from records
    except _READ_ERRORS as error:
        raise to_rejected(error) from error


class _GuardedPackages(StampedRecords):
    """A list of packages whose read errors become ``Rejected``."""

    def __init__(self, packages: PackageList, to_rejected: Callable[[Exception], Rejected]) -> None:
        self._packages, self._to_rejected = packages, to_rejected

    def __iter__(self) -> Iterator[PackageRecord]:
        return _guard_records(self._packages, self._to_rejected)

    def stanzas(self) -> Iterator[Stanza]:
        """Yield the stanzas before they are parsed."""
        try:
            for stamp, stanza, _ in self._packages.stanzas():
                yield stamp, stanza, self._read
        except _READ_ERRORS as error:
            raise self._to_rejected(error) from error

    def _read(self, stanza: bytes) -> PackageRecord | None:
        try:
            return self._packages.read(stanza)
        except _READ_ERRORS as error:
            raise self._to_rejected(error) from error


if TYPE_CHECKING:
    _: type[SupportsSourcePackages] = Debian  # it is looked up by this type: a renamed method must not go unnoticed
