"""Alpine Linux and its derivatives: one signed index per repository, packages of version 2, musl as the world's C library.

The keys are files that are fetched like any other resource: they come first, and the roles of the indexes carry them, so that equal
bytes give equal results. The signature of the index covers every package, so the packages' own signatures are not needed.
"""

from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Problem, Rejected, digest_of, reject
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.alpine.dialect import AlpineDialect
from nipsys.sources.alpine.index import find_signer, read_index, split_signed
from nipsys.sources.alpine.traits import TRAITS
from nipsys.sources.common import (
    check_arch,
    check_not_later,
    check_snapshot,
    find_unknown_settings,
    hold_back,
    join_url,
    read_addresses,
    read_choice,
    read_min_age,
    resolve_path,
    split_words,
)
from nipsys.sources.common.signatures import PublicKey, read_key
from nipsys.sources.port import Page

ARCHES = {
    "x86_64": "x86_64",
    "aarch64": "aarch64",
    "armv7": "armv7",
    "i686": "x86",
    "riscv64": "riscv64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}
"""The profile's names of machines, and Alpine's."""
_INDEX_LIMIT, _KEY_LIMIT = 256 << 20, 1 << 16


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Alpine":
    """Open a branch; ``Rejected`` (kind ``profile``) for invalid settings, no mirror or no key."""
    problems = find_unknown_settings(spec, TRAITS.settings)
    signatures = read_choice(spec, "signatures", ("required", "none"), problems)
    mirrors = tuple(mirror.replace("$snapshot", str(spec.get("snapshot", ""))[:10]) for mirror in read_addresses(spec, "mirror", problems))
    branch = str(spec.get("branch") or "").strip("/")
    names = tuple(name.strip("/") for name in split_words(spec.get("repos")))
    places = tuple("/".join(filter(None, (branch, name))) for name in names or (("main", "community") if branch else ("",)))
    if not mirrors:
        mirrors, configured = _read_host_repositories(host)
        places = places if branch else tuple(place for place in configured if not names or place.rpartition("/")[2] in names)
        if mirrors and not places:
            message = f"the host has no repository {' or '.join(f'`{name}`' for name in names)}"
            hint = "set `branch`, or use one of " + ", ".join(f"`{place.rpartition('/')[2]}`" for place in configured)
            problems.append(Problem("bad-setting", message, spec.span, hint=hint))
    if not mirrors and not problems:
        hint = f'write `source "{spec.kind}" mirror="https://..." branch="..."`'
        problems.append(Problem("no-mirror", f"no mirror is known for the source `{spec.name}`", spec.span, (), hint))
    problems += check_arch(spec, host, ARCHES, "Alpine")
    limit = read_min_age(spec, now, problems)
    check_snapshot(spec, problems)
    inline, paths = _read_trusted_keys(spec, host, problems) if signatures == "required" else ("", ())
    if problems:
        raise Rejected(problems, "profile")
    return Alpine(spec, mirrors, places, ARCHES[host.arch], inline, paths, signatures == "required", limit)


def _read_host_repositories(host: HostFacts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the mirrors of the host, and the ``<branch>/<repository>`` that it takes from them.

    ``/etc/apk/repositories`` has one ``<mirror>/<branch>/<repository>`` per line. A line with a tag (``@edge``) is for single packages.
    """
    lines = [line.split("#")[0].strip() for line in (host.get_text("/etc/apk/repositories") or "").splitlines()]
    parts = [line.rstrip("/").rsplit("/", 2) for line in lines if "://" in line and not line.startswith("@")]
    found = [(mirror, f"{branch}/{name}") for mirror, branch, name in parts if "://" in mirror]
    return tuple(dict.fromkeys(mirror for mirror, _ in found)), tuple(dict.fromkeys(place for _, place in found))


def _read_trusted_keys(spec: SourceSpec, host: HostFacts, problems: list[Problem]) -> tuple[str, tuple[str, ...]]:
    """Return the keys in the profile's text, as roles carry them, and the paths of the others."""
    paths = tuple(resolve_path(path, spec, host) for path in split_words(spec.get("keyring")))
    inline = []
    for text in split_words(spec.get("key")):
        name, _, body = text.rpartition(":")
        try:
            read_key(body)
        except ValueError as error:
            hint = "write `<file name>:<the lines of the PEM between its first and last line, joined>`"
            problems.append(Problem("bad-setting", f"the key `{name or text[:40]}` cannot be read: {error}", spec.span, hint=hint))
        inline.append(f"{name}={body}")
    if not paths and not inline:
        paths = tuple(path for path in host.keyrings if path.startswith("/etc/apk/keys/"))
    if not paths and not inline and not problems:
        notes = ("an index must be signed by a trusted key",)
        hint = 'name one with `keyring="/path/to/name.rsa.pub"`'
        problems.append(Problem("no-keyring", f"no key is known for the source `{spec.name}`", spec.span, notes, hint))
    return ",".join(inline), paths


class Alpine(Frozen):
    """A branch with its repositories."""

    spec: SourceSpec
    mirrors: tuple[str, ...]
    repositories: tuple[str, ...]
    """Directories of the mirror, in order."""
    arch: str
    inline_keys: str
    """Keys in the profile's text: ``name=base64``, comma-separated."""
    keyrings: tuple[str, ...]
    checks_signatures: bool
    limit: str = ""
    """Packages built after this moment are ignored."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> AlpineDialect:
        """Return how dependencies are read: as apk does."""
        return AlpineDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the first key, or the indexes when all keys are known."""
        del names
        return self._request_next(0, self.inline_keys)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a key and request the next one or the indexes; or read an index."""
        assert body is not None, "nothing here is optional"
        with body:
            content = body.read()
        role, _, rest = resource.role.partition(":")
        place, _, keys = rest.partition(":")
        if role == "key":
            return Page(more=self._request_next(int(place) + 1, self._add_key(resource, content, keys)))
        return self._read_index_page(resource, content, place, keys)

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a package is. The index only has the digest of its control member, so it is checked when it is unpacked."""
        urls = tuple(join_url(mirror, package.location) for mirror in self.mirrors)
        return Resource(f"apk:{package.location}", urls, package.size, size=package.size)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack an apk package whose control member has the signed digest."""
        settings = (("control", package.digest), ("name", package.name), ("version", package.version))
        return UnpackSpec(package.format or "apk", settings=settings)

    def _request_next(self, place: int, keys: str) -> tuple[Resource, ...]:
        if place < len(self.keyrings):
            return (Resource(f"key:{place}:{keys}", (f"file://{self.keyrings[place]}",), _KEY_LIMIT),)
        return tuple(
            Resource(
                f"index:{name}:{keys}",
                tuple(join_url(mirror, f"{name}/{self.arch}/APKINDEX.tar.gz".lstrip("/")) for mirror in self.mirrors),
                _INDEX_LIMIT,
            )
            for name in self.repositories
        )

    def _add_key(self, resource: Resource, content: bytes, keys: str) -> str:
        path = resource.urls[0]
        text = content.decode("ascii", "replace")
        try:
            read_key(text)
        except ValueError as error:
            raise reject("source", "bad-key", f"the key `{path}` cannot be read: {error}", span=self.spec.span) from error
        body = "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))
        return ",".join(filter(None, (keys, f"{path.rpartition('/')[2]}={body}")))

    def _read_index_page(self, resource: Resource, content: bytes, repository: str, keys: str) -> Page:
        where = resource.urls[0]
        try:
            signatures, signed, text = split_signed(content, "index")
        except ValueError as error:
            raise self._bad_index(where, error) from error
        if self.checks_signatures and find_signer(signatures, signed, _parse_keys(keys)) is None:
            names = ", ".join(f"`{signature.key}`" for signature in signatures)
            trusted = ", ".join(f"`{name}`" for name in _parse_keys(keys))
            message = f"`{where}` has no valid signature by a trusted key"
            raise reject(
                "source",
                "bad-signature",
                message,
                f"signed by {names}" if names else "not signed",
                f"trusted keys: {trusted}",
                span=self.spec.span,
                hint="try another mirror",
            )
        try:
            index = read_index(text, repository, self.arch)
        except ValueError as error:
            raise self._bad_index(where, error) from error
        if problems := check_not_later(self.spec, index.date, where):
            raise Rejected(problems, "source")
        facts = (("description", index.description), ("libc", TRAITS.libc), ("suite", repository))
        note = f"signatures of `{repository}` are not verified: `signatures` is `none`"
        snapshot = Snapshot(self.spec.name, digest_of(content, "sha256"), index.date, facts)
        kept, held = hold_back(index.records, self.limit, repository)
        return Page(kept, snapshot=snapshot, warnings=held if self.checks_signatures else (note, *held))

    def _bad_index(self, where: str, error: ValueError) -> Rejected:
        return reject("source", "bad-index", f"the index `{where}` cannot be read: {error}", span=self.spec.span, hint="try another mirror")


def _parse_keys(keys: str) -> dict[str, PublicKey]:
    """Read the keys that a role carries."""
    return {name: read_key(body) for name, _, body in (pair.partition("=") for pair in keys.split(",") if pair)}
