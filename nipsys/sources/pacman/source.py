"""Arch Linux and its derivatives: one database per repository, and signed packages (pacman.conf(5), repo-add(8)).

One source is one ordered list of repositories, a closed world. What is verified, by ``signatures``:

* ``required``: every package must be signed by a key of the keyring, as on Arch; a database that has a signature is verified too, and
  one that was once signed must stay signed.
* ``database``: every database must be signed, and has the digests of the packages.
* ``none``: only digests are verified; every plan says so.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from nipsys.model import Frozen, HostFacts, Problem, Rejected, digest_of, reject
from nipsys.model.package import PackageRecord, Resource, SignaturePolicy, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    check_not_later,
    find_unknown_settings,
    hold_back,
    join_url,
    read_addresses,
    read_choice,
    read_min_age,
    read_snapshot_day,
    resolve_path,
    split_words,
)
from nipsys.sources.pacman.database import read_database
from nipsys.sources.pacman.dialect import PacmanDialect
from nipsys.sources.pacman.traits import TRAITS
from nipsys.sources.port import Page, SupportsMerge

ARCHES = {"x86_64": "x86_64", "aarch64": "aarch64", "armv7": "armv7h", "i686": "i686", "riscv64": "riscv64"}
"""The profile's names of machines, and those of Arch and its ports."""
_ARCHIVE_MIRROR = "https://archive.archlinux.org/repos/$snapshot/$repo/os/$arch"
_DATABASE_LIMIT = 256 << 20
_SIGNATURE_LIMIT = 1 << 16
_SMALLEST_LIMIT = 1 << 20


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Pacman":
    """Open a list of repositories; ``Rejected`` (kind ``profile``) for invalid settings, no mirror or no keyring."""
    problems = find_unknown_settings(spec, TRAITS.settings)
    signatures = read_choice(spec, "signatures", ("required", "database", "none"), problems)
    own = split_words(spec.get("arch")) or tuple(filter(None, (ARCHES.get(host.arch),)))
    if not own:
        hint = "its machines are " + ", ".join(f"`{arch}`" for arch in ARCHES)
        problems.append(Problem("unknown-arch", f"Arch has no packages for `{host.arch}`", spec.span, hint=hint))
    past, limit = read_snapshot_day(spec, problems), read_min_age(spec, now, problems)
    mirrors = read_addresses(spec, "mirror", problems) or ((_ARCHIVE_MIRROR,) if past else _read_host_mirrors(host))
    if not mirrors:
        hint = f'write `source "{spec.kind}" mirror="https://.../$repo/os/$arch"`'
        problems.append(
            Problem("no-mirror", f"no mirror is known for the source `{spec.name}`", spec.span, ("this host has no mirror list",), hint)
        )
    keyrings = tuple(resolve_path(path, spec, host) for path in split_words(spec.get("keyring")))
    keys = (str(spec.get("key")),) if spec.get("key") is not None else ()
    if not keyrings and not keys:
        keyrings = tuple(path for path in host.keyrings if "/pacman" in path)
    if signatures != "none" and not keyrings and not keys:
        notes = ("packages must be signed by a trusted key",)
        hint = 'name one with `keyring="/path/to/archlinux.gpg"`'
        problems.append(Problem("no-keyring", f"no keyring is known for the source `{spec.name}`", spec.span, notes, hint))
    if problems:
        raise Rejected(problems, "profile")
    policy = None if signatures == "none" else SignaturePolicy(keyrings, keys, split_words(spec.get("fingerprints")))
    repositories = split_words(spec.get("repos")) or ("core", "extra")
    stamp = "/".join(past) if past else ""
    return Pacman(spec, tuple(mirror.replace("$snapshot", stamp) for mirror in mirrors), repositories, own, signatures, policy, limit)


