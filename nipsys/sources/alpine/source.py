"""Alpine Linux and its derivatives: one signed index per repository, packages of version 2, musl as the world's C library.

The keys are files that are fetched like any other resource: they come first, and the roles of the indexes carry them, so that equal
bytes give equal results. The signature of the index covers every package, so the packages' own signatures are not needed.
"""

from typing import BinaryIO

from nipsys.model.digest import digest_of
from nipsys.model.host import HostFacts
from nipsys.model.package.container import Container
from nipsys.model.package.record import Record, Snapshot
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.model.value import Frozen
from nipsys.sources.alpine.dialect import AlpineDialect
from nipsys.sources.alpine.index import read_index, signer, split_signed
from nipsys.sources.alpine.rsa import PublicKey, read_key
from nipsys.sources.common.mirrors import addresses, beside, chosen, joined, unknown_settings, words
from nipsys.sources.common.settings import a_moment, foreign, held_back, later, old_enough
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
SETTINGS = {
    "branch": "`v3.22`, `edge`; a directory of the mirror",
    "repos": "`main community`; directories below the branch",
    "mirror": "addresses tried in order; the host's repositories when not given",
    "keyring": "paths of the trusted public keys (`*.rsa.pub`); those of the host's `/etc/apk/keys` when not given",
    "key": "a trusted key itself: `<file name>:<base 64 of the PEM's body>`",
    "signatures": "`required` or `none`",
    "snapshot": "a day: newer indexes are refused, older ones accepted (`$snapshot` in the mirror becomes `2026-11-01`)",
    "min-age": "ignore packages younger than this",
    "recommends": "no effect: Alpine has no recommended packages",
}
LIBC = "musl"
_INDEX_LIMIT, _KEY_LIMIT = 256 << 20, 1 << 16


def open_(spec: SourceSpec, host: HostFacts, now: str) -> "Alpine":
    """Open a branch; ``Rejected`` (kind ``profile``) for invalid settings, no mirror or no key."""
    problems = unknown_settings(spec, SETTINGS)
    signatures = chosen(spec, "signatures", ("required", "none"), problems)
    mirrors = tuple(mirror.replace("$snapshot", str(spec.get("snapshot", ""))[:10]) for mirror in addresses(spec, "mirror", problems))
    branch = str(spec.get("branch") or "").strip("/")
    repositories = tuple(name.strip("/") for name in words(spec.get("repos"))) or (("main", "community") if branch else ("",))
    if not mirrors:
        mirrors, repositories = _configured(host, branch, repositories)
    if not mirrors and not problems:
        hint = f'write `source "{spec.kind}" mirror="https://..." branch="..."`'
        problems.append(Problem("no-mirror", f"no mirror is known for the source `{spec.name}`", spec.span, (), hint))
    problems += foreign(spec, host, ARCHES, "Alpine")
    limit = old_enough(spec, now, problems)
    a_moment(spec, problems)
    inline, paths = _keys(spec, host, problems) if signatures == "required" else ("", ())
    if problems:
        raise Rejected(problems, "profile")
    places = tuple("/".join(filter(None, (branch, name))) for name in repositories)
    return Alpine(spec, mirrors, places, ARCHES[host.arch], inline, paths, signatures == "required", limit)


