"""Binary caches of Nix, read without nix: names from the project's own index, closures by references, Ed25519 signatures.

A cache has no list of names, so this source is not complete: names are requested (attribute paths of the index, or ``<hash>-<name>`` of
a store path), then their references, until nothing is left. Every store path is a package named by its base name; a name of the index
is another package with the same archive, which provides the path wherever something refers to it. Programs expect to be in
``/nix/store``: trees contain ``<hash>-<name>/...``, and the world is entered with them bound to that prefix.
"""

import re
from typing import BinaryIO

from nipsys.model import Frozen, HostFacts, Problem, Rejected, digest_of, reject
from nipsys.model.package import PackageRecord, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import (
    check_arch,
    check_not_later,
    check_snapshot,
    check_unsupported,
    find_unknown_settings,
    join_url,
    read_addresses,
    read_choice,
    resolve_path,
    split_words,
)
from nipsys.sources.nix.dialect import NixDialect
from nipsys.sources.nix.index import IndexRow, read_index
from nipsys.sources.nix.narinfo import NarInfo, read_key, read_narinfo
from nipsys.sources.nix.traits import TRAITS
from nipsys.sources.port import Page
from nipsys.versions.nix import split_name

SYSTEMS = {"x86_64": "x86_64-linux", "aarch64": "aarch64-linux", "i686": "i686-linux", "armv7": "armv7l-linux", "riscv64": "riscv64-linux"}
COMPRESSIONS = ("xz", "zstd", "bzip2", "gzip", "none")
_PUBLIC_CACHE = "https://cache.nixos.org"
_PUBLIC_KEY = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="
_INFO_LIMIT, _NARINFO_LIMIT, _INDEX_LIMIT, _SLACK = 1 << 16, 1 << 20, 512 << 20, 1 << 20
_BASE = re.compile(r"([0-9abcdfghijklmnpqrsvwxyz]{32})(?:-[0-9A-Za-z+\-._?=]+)?").fullmatch


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Nix":
    """Open binary caches; ``Rejected`` (kind ``profile``) for invalid settings or a cache without a key."""
    del now
    problems = [
        *find_unknown_settings(spec, TRAITS.settings),
        *check_unsupported(spec, {"min-age": "a cache does not say when a path was built"}),
    ]
    check_snapshot(spec, problems)
    signatures = read_choice(spec, "signatures", ("required", "none"), problems)
    caches = read_addresses(spec, "cache", problems) + read_addresses(spec, "mirror", problems) or (_PUBLIC_CACHE,)
    keys = _read_keys(spec, caches, problems) if signatures == "required" else ()
    needed = spec.get("needed", 1)
    if not isinstance(needed, int) or needed < 1 or (keys and needed > len(keys)):
        message = f"`needed` of the source `{spec.name}` cannot be `{needed}` with {len(keys)} keys"
        problems.append(Problem("bad-setting", message, spec.span, hint="use a number from 1 to the number of keys"))
    problems += check_arch(spec, host, SYSTEMS, "Nix")
    if problems:
        raise Rejected(problems, "profile")
    index = str(spec.get("index") or "")
    if index and "://" not in index:
        index = f"file://{resolve_path(index, spec, host)}"
    return Nix(spec, caches, index, keys, int(str(needed)) if keys else 0, SYSTEMS[host.arch])


def _read_keys(spec: SourceSpec, caches: tuple[str, ...], problems: list[Problem]) -> tuple[tuple[str, bytes], ...]:
    listed = split_words(spec.get("key")) or ((_PUBLIC_KEY,) if caches == (_PUBLIC_CACHE,) else ())
    if not listed and not problems:
        hint = 'name the cache\'s public key with `key="name:base64"`, or set `signatures="none"`'
        problems.append(Problem("no-keyring", f"no key is known for the source `{spec.name}`", spec.span, hint=hint))
    keys = []
    for text in listed:
        try:
            keys.append(read_key(text))
        except ValueError as error:
            problems.append(
                Problem(
                    "bad-setting", str(error), spec.span, hint="write `name:` and 44 letters of base 64, as the cache's own page shows it"
                )
            )
    return tuple(keys)