class Pacman(Frozen):
    """An ordered list of repositories."""

    spec: SourceSpec
    mirrors: tuple[str, ...]
    repositories: tuple[str, ...]
    arches: tuple[str, ...]
    """Accepted machines; the first is used in addresses."""
    signatures: str
    signature_policy: SignaturePolicy | None
    """Whose signatures are trusted, without addresses; ``None`` when signatures are not required."""
    limit: str = ""
    """Packages built after this moment are ignored."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> PacmanDialect:
        """Return how dependencies are read: as libalpm does."""
        return PacmanDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request every database; where packages must be signed, first its signature, which may be missing."""
        del names
        if self.signatures == "required":
            return tuple(
                Resource(f"signature:{repository}", self._urls_of(repository, f"{repository}.db.sig"), _SIGNATURE_LIMIT, optional=True)
                for repository in self.repositories
            )
        return tuple(self._request_database(repository, sealed=self.signatures == "database") for repository in self.repositories)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a database, or find out whether it is signed."""
        role, _, repository = resource.role.partition(":")
        if role == "signature":
            if body is not None:
                body.close()
            note = f"the database of `{repository}` is not signed: packages are verified, the list of them is not"
            more = (self._request_database(repository, sealed=body is not None),)
            missed = "" if body is not None else f"the database of `{repository}` was signed"
            return Page(more=more, missed=missed, warnings=() if body is not None else (note,))
        assert body is not None, "databases are not optional"
        with body:
            packed = body.read()
        try:
            database = read_database(packed, repository, frozenset(self.arches))
        except ValueError as error:
            message = f"the database of `{repository}` at `{resource.urls[0]}` cannot be read: {error}"
            raise reject("source", "bad-index", message, span=self.spec.span, hint="try another mirror") from error
        self._refuse_undigested(database.without_sha256, repository)
        if problems := check_not_later(self.spec, database.date, resource.urls[0]):
            raise Rejected(problems, "source")
        facts = (("suite", repository),)
        snapshot = Snapshot(self.spec.name, digest_of(packed, "sha256"), database.date, facts)
        note = f"signatures of `{repository}` are not verified: `signatures` is `none`"
        warnings = (note,) if self.signatures == "none" else ()
        kept, held = hold_back(database.records, self.limit, repository)
        return Page(kept, snapshot=snapshot, warnings=(*warnings, *held))

    def merge_pages(self, pages: Iterable[Iterable[PackageRecord]]) -> Iterator[PackageRecord]:
        """Yield each package from the first repository that has it, whatever version others have, as pacman does."""
        taken: set[str] = set()
        for page in pages:
            new = [record for record in page if record.name not in taken]
            taken.update([record.name for record in new])
            yield from new

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a package is, with its detached signature unless the signed database covers it."""
        repository, _, file = package.location.partition("/")
        urls = self._urls_of(repository, file)
        policy = None
        if self.signature_policy is not None and self.signatures == "required":
            policy = SignaturePolicy(
                self.signature_policy.keyrings,
                self.signature_policy.keys,
                self.signature_policy.fingerprints,
                tuple(f"{url}.sig" for url in urls),
            )
        role = f"pacman:{package.name}={package.version}"
        limit = package.size or _SMALLEST_LIMIT
        return Resource(role, urls, limit, digest=package.digest or None, size=package.size or None, signature_policy=policy)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a pacman package, whose own metadata must match this one."""
        return UnpackSpec(package.format or "pacman", settings=(("name", package.name), ("version", package.version)))

    def _request_database(self, repository: str, *, sealed: bool) -> Resource:
        urls = self._urls_of(repository, f"{repository}.db")
        policy = None
        if sealed and self.signature_policy is not None:
            policy = SignaturePolicy(
                self.signature_policy.keyrings,
                self.signature_policy.keys,
                self.signature_policy.fingerprints,
                tuple(f"{url}.sig" for url in urls),
            )
        return Resource(f"database:{repository}", urls, _DATABASE_LIMIT, signature_policy=policy)

    def _urls_of(self, repository: str, file: str) -> tuple[str, ...]:
        bases = (mirror.replace("$repo", repository).replace("$arch", self.arches[0]) for mirror in self.mirrors)
        return tuple(join_url(base, file) for base in bases)

    def _refuse_undigested(self, count: int, repository: str) -> None:
        """Raise when packages lack a SHA-256: without package signatures only the digest protects them."""
        if count and self.signatures != "required":
            message = f"{count} packages of `{repository}` have no SHA-256 in its database"
            hint = 'set `signatures="required"`, so that each package is verified by its own signature'
            raise reject("source", "weak-database", message, hint=hint, span=self.spec.span)


def _read_host_mirrors(host: HostFacts) -> tuple[str, ...]:
    """Return the servers of the host's mirror list."""
    lines = (host.get_text("/etc/pacman.d/mirrorlist") or "").splitlines()
    pairs = (line.split("#", 1)[0].partition("=") for line in lines)
    return tuple(value.strip().rstrip("/") for key, equals, value in pairs if equals and key.strip() == "Server" and value.strip())


if TYPE_CHECKING:
    _: type[SupportsMerge] = Pacman  # it is looked up by this type: a renamed method must not go unnoticed
