"""npm registries: programs for node. Several versions of a dependency may be installed side by side, as npm does it.

Each version is a separate name (``dialect``). A package becomes ``<name>@<version>/node_modules/<name>``, and its
dependencies are links next to it (``node_modules``). Install scripts are never run. The lock pins digests (SRI); where the registry's
keys are given (``key``, or ``keyring``: a list of keys as at ``/-/npm/v1/keys``), every chosen version must be signed by one of them.
"""

import json
from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import quote

from nipsys.model import Frozen, HostFacts, Problem, Rejected, digest_of, reject, replace
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    NO_DATES_HINT,
    check_arch,
    check_required_signatures,
    check_settings,
    is_withheld,
    join_location,
    make_relative,
    must_be_signed,
    normalize_moment,
    read_cutoff,
    read_interpreter,
    read_mirrors,
    read_version_count,
    resolve_path,
    select_newest,
    split_words,
)
from nipsys.sources.npm.configuration import find_registry
from nipsys.sources.npm.dialect import NpmDialect
from nipsys.sources.npm.node_modules import package_name_of, version_directory_of
from nipsys.sources.npm.registry import Manifest, Packument, is_allowed, read_packument
from nipsys.sources.npm.signatures import RegistryKey, from_rows, is_signed, read_key, read_keys, require_cryptography, to_rows
from nipsys.sources.npm.traits import TRAITS
from nipsys.sources.port import Page
from nipsys.versions.npm import parse_range, parse_version, satisfies