class Nix(Frozen):
    """Binary caches and an index of names."""

    spec: SourceSpec
    caches: tuple[str, ...]
    index: str
    """Address; empty when only store paths can be requested."""
    keys: tuple[tuple[str, bytes], ...]
    min_signatures: int
    """How many valid signatures each path must have; 0 when signatures are not verified."""
    system: str

    complete = TRAITS.complete

    @property
    def dialect(self) -> NixDialect:
        """Return how references and version ranges are read."""
        return NixDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the cache's description, the index for ``names``, and the narinfo of store paths among them."""
        info = Resource("cache-info", tuple(f"{cache}/nix-cache-info" for cache in self.caches), _INFO_LIMIT, optional=True)
        asked = sorted({self.dialect.parse_clause(name)[0].name for name in names})
        paths = tuple(self._request_narinfo(found[1]) for name in asked if (found := _BASE(name)))
        plain = " ".join(name for name in asked if not _BASE(name))
        if not plain and paths:
            return paths
        return (info, *((Resource(f"index:{plain}", (self.index,), _INDEX_LIMIT),) if self.index else ()), *paths)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Read a cache's description, the index, or the narinfo of one store path."""
        role, _, rest = resource.role.partition(":")
        content = b""
        if body is not None:
            with body:
                content = body.read()
        if role == "cache-info":
            return self._read_cache_info(resource, content)
        if role == "index":
            return self._read_names(resource, content, rest)
        return self._read_path(resource, content, rest)

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Return where an archive is; its compressed digest is checked while it is fetched, the signed one when it is unpacked."""
        facts = dict(package.facts)
        urls = tuple(join_url(cache, package.location) for cache in self._order_caches(facts.get("cache", "")))
        limit = package.size or int(facts.get("narsize", "0")) + _SLACK
        role = f"nar:{package.name}={package.version}"
        return Resource(role, urls, limit, digest=package.digest or None, size=package.size or None)

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Return how to unpack a Nix archive below its base name; the unpacked bytes must have the signed digest."""
        facts = dict(package.facts)
        base = facts["storepath"].rpartition("/")[2]
        return UnpackSpec("nar", prefix=base, settings=(("narhash", facts["narhash"]),))

    def _order_caches(self, first: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, (first, *self.caches))))

    def _request_narinfo(self, part: str, row: IndexRow | None = None) -> Resource:
        """Request one path; for a name of the index the role carries the name."""
        cache = row.cache if row else ""
        suffix = f":{row.name} {row.version} {cache} {row.summary}" if row else ""
        return Resource(f"narinfo:{part}{suffix}", tuple(f"{base}/{part}.narinfo" for base in self._order_caches(cache)), _NARINFO_LIMIT)

    def _read_cache_info(self, resource: Resource, content: bytes) -> Page:
        for line in content.decode("utf-8", "replace").splitlines():
            key, _, value = line.partition(":")
            if key == "StoreDir" and value.strip() != TRAITS.prefix:
                message = f"the cache `{resource.urls[0]}` is for the store `{value.strip()[:80]}`, not `{TRAITS.prefix}`"
                raise reject(
                    "source",
                    "other-store",
                    message,
                    span=self.spec.span,
                    hint="its programs only work in that directory: use another cache",
                )
        note = f"`{self.spec.name}` has no `index`: only store paths can be requested, not names"
        return Page(warnings=() if self.index else (note,))

    def _read_names(self, resource: Resource, content: bytes, names: str) -> Page:
        try:
            index = read_index(content, frozenset(names.split()))
        except ValueError as error:
            message = f"the name index `{resource.urls[0]}` cannot be read: {error}"
            raise reject("source", "bad-index", message, span=self.spec.span, hint="make it with `nipsys sources index nix`") from error
        if index.system != self.system:
            message = f"the name index `{resource.urls[0]}` is for `{index.system}`, not `{self.system}`"
            raise reject("source", "other-system", message, span=self.spec.span)
        if problems := check_not_later(self.spec, index.date, resource.urls[0]):
            raise Rejected(problems, "source")
        more = tuple(self._request_narinfo(row.base_name[:32], row) for rows in index.rows.values() for row in rows)
        snapshot = Snapshot(self.spec.name, digest_of(content, "sha256"), index.date, (("suite", "names"),))
        return Page(more=more, snapshot=snapshot)

    def _read_path(self, resource: Resource, content: bytes, rest: str) -> Page:
        part, _, named = rest.partition(":")
        info = self._check_narinfo(resource, content, part)
        others = tuple(reference for reference in info.references if reference != info.base_name)
        if not named:
            return Page((self._build_record(info, others),))
        name, version, cache, summary = named.split(" ", 3)
        record = self._build_record(info, others, cache)
        own = (info.base_name,)
        return Page((record._replace(name=name, version=version or record.version, provides=own, conflicts=own, summary=summary),))

    def _check_narinfo(self, resource: Resource, content: bytes, part: str) -> NarInfo:
        where = resource.urls[0]
        try:
            info = read_narinfo(content.decode("utf-8", "replace"))
        except ValueError as error:
            raise reject("source", "bad-index", f"`{where}` cannot be read: {error}", span=self.spec.span) from error
        if info.base_name[:32] != part or info.store != TRAITS.prefix:
            raise reject(
                "source",
                "wrong-package",
                f"`{where}` is for another store path: `{info.path}`",
                span=self.spec.span,
                hint="try another cache",
            )
        if self.min_signatures and len(signers := info.find_signers(self.keys)) < self.min_signatures:
            names = ", ".join(f"`{text.partition(':')[0]}`" for text in info.signatures)
            good = f"signed by {names}; valid and trusted: {', '.join(signers) or 'none'}" if names else "not signed"
            message = f"`{where}` does not have {self.min_signatures} valid signature{'s' * (self.min_signatures > 1)} by a trusted key"
            hint = "name the cache's key with `key=` if you trust it; otherwise use another cache"
            raise reject("source", "bad-signature", message, good, span=self.spec.span, hint=hint)
        if info.compression not in COMPRESSIONS:
            message = f"`{info.path}` is compressed as `{info.compression}`, which is not supported"
            hint = "use a cache with one of these compressions: " + ", ".join(COMPRESSIONS)
            raise reject("source", "unknown-format", message, f"according to `{where}`", span=self.spec.span, hint=hint)
        return info

    def _build_record(self, info: NarInfo, others: tuple[str, ...], cache: str = "") -> PackageRecord:
        facts = [("narhash", info.nar_digest), ("narsize", str(info.nar_size)), ("storepath", info.path)]
        if cache:
            facts.insert(0, ("cache", cache))
        if info.deriver:
            facts.insert(-3, ("deriver", info.deriver))
        version = split_name(info.base_name[33:])[1] or "0"
        return PackageRecord(
            info.base_name,
            version,
            arch="",
            depends=others,
            location=info.url,
            size=info.file_size,
            digest=info.file_digest,
            format="nar",
            facts=tuple(sorted(facts)),
        )
