"""One program by address and digest: a release asset, either an archive or a single static program.

``source "url" name="ripgrep" url="https://.../ripgrep-14.1.0-$arch.tar.gz" digest="sha256:..." version="14.1.0" strip=1 bin="rg"``
is a source of one package of that name. An archive goes to ``opt/<name>`` when ``bin`` says which of its files are programs, otherwise
to ``usr``: then it has ``bin``, ``lib``, ``share`` itself.
"""

import re
from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Problem, Rejected, blake3_of, to_canonical_json
from nipsys.model.package import Atom, Clause, Dialect, PackageRecord, Provide, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import check_unsupported, find_unknown_settings, read_addresses, split_words
from nipsys.sources.port import Page
from nipsys.sources.url.traits import TRAITS
from nipsys.versions import debian

_UNSUPPORTED = dict.fromkeys(("keyring", "key", "signatures", "snapshot", "min-age"), "the digest in the profile fixes the bytes")
_FORMATS = {
    "tar": (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz", ".tbz2", ".tar.zst", ".tzst"),
    "zip": (".zip",),
    "deb": (".deb",),
}
_DIGEST = re.compile(r"(?:sha256|blake3):[0-9a-f]{64}|sha512:[0-9a-f]{128}").fullmatch
_VERSION = re.compile(r"(?<![0-9A-Za-z])v?([0-9]+(?:\.[0-9]+)+(?:[-.]?(?:rc|beta|alpha)[.0-9]*)?)").findall
_NAME = re.compile(r"[\w.+-]+").fullmatch
_LIMIT = 2 << 30


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Url":
    """Open one address; ``Rejected`` (kind ``profile``) with every missing or invalid setting."""
    del now
    problems = [*find_unknown_settings(spec, TRAITS.settings), *check_unsupported(spec, _UNSUPPORTED)]
    urls = read_addresses(spec, "url", problems) + read_addresses(spec, "mirror", problems)
    if spec.get("url") is None:
        problems.append(Problem("missing-setting", f"the source `{spec.name}` has no `url`", spec.span, hint='add `url="https://..."`'))
    digest = str(spec.get("digest", "")).lower()
    if not _DIGEST(digest):
        found = f"`{digest}` is not a digest" if digest else f"the source `{spec.name}` has no `digest`"
        notes = ("without a digest, the fetched bytes cannot be verified",)
        code = "bad-setting" if digest else "missing-setting"
        problems.append(Problem(code, found, spec.span, notes, 'write `digest="sha256:..."`: `sha256sum` prints it'))
    numbers = {key: spec.get(key, 0) for key in ("strip", "size")}
    for key, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            problems.append(Problem("bad-setting", f"`{key}` of the source `{spec.name}` must be a whole number, not `{value}`", spec.span))
    version = str(spec.get("version", "")) or next(iter(_VERSION(urls[0].rpartition("/")[2] or urls[0]) if urls else ()), "")
    form = str(spec.get("format", "")) or _guess_format(urls[0] if urls else "")
    if form not in {*_FORMATS, "file"}:
        hint = "use " + " or ".join(f"`{name}`" for name in (*_FORMATS, "file"))
        problems.append(Problem("bad-setting", f"`format` of the source `{spec.name}` cannot be `{form}`", spec.span, hint=hint))
    programs = _read_programs(spec, problems)
    if problems:
        raise Rejected(problems, "profile")
    urls = tuple(url.replace("$version", version).replace("$arch", host.arch) for url in urls)
    return Url(spec, urls, digest, version or "0", form, programs, host.arch)


class Url(Frozen):
    """One package at one address."""

    spec: SourceSpec
    urls: tuple[str, ...]
    digest: str
    version: str
    archive_format: str
    programs: tuple[tuple[str, str], ...]
    """(name on PATH, path in the archive)."""
    arch: str

    complete = TRAITS.complete

    @property
    def dialect(self) -> "UrlDialect":
        """Return how versions are compared; there are no dependencies."""
        return UrlDialect()

    @property
    def package(self) -> str:
        """Return the name of the package."""
        return str(self.spec.get("package", self.spec.name))

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request nothing: the profile's settings are complete."""
        del names
        return (Resource("package", (), 0, optional=True),)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Return the one record."""
        del resource, body
        record = PackageRecord(
            name=self.package,
            version=self.version,
            arch=self.arch,
            location=self.urls[0],
            size=int(self.spec.get("size", 0) or 0),
            digest=self.digest,
            format=self.archive_format,
            summary=str(self.spec.get("summary", "")),
            provides=tuple(sorted({name for name, _ in self.programs} - {self.package})),
        )
        identity = blake3_of(to_canonical_json([self.package, self.version, self.digest, [list(program) for program in self.programs]]))
        return Page((record,), snapshot=Snapshot(self.spec.name, identity))

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return its addresses, digest and size."""
        role = f"url:{package.name}={package.version}"
        return Resource(role, self.urls, package.size or _LIMIT, digest=package.digest, size=package.size or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack it, by the profile's settings."""
        skip = split_words(self.spec.get("skip"))
        strip = int(self.spec.get("strip", 0) or 0)
        if self.archive_format == "deb":
            return UnpackSpec("deb", skip=skip)
        if self.archive_format == "file":
            name = self.programs[0][0] if self.programs else package.name
            return UnpackSpec("file", prefix=str(self.spec.get("prefix", "usr/bin")) + f"/{name}")
        prefix = str(self.spec.get("prefix", f"opt/{package.name}" if self.programs else "usr")).strip("/")
        links = tuple((f"usr/bin/{name}", "/".join(filter(None, ("../..", prefix, path)))) for name, path in self.programs)
        return UnpackSpec(self.archive_format, strip, skip, prefix, links)


class UrlDialect(Dialect):
    """Versions are ordered like Debian's, which orders most upstream versions as their authors intend."""

    name = "url"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as versions do."""
        return debian.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches."""
        return not atom.relation or (bool(version) and debian.satisfies(version, atom.relation, atom.version))

    def parse_clause(self, text: str) -> Clause:
        """Read a name: dependencies have no other form."""
        return (Atom(self.parse_provide(text).name),)

    def parse_provide(self, text: str) -> Provide:
        """Read a name."""
        if not _NAME(text.strip()):
            raise ValueError(f"`{text}` is not the name of a program")
        return Provide(text.strip())


def _guess_format(url: str) -> str:
    path = url.partition("?")[0].partition("#")[0].lower()
    return next((form for form, ends in _FORMATS.items() if path.endswith(ends)), "file")


def _read_programs(spec: SourceSpec, problems: list[Problem]) -> tuple[tuple[str, str], ...]:
    """Read ``bin``: words ``path`` or ``name=path``; a path outside the archive adds a problem."""
    programs = []
    for word in split_words(spec.get("bin")):
        name, separator, path = word.partition("=")
        path = (path if separator else word).removeprefix("./")
        name = name if separator else path.rpartition("/")[2]
        if path.startswith("/") or ".." in path.split("/") or "/" in name or not name:
            hint = "use the path of a program inside the archive, after `strip`"
            problems.append(Problem("bad-setting", f"`{word}` in `bin` is not a path inside the archive", spec.span, hint=hint))
        programs.append((name, path))
    return tuple(programs)
