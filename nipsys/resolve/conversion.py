"""Write a resolution as a lock: every artifact with digest and size."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nipsys.index import parse_flag_values
from nipsys.model.system import ChosenPackage, Lock, LockedPackage, LockedSource, Profile, Request, Resolution, SourceSpec
from nipsys.resolve.engines import pause_gc
from nipsys.resolve.variants import hash_variant
from nipsys.resolve.world import World

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
_SAFE = str.maketrans("", "", _UNRESERVED)
_CONTENT_SETTINGS = frozenset(
    "branch channel components glibc index libc path prefix python release repos rev set suite suites system".split(),  # noqa: SIM905 - one line
)
"""Settings that change the content of the packages; a mirror's address does not."""


class _RequestSettings(NamedTuple):
    """What the profile says about one package."""

    request: Request | None
    """The request it satisfies, if any."""
    run: str | None
    """How programs run unless their package or its source says."""


def to_lock(resolution: Resolution, worlds: Sequence[World], profile: Profile) -> Lock:
    """Return the lock of a resolution; equal resolutions of equal snapshots have equal locks."""
    with pause_gc():
        return _build_lock(resolution, worlds, profile)


def _build_lock(resolution: Resolution, worlds: Sequence[World], profile: Profile) -> Lock:
    by_name = {world.spec.name: world for world in worlds}
    resolution = _drop_build_inputs(resolution, by_name)
    requests = _match_requests(resolution, by_name, profile)
    used = sorted({pick.source for pick in resolution.packages})
    hashes = _variant_hashes(resolution, by_name, profile)
    return Lock(
        profile=profile.name,
        profile_digest=profile.digest,
        arch=profile.arch,
        sources=tuple(_lock_source(by_name[name]) for name in used),
        packages=tuple(
            _lock_package(pick, by_name[pick.source], _RequestSettings(requests.get(pick.id), profile.run), hashes.get(pick.id, ""))
            for pick in sorted(resolution.packages, key=lambda pick: pick.id)
        ),
    )


def _drop_build_inputs(resolution: Resolution, worlds: Mapping[str, World]) -> Resolution:
    """Leave out packages that only builds need: they were chosen to make the builds possible, but are not part of a closure."""
    apart = {pick.id for pick in resolution.packages if worlds[pick.source].dialect.is_build_input(pick.name)}
    if not apart:
        return resolution
    picks = tuple(
        pick._replace(edges=tuple(edge for edge in pick.edges if edge.to not in apart))
        for pick in resolution.packages
        if pick.id not in apart
    )
    return resolution._replace(packages=picks)


def purl_of(prefix: str, name: str, version: str, arch: str) -> str:
    """Return the package URL of a package (https://github.com/package-url/purl-spec); ``prefix`` is its type and namespace."""
    base = f"pkg:{prefix}/{_percent_encode(name)}@{_percent_encode(version)}"
    return f"{base}?arch={arch}" if arch else base


def _percent_encode(text: str) -> str:
    """Percent-encode all but letters, digits and ``-._~/``."""
    if text.translate(_SAFE) == "":
        return text
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def _match_requests(resolution: Resolution, worlds: Mapping[str, World], profile: Profile) -> dict[str, Request]:
    """Return the request that each requested pick satisfies."""
    found = {}
    for pick in resolution.packages:
        if pick.requested:
            allowed = (None, pick.source, worlds[pick.source].spec.kind)
            found[pick.id] = next(
                request for request in profile.requests if request.name == pick.requested_as and request.source in allowed
            )
    return found


def _lock_source(world: World) -> LockedSource:
    settings = tuple((key, str(value)) for key, value in world.spec.settings if key in _CONTENT_SETTINGS and value is not None)
    return LockedSource(world.spec.name, world.spec.kind, world.index.snapshot, settings)


def _variant_hashes(resolution: Resolution, worlds: Mapping[str, World], profile: Profile) -> dict[str, str]:
    """Return the variant hash of every pick with a variant that is decided here, not by whoever built it."""
    picks = {pick.id: pick for pick in resolution.packages if worlds[pick.source].index.flagged}
    free = {pick.id for pick in picks.values() if any(flag.startswith("?") for flag in worlds[pick.source].index.flags(pick.candidate))}
    known: dict[str, str] = {}
    toolchain = next((flag.value for flag in profile.variants if flag.name == "toolchain"), "")

    def hashed(name: str, above: tuple[str, ...]) -> str:
        pick = picks[name]
        if name in above:
            return f"{pick.name}={pick.version}"
        if name not in free:
            return worlds[pick.source].index.record(pick.candidate).digest
        if name not in known:
            inputs = {to: hashed(to, (*above, name)) for to in sorted({edge.to for edge in pick.edges} - {name})}
            flags = [(flag, values[0]) for flag, values in parse_flag_values(pick.flags).items()]
            value = hash_variant(
                pick.name, pick.version, flags, arch=profile.arch, libc=worlds[pick.source].libc, toolchain=toolchain, inputs=inputs
            )
            if not any(entry == f"{picks[one].name}={picks[one].version}" for one in above for entry in inputs.values()):
                known[name] = value
            return value
        return known[name]

    return {name: hashed(name, ()) for name in sorted(free)}


def _lock_package(pick: ChosenPackage, world: World, settings: _RequestSettings, variant: str) -> LockedPackage:
    arch, location, size, digest, form, facts = world.index.artifact(pick.candidate)
    needs = {edge.to for edge in pick.edges}
    needs.discard(pick.id)
    return LockedPackage(
        source=pick.source,
        name=pick.name,
        version=pick.version,
        arch=arch,
        format=form,
        location=location,
        size=size,
        digest=digest,
        purl=facts.get("purl") or purl_of(world.traits.purl, pick.name, pick.version, arch),
        requested=pick.requested,
        essential=pick.essential,
        flags=pick.flags,
        needs=tuple(sorted(needs)),
        facts=_lock_facts(facts, settings, world.spec, variant),
    )


def _lock_facts(facts: Mapping[str, str], settings: _RequestSettings, source: SourceSpec, variant: str) -> tuple[tuple[str, str], ...]:
    kept = {key: value for key, value in facts.items() if key not in _OMITTED_FACTS}
    if variant:
        kept["variant"] = variant
    if (request := settings.request) is not None:
        given = {"run": request.get("run") or source.run or settings.run, "priority": request.get("priority")}
        given["scripts"] = "sandbox" if request.get("scripts") else None
        kept |= {key: str(value) for key, value in given.items() if value is not None}
        if request.expose is not None:
            kept["expose"] = " ".join(request.expose)
    return tuple(sorted(kept.items()))


_OMITTED_FACTS = frozenset({"purl", "homepage", "section", "priority", "suite", "installed-size"})
"""Facts that `info` reads from the index and a lock does not need."""