def _configured(host: HostFacts, branch: str, repositories: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the mirrors of the host's repositories (one ``<mirror>/<branch>/<repository>`` per line), and the repositories."""
    lines = [line.split("#")[0].strip() for line in (host.text("/etc/apk/repositories") or "").splitlines()]
    found = tuple(dict.fromkeys(line.rstrip("/").rsplit("/", 2)[0] for line in lines if "://" in line and not line.startswith("@")))
    return found if branch else (), repositories


def _keys(spec: SourceSpec, host: HostFacts, problems: list[Problem]) -> tuple[str, tuple[str, ...]]:
    """Return the keys in the profile's text, as roles carry them, and the paths of the others."""
    paths = tuple(beside(path, spec, host) for path in words(spec.get("keyring")))
    inline = []
    for text in words(spec.get("key")):
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
    inline: str
    """Keys in the profile's text: ``name=base64``, comma-separated."""
    keyrings: tuple[str, ...]
    signed: bool
    limit: str = ""
    """Packages built after this moment are ignored."""

    complete = True

    @property
    def dialect(self) -> AlpineDialect:
        """Return how dependencies are read: as apk does."""
        return AlpineDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the first key, or the indexes when all keys are known."""
        del names
        return self._next(0, self.inline)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a key and request the next one or the indexes; or read an index."""
        assert body is not None, "nothing here is optional"
        with body:
            content = body.read()
        role, _, rest = resource.role.partition(":")
        place, _, keys = rest.partition(":")
        if role == "key":
            return Page(more=self._next(int(place) + 1, self._with_key(resource, content, keys)))
        return self._index(resource, content, place, keys)

    def artifact(self, package: Record | LockedPackage) -> Resource:
        """Return where a package is. The index only has the digest of its control member, so it is checked when it is unpacked."""
        urls = tuple(joined(mirror, package.location) for mirror in self.mirrors)
        return Resource(f"apk:{package.location}", urls, package.size, size=package.size)

    def container(self, package: Record | LockedPackage) -> Container:
        """Return how to unpack an apk package whose control member has the signed digest."""
        settings = (("control", package.digest), ("name", package.name), ("version", package.version))
        return Container(package.format or "apk", settings=settings)

    def _next(self, place: int, keys: str) -> tuple[Resource, ...]:
        if place < len(self.keyrings):
            return (Resource(f"key:{place}:{keys}", (f"file://{self.keyrings[place]}",), _KEY_LIMIT),)
        return tuple(
            Resource(
                f"index:{name}:{keys}",
                tuple(joined(mirror, f"{name}/{self.arch}/APKINDEX.tar.gz".lstrip("/")) for mirror in self.mirrors),
                _INDEX_LIMIT,
            )
            for name in self.repositories
        )

    def _with_key(self, resource: Resource, content: bytes, keys: str) -> str:
        path = resource.urls[0]
        text = content.decode("ascii", "replace")
        try:
            read_key(text)
        except ValueError as error:
            raise reject("source", "bad-key", f"the key `{path}` cannot be read: {error}", span=self.spec.span) from error
        body = "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))
        return ",".join(filter(None, (keys, f"{path.rpartition('/')[2]}={body}")))

    def _index(self, resource: Resource, content: bytes, repository: str, keys: str) -> Page:
        where = resource.urls[0]
        try:
            signatures, signed, text = split_signed(content, "index")
        except ValueError as error:
            raise self._unread(where, error) from error
        if self.signed and signer(signatures, signed, _trusted(keys)) is None:
            names = ", ".join(f"`{signature.key}`" for signature in signatures)
            trusted = ", ".join(f"`{name}`" for name in _trusted(keys))
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
            raise self._unread(where, error) from error
        if problems := later(self.spec, index.date, where):
            raise Rejected(problems, "source")
        facts = (("description", index.description), ("libc", LIBC), ("suite", repository))
        note = f"signatures of `{repository}` are not verified: `signatures` is `none`"
        snapshot = Snapshot(self.spec.name, digest_of(content, "sha256"), index.date, facts)
        kept, held = held_back(index.records, self.limit, repository)
        return Page(kept, snapshot=snapshot, warnings=held if self.signed else (note, *held))

    def _unread(self, where: str, error: ValueError) -> Rejected:
        return reject("source", "bad-index", f"the index `{where}` cannot be read: {error}", span=self.spec.span, hint="try another mirror")


def _trusted(keys: str) -> dict[str, PublicKey]:
    """Read the keys that a role carries."""
    return {name: read_key(body) for name, _, body in (pair.partition("=") for pair in keys.split(",") if pair)}