MACHINES = {"x86_64": "x64", "aarch64": "arm64", "i686": "ia32", "armv7": "arm", "ppc64le": "ppc64", "s390x": "s390x", "riscv64": "riscv64"}
"""The profile's names of machines, and node's (``process.arch``)."""
_LIMIT = 256 << 20
_TARBALL_LIMIT = 2 << 30
_KEYS_LIMIT = 1 << 20
_ACCEPT_SHORT = (("Accept", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"),)
_ACCEPT_FULL = (("Accept", "application/json"),)


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Npm":
    """Open a registry; ``Rejected`` (kind ``profile``) with every invalid setting."""
    problems = check_settings(spec, TRAITS.settings)
    addresses = read_mirrors(spec, host, problems, find_registry(host))
    limit, wrong = read_cutoff(spec, now)
    problems += wrong
    keys, lists = _read_trusted_keys(spec, host, problems)
    most, node = read_version_count(spec, 2, problems), _read_node_version(spec, problems)
    if spec.get("libc", "glibc") not in {"glibc", "musl"}:
        problems.append(Problem("bad-setting", "`libc` must be `glibc` or `musl`", spec.span))
    if node and not _is_version(node):
        problems.append(Problem("bad-setting", f"`node` is not a version of node: `{node}`", spec.span, hint='write `node="20.19.0"`'))
    problems += check_arch(spec, host, MACHINES, "node")
    if problems:
        raise Rejected(problems, "profile")
    if spec.get("recommends") is None:
        spec = replace(spec, settings=tuple(sorted((*spec.settings, ("recommends", True)))))
    return Npm(spec, addresses, MACHINES[host.arch], most, limit, keys, lists)


def _read_trusted_keys(spec: SourceSpec, host: HostFacts, problems: list[Problem]) -> tuple[tuple[RegistryKey, ...], tuple[str, ...]]:
    """Return the trusted keys, and the addresses of lists of more keys; both empty when signatures are not required."""
    texts, paths = split_words(spec.get("key")), split_words(spec.get("keyring"))
    if not texts and not paths:
        problems += check_required_signatures(spec, "no key of the registry is set (`key`, `keyring`)")
        return (), ()
    if not must_be_signed(spec):
        return (), ()
    require_cryptography()
    found = []
    for text in texts:
        try:
            found.append(read_key(text))
        except ValueError as fault:
            hint = "copy it from the registry's list of keys, at `/-/npm/v1/keys`"
            problems.append(Problem("bad-setting", f"a key of the source `{spec.name}` cannot be read: {fault}", spec.span, hint=hint))
    return tuple(found), tuple(path if "://" in path else f"file://{resolve_path(path, spec, host)}" for path in paths)


def _read_node_version(spec: SourceSpec, problems: list[Problem]) -> str:
    """Return the full version of the node that runs the programs; empty when it is not set."""
    text = str(spec.get("node", "") or "")
    package = read_interpreter(text)
    if package is None:
        return text
    if not package.version:
        hint = f'add its version, as in `node="{text}=22.1"`: package versions depend on it'
        problems.append(Problem("bad-setting", f"`{text}` has no interpreter version", spec.span, hint=hint))
        return ""
    return ".".join((*package.version.split("."), "0", "0")[:3])


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except ValueError:
        return False
    return True


class Npm(Frozen):
    """One registry."""

    spec: SourceSpec
    mirrors: tuple[str, ...]
    machine: str
    version_count: int = 2
    limit: str = ""
    """Versions published after this moment are ignored."""
    keys: tuple[RegistryKey, ...] = ()
    """One of these must have signed each chosen version."""
    key_lists: tuple[str, ...] = ()
    """Addresses of lists of more keys."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> NpmDialect:
        """Return how npm's versions and ranges are read."""
        return NpmDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the packuments of the packages in ``names`` (clauses)."""
        wanted: dict[str, set[str]] = {}
        for name in names:
            (atom,) = self.dialect.parse_clause(name)
            place = atom.name.find("@", 1)
            package, tag = (atom.name[:place], atom.name[place:]) if place > 0 else (atom.name, "")
            if atom.relation:
                tag = atom.version if atom.relation == "in" else atom.relation + atom.version
            wanted.setdefault(package, set()).add(tag)
        return self._request_next(0, self.keys, {package: sorted(ranges) for package, ranges in sorted(wanted.items())})

    def _request_next(self, place: int, keys: tuple[RegistryKey, ...], wanted: dict[str, list[str]]) -> tuple[Resource, ...]:
        """Request the next list of keys, or the packuments when all keys are known."""
        if place < len(self.key_lists):
            role = "keys:" + json.dumps([place, to_rows(keys), wanted])
            return (Resource(role, (self.key_lists[place],), _KEYS_LIMIT),)
        return tuple(self._request_packument(package, keys, ranges) for package, ranges in wanted.items())

    def _request_packument(self, package: str, keys: tuple[RegistryKey, ...], ranges: list[str]) -> Resource:
        urls = tuple(f"{mirror}/{quote(package, safe='@')}" for mirror in self.mirrors)
        role = "packument:" + json.dumps([package, ranges, to_rows(keys)])
        # only the full form has publication times, which decide whether a key had expired
        return Resource(role, urls, _LIMIT, optional=True, headers=_ACCEPT_FULL if self.limit or keys else _ACCEPT_SHORT)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a list of keys and request what follows; or read a packument: the newest versions in every requested range."""
        role, _, rest = resource.role.partition(":")
        if body is None:
            return Page()
        raw = body.read()
        if role == "keys":
            place, keys, wanted = json.loads(rest)
            return Page(more=self._request_next(place + 1, from_rows(keys) + self._read_key_list(raw, resource.urls[0]), wanted))
        package, ranges, keys = json.loads(rest)
        return self._read_versions(resource, raw, package, ranges, from_rows(keys))

    def _read_key_list(self, raw: bytes, where: str) -> tuple[RegistryKey, ...]:
        try:
            return read_keys(raw.decode("utf-8", "replace"))
        except ValueError as fault:
            message = f"the keys of `{self.spec.name}` at `{where}` cannot be read: {fault}"
            raise reject("source", "bad-key", message, span=self.spec.span, hint="a registry lists its keys at `/-/npm/v1/keys`") from fault

    def _read_versions(self, resource: Resource, raw: bytes, package: str, ranges: list[str], keys: tuple[RegistryKey, ...]) -> Page:
        where = resource.urls[0]
        try:
            found = read_packument(raw)
            if found.name != package:
                raise ValueError(f"it is for `{found.name}`")  # noqa: TRY301 - one message, below
        except ValueError as fault:
            message = f"the packument of `{package}` at `{where}` (`{self.spec.name}`) cannot be read: {fault}"
            raise reject("source", "bad-index", message, span=self.spec.span) from fault
        if self.limit and not found.dated:
            note = "`snapshot` and `min-age` need a registry with publication times"
            raise reject("source", "no-dates", f"`{where}` has no dates for `{package}`", note, hint=NO_DATES_HINT, span=self.spec.span)
        offered = {version: manifest for version, manifest in found.manifests.items() if self._is_usable(manifest)}
        chosen = {version for span in ranges for version in self._select_versions(found, offered, span)}
        if self.keys or self.key_lists:
            self._refuse_unsigned([offered[version] for version in sorted(chosen)], keys, resource.urls[0])
        records = tuple(_build_record(offered[version], found.tags, self) for version in sorted(chosen))
        snapshot = Snapshot(self.spec.name, digest_of(raw, "sha256"), normalize_moment(found.modified), self._describe_trust(found))
        return Page(records, snapshot=snapshot, lineage=f"packument {package}")

    def _refuse_unsigned(self, manifests: list[Manifest], keys: tuple[RegistryKey, ...], where: str) -> None:
        """Raise unless every version is signed; one without a signature is refused too: it may have been removed."""
        for manifest in manifests:
            if not is_signed(manifest, keys):
                by = ", ".join(f"`{name}`" for name, _ in manifest.signatures)
                signed_by = f"signed by {by}" if by else "not signed"
                trusted = ", ".join(f"`{key.id or key.body[:24]}`" for key in keys) or "none"
                message = f"`{manifest.name}` {manifest.version} from `{where}` has no valid signature by a trusted key"
                hint = 'try another mirror, or accept unsigned versions with `signatures="none"`'
                raise reject("source", "bad-signature", message, signed_by, f"trusted keys: {trusted}", span=self.spec.span, hint=hint)

    def _describe_trust(self, found: Packument) -> tuple[tuple[str, str], ...]:
        """Return the fact that says what is not verified; every plan shows it. Its text is part of the lock."""
        undated = "" if found.modified else "; it dates nothing, so an older state is taken unnoticed"
        if self.keys or self.key_lists:
            return (("warning", undated.removeprefix("; ")),) if undated else ()
        offers = any(manifest.signatures for manifest in found.manifests.values())
        what = "it signs its versions, but no key is given (`keyring`)" if offers else "a registry of npm is not signed"
        return (("warning", f"{what}: its digests are trusted as they come{undated}"),)

    def _is_usable(self, manifest: Manifest) -> bool:
        """Return whether a version is for this machine and old enough, and all its dependencies are in a registry."""
        libc = str(self.spec.get("libc", "glibc"))
        if manifest.unsupported or is_withheld(manifest.published, self.limit) or not _is_version(manifest.version):
            return False
        return is_allowed(manifest.systems, "linux") and is_allowed(manifest.machines, self.machine) and is_allowed(manifest.libcs, libc)

    def _select_versions(self, found: Packument, offered: dict[str, Manifest], span: str) -> tuple[str, ...]:
        """Return the newest versions in range by npm's preference: ``latest`` when it matches, then none above it.

        Versions that do not work with the profile's node, or are deprecated, are used only when there are no others.
        """
        if span.startswith("@"):
            tagged = found.tags.get(span[1:], "")
            return (tagged,) if tagged in offered else ()
        dialect, top = self.dialect, found.tags.get("latest", "")
        if not span:
            fitting = [version for version in offered if not parse_version(version).pre or version == top]
        else:
            wanted = parse_range(span)
            fitting = [version for version in offered if satisfies(parse_version(version), wanted)]
        if top in fitting and self._runs_on_node(offered[top]) and not offered[top].deprecated:
            fitting = [version for version in fitting if dialect.sort_key(version) <= dialect.sort_key(top)]
        best = [version for version in fitting if self._runs_on_node(offered[version]) and not offered[version].deprecated]
        running = [version for version in fitting if self._runs_on_node(offered[version])]
        sound = [version for version in fitting if not offered[version].deprecated]
        return select_newest(best or running or sound or fitting, dialect.sort_key, lambda _: True, self.version_count)

    def _runs_on_node(self, manifest: Manifest) -> bool:
        """Return whether a version declares that it works with the profile's node, as npm prefers."""
        node = _read_node_version(self.spec, [])
        try:
            return not node or not manifest.node or satisfies(parse_version(node), parse_range(manifest.node))
        except ValueError:
            return True

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where a tarball is: on every mirror when its location is relative."""
        urls = tuple(dict.fromkeys(join_location(mirror, package.location) for mirror in self.mirrors))
        return Resource(f"npm:{package.name}", urls, _TARBALL_LIMIT, digest=package.digest or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack an npm package into its own directory."""
        name = package_name_of(package.name)
        place = f"{version_directory_of(name, package.version)}/node_modules/{name}"
        return UnpackSpec("npm", prefix=place, settings=(("name", name), ("version", package.version)))


def _build_record(manifest: Manifest, tags: Mapping[str, str], source: Npm) -> PackageRecord:
    tagged = sorted(tag for tag, version in tags.items() if version == manifest.version)
    facts = {
        "alias": " ".join(f"{alias}={real}" for alias, real in manifest.aliases),
        "date": manifest.published,
        "deprecated": manifest.deprecated,
        "licence": manifest.licence,
        "purl": f"pkg:npm/{quote(manifest.name, safe='/')}@{quote(manifest.version, safe='')}",
        "scripts-skipped": "install" if manifest.scripts else "",
    }
    return PackageRecord(
        name=f"{manifest.name}:{manifest.version}",
        version=manifest.version,
        arch="",
        depends=manifest.depends,
        recommends=manifest.recommends,
        provides=(f"{manifest.name}={manifest.version}", *(f"{manifest.name}@{tag}={manifest.version}" for tag in tagged)),
        location=make_relative(manifest.tarball, source.mirrors),
        digest=manifest.digest,
        format="npm",
        summary=manifest.summary,
        facts=tuple((key, value) for key, value in facts.items() if value),
    )
