"""Python package indexes such as PyPI: wheels for one interpreter and machine. Nothing is built: a project without wheels needs a recipe.

The index is not signed; the lock pins its digests. It is crawled name by name (``frontier``); an extra is a separate name,
``httpx[http2]``, with the same wheel as ``httpx``. The wheel becomes ``bin`` and ``lib/pythonX.Y/site-packages`` (``wheel``).
"""

import json
from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Problem, Rejected, asdict, digest_of, reject
from nipsys.model.package import Atom, PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    NO_DATES_HINT,
    check_required_signatures,
    check_settings,
    check_unsupported,
    is_withheld,
    join_location,
    make_relative,
    read_cutoff,
    read_interpreter,
    read_mirrors,
    read_version_count,
    select_newest,
)
from nipsys.sources.port import Page
from nipsys.sources.pypi.configuration import find_indexes
from nipsys.sources.pypi.dialect import PypiDialect
from nipsys.sources.pypi.index import ProjectFile, ProjectPage, parse_wheel_name, read_page
from nipsys.sources.pypi.metadata import Metadata, read_metadata
from nipsys.sources.pypi.tags import Target
from nipsys.sources.pypi.traits import TRAITS
from nipsys.versions.pep440 import has_prerelease_bound, is_prerelease, normalize_name, sort_key_of

_UNSUPPORTED = dict.fromkeys(("keyring", "key"), "an index of Python packages is not signed, and attestations (PEP 740) are not verified")
_PAGE_LIMIT = 128 << 20
_METADATA_LIMIT = 4 << 20
_WHEEL_LIMIT = 4 << 30
_ACCEPT = (("Accept", "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"),)


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Pypi":
    """Open an index; ``Rejected`` (kind ``profile``) with every invalid setting."""
    problems = check_settings(spec, TRAITS.settings)
    addresses = read_mirrors(spec, host, problems, find_indexes(host))
    limit, wrong = read_cutoff(spec, now)
    problems += [
        *wrong,
        *check_required_signatures(spec, "an index of Python packages is not signed"),
        *check_unsupported(spec, _UNSUPPORTED),
    ]
    target = _read_target(spec, host, problems)
    most = read_version_count(spec, 6, problems)
    if problems or target is None:
        raise Rejected(problems, "profile")
    return Pypi(spec, addresses, target, most, limit)


def _read_target(spec: SourceSpec, host: HostFacts, problems: list[Problem]) -> Target | None:
    python = str(spec.get("python", "") or "")
    package = read_interpreter(python)
    if package is not None and not package.version:
        hint = f'add its version, as in `python="{python}=3.11"`: wheels and requirements depend on it'
        problems.append(Problem("bad-setting", f"`{python}` has no interpreter version", spec.span, hint=hint))
        return None
    python = package.version if package else python
    parts = python.split(".")
    if len(parts) not in {2, 3} or not all(part.isdecimal() for part in parts) or parts[0] != "3":
        hint = 'write `python="3.11"`: wheels and requirements depend on the interpreter'
        what = f"`python` is not the version of an interpreter: `{python}`" if python else f"the source `{spec.name}` has no `python`"
        problems.append(Problem("bad-setting" if python else "missing-setting", what, spec.span, hint=hint))
        return None
    glibc = str(spec.get("glibc", "2.28") or "").split(".")
    if len(glibc) != 2 or glibc[0] != "2" or not glibc[1].isdecimal():
        problems.append(
            Problem("bad-setting", f"`glibc` is not a version of glibc: `{spec.get('glibc')}`", spec.span, hint='write `glibc="2.28"`')
        )
        return None
    if spec.get("libc", "glibc") not in {"glibc", "musl"}:
        problems.append(Problem("bad-setting", "`libc` must be `glibc` or `musl`", spec.span))
    minor = 0 if spec.get("libc") == "musl" else int(glibc[1])
    return Target((3, int(parts[1])), host.arch, minor, int(parts[2]) if len(parts) == 3 else -1)


class _ProjectQuery(Frozen):
    """What is requested of one project."""

    project: str
    ranges: tuple[str, ...]
    extras: tuple[str, ...]
    """A record is made for each of these; others are ignored."""


class Pypi(Frozen):
    """One index, for one interpreter and machine."""

    spec: SourceSpec
    mirrors: tuple[str, ...]
    target: Target
    version_count: int = 6
    limit: str = ""
    """Files uploaded after this moment are ignored."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> PypiDialect:
        """Return how versions (PEP 440) and requirements (PEP 508) are read."""
        return PypiDialect(prereleases=self.spec.get("prereleases") is True)

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the pages of the projects in ``names`` (requirements without markers)."""
        wanted: dict[str, tuple[set[str], set[str]]] = {}
        for name in names:
            (atom,) = self.dialect.parse_clause(name)
            project, _, extra = atom.name.rstrip("]").partition("[")
            ranges, extras = wanted.setdefault(project, (set(), set()))
            ranges.add(atom.version)
            extras.update({extra} - {""})
        return tuple(self._request_page(project, *asked) for project, asked in sorted(wanted.items()))

    def _request_page(self, project: str, ranges: set[str], extras: set[str]) -> Resource:
        # a mirror of plain files has the page as `index.html`
        pages = [
            f"{mirror}/{project}/{name}" for mirror in self.mirrors for name in ("", "index.html") if name or not mirror.startswith("file:")
        ]
        urls = tuple(pages)
        role = "project:" + json.dumps([project, sorted(ranges), sorted(extras)])
        return Resource(role, urls, _PAGE_LIMIT, optional=True, headers=_ACCEPT)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a project's page (and request the metadata of the newest versions in range), or the metadata of a wheel."""
        role, _, rest = resource.role.partition(":")
        if body is None:
            return Page()
        if role == "project":
            project, ranges, extras = json.loads(rest)
            return self._read_project(_ProjectQuery(project, tuple(ranges), tuple(extras)), resource.urls[0], body.read())
        file, extras = json.loads(rest)
        return self._read_wheel_page(ProjectFile(**file), tuple(extras), resource, body)

    def _read_project(self, asked: _ProjectQuery, url: str, raw: bytes) -> Page:
        project = asked.project
        try:
            listing = read_page(raw.decode("utf-8", "replace"), url)
        except ValueError as fault:
            raise self._bad_index(f"the page of `{project}` at `{url}`", fault) from fault
        files = listing.files
        if self.limit and files and not any(file.uploaded for file in files):
            note = "`snapshot` and `min-age` need an index with upload times (PEP 700)"
            raise reject(
                "source",
                "no-dates",
                f"`{url}` has no upload times for `{project}`",
                note,
                hint=NO_DATES_HINT,
                span=self.spec.span,
            )
        wheels = self._select_wheels(files)
        chosen = {version for span in asked.ranges for version in self._select_versions(wheels, span)}
        more = tuple(self._request_metadata(wheels[version], asked.extras) for version in sorted(chosen, key=sort_key_of))
        snapshot = Snapshot(self.spec.name, digest_of(raw, "sha256"), listing.date, (("warning", _describe_trust(listing)),))
        said = self._explain_no_wheels(project, files, wheels)
        return Page(more=more, snapshot=snapshot, lineage=f"project {project}", serial=listing.serial, warnings=said)

    def _explain_no_wheels(self, project: str, files: tuple[ProjectFile, ...], wheels: dict[str, ProjectFile]) -> tuple[str, ...]:
        """Return a warning when a project has files but no usable wheel."""
        if wheels or not files:
            return ()
        if not any(file.filename.endswith(".whl") for file in files):
            return (f"`{project}` has no wheels, only sources: build it with a recipe",)
        where = f"Python {self.target.short} on {self.target.arch}"
        return (f"`{project}` has no wheel for {where}" + (f" from before {self.limit}" if self.limit else ""),)

    def _select_wheels(self, files: tuple[ProjectFile, ...]) -> dict[str, ProjectFile]:
        """Return the best wheel of every version with one for the interpreter, the machine and the date."""
        tags = self.target.tags()
        found: dict[str, tuple[tuple[int, bytes], ProjectFile]] = {}
        for file in files:
            parts = parse_wheel_name(file.filename)
            if parts is None or is_withheld(file.uploaded, self.limit) or not self._supports_python(file.requires_python):
                continue
            _, version, build, theirs = parts
            place = min((tags[tag] for tag in theirs if tag in tags), default=None)
            try:
                sort_key_of(version)
            except ValueError:
                continue
            # the higher build number wins among wheels of equal tags (PEP 427)
            rank = (-1 if place is None else -place, build.encode())
            if place is not None and (version not in found or rank > found[version][0]):
                found[version] = (rank, file)
        return {version: file for version, (_, file) in found.items()}

    def _supports_python(self, requires: str) -> bool:
        """Return whether the interpreter satisfies ``Requires-Python``; without a micro version it counts as the last of its series."""
        if not requires:
            return True
        full = self.target.full if self.target.micro >= 0 else f"{self.target.short}.99"
        try:
            return self.dialect.matches(Atom("python", "in", requires), full)
        except ValueError:
            return True

    def _select_versions(self, wheels: dict[str, ProjectFile], span: str) -> tuple[str, ...]:
        """Return the newest versions in range: yanked ones only when named exactly, pre-releases only when named or alone."""
        dialect = self.dialect
        atom = Atom("", "in" if span else "", span)
        exact = span.startswith(("==", "===")) and "*" not in span and "," not in span
        fitting = [version for version, file in wheels.items() if dialect.matches(atom, version) and (exact or not file.yanked)]
        final = [version for version in fitting if not is_prerelease(version)]
        named = self.spec.get("prereleases") is True or has_prerelease_bound(span)
        return select_newest(fitting if named or not final else final, sort_key_of, lambda _: True, self.version_count)

    def _request_metadata(self, file: ProjectFile, extras: tuple[str, ...]) -> Resource:
        """Request the METADATA served next to a wheel, or the wheel where the index has none."""
        text = json.dumps([asdict(file), extras], sort_keys=True)
        if file.metadata is None:
            return Resource(f"wheel:{text}", (file.url,), file.size or _WHEEL_LIMIT, digest=file.digest or None, size=file.size or None)
        return Resource(f"metadata:{text}", (f"{file.url}.metadata",), _METADATA_LIMIT, digest=file.metadata or None)

    def _read_wheel_page(self, file: ProjectFile, extras: tuple[str, ...], resource: Resource, body: BinaryIO) -> Page:
        """Read one wheel's metadata; a version with invalid metadata is left out with a warning, as pip does it."""
        parts = parse_wheel_name(file.filename)
        assert parts is not None
        try:
            text = body.read().decode("utf-8", "replace") if resource.role.startswith("metadata:") else _read_inner_metadata(body)
            found = read_metadata(text, self.target)
        except ValueError as fault:
            return Page(warnings=(f"`{file.filename}` is left out: {fault}",))
        if found.name != normalize_name(parts[0]) or sort_key_of(found.version) != sort_key_of(parts[1]):
            raise self._bad_index(
                f"`{file.filename}` at `{resource.urls[0]}`", ValueError(f"its METADATA is for `{found.name}` {found.version}")
            )
        if found.unsupported:
            return Page(warnings=(f"`{file.filename}` is left out: it needs `{found.unsupported[0]}`, which is not in an index",))
        if not self._supports_python(found.requires_python):
            return Page()
        plain = self._build_record(file, parts[1], parts[3], found)
        beyond = dict(found.extras)
        # the fact `source` makes the package's programs those of its extra, too
        facts = tuple(sorted((*plain.facts, ("source", found.name))))
        asked = [
            plain._replace(name=f"{found.name}[{extra}]", depends=(f"{found.name}=={plain.version}", *beyond.get(extra, ())), facts=facts)
            for extra in extras
        ]
        return Page((plain, *asked))

    def _build_record(self, file: ProjectFile, version: str, tags: tuple[str, ...], found: Metadata) -> PackageRecord:
        facts = (("date", file.uploaded), ("homepage", found.homepage), ("licence", found.licence))
        return PackageRecord(
            name=found.name,
            version=version,
            arch="" if all(tag.endswith("-any") for tag in tags) else self.target.arch,
            depends=found.depends,
            location=make_relative(file.url, self.mirrors),
            size=file.size,
            digest=file.digest,
            format="wheel",
            summary=found.summary,
            facts=tuple((name, value) for name, value in facts if value),
        )

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a wheel is: on every mirror when its location is relative."""
        urls = tuple(dict.fromkeys(join_location(mirror, package.location) for mirror in self.mirrors))
        role = f"pypi:{package.name}-{package.version}"
        return Resource(role, urls, package.size or _WHEEL_LIMIT, digest=package.digest or None, size=package.size or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a wheel for this interpreter."""
        name = package.name.partition("[")[0]
        own = (("interpreter", "profile"),) if read_interpreter(str(self.spec.get("python"))) else ()
        return UnpackSpec("wheel", settings=(*own, ("name", name), ("python", self.target.short), ("version", package.version)))

    def _bad_index(self, what: str, fault: ValueError) -> Rejected:
        return reject("source", "bad-index", f"{what} of `{self.spec.name}` cannot be read: {fault}", span=self.spec.span)


def _describe_trust(listing: ProjectPage) -> str:
    """Return what of a page is not verified; every plan shows it. The text is part of the lock."""
    attested = "; its attestations (PEP 740) are not checked" if any(file.attested for file in listing.files) else ""
    undated = "" if listing.serial or listing.date or not listing.files else "; it dates nothing, so an older state is taken unnoticed"
    return f"an index of Python packages is not signed: its digests are trusted as they come{attested}{undated}"


def _read_inner_metadata(body: BinaryIO) -> str:
    """Read METADATA from inside a wheel; ``ValueError`` when it has none."""
    import zipfile  # noqa: PLC0415 - only where an index has no metadata of its own

    try:
        with zipfile.ZipFile(body) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
            if len(names) != 1 or archive.getinfo(names[0]).file_size > _METADATA_LIMIT:
                raise ValueError("it has no METADATA")
            return archive.read(names[0]).decode("utf-8", "replace")
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as fault:
        raise ValueError(f"it is not an intact wheel: {fault}") from fault
