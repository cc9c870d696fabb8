"""The digest of a profile, by which a lock is known to be up to date."""

from nipsys.model import Digest, blake3_of, replace, to_canonical_json
from nipsys.model.system import FileSpec, Profile, Request, SourceSpec


def fill_digest(profile: Profile) -> Profile:
    """Return the profile with its digest filled in."""
    return replace(profile, digest=digest_of(profile))


def digest_of(profile: Profile) -> Digest:
    """Return the BLAKE3 of the canonical JSON of the profile's content.

    Comments, layout, the format, the order of nodes and the location of files do not count; the content of files that it places does.
    """
    return blake3_of(to_canonical_json(_value(profile)))


def _value(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "arch": profile.arch,
        "libc": profile.libc,
        "sources": [_source(spec) for spec in profile.sources],
        "requests": [_request(request) for request in profile.requests],
        "variants": [str(flag) for flag in profile.variants],
        "files": [_file(spec) for spec in profile.files],
        "env": profile.env,
        "services": [[service.name, service.exec, service.after] for service in profile.services],
        "aliases": profile.aliases,
        # fields added later count only when they are set, so that older locks stay up to date
        **({"run": profile.run} if profile.run else {}),
        **({"alternatives": [[one.name, one.path] for one in profile.alternatives]} if profile.alternatives else {}),
    }


def _source(spec: SourceSpec) -> list[object]:
    return [spec.name, spec.kind, spec.priority, spec.settings, *([spec.run] if spec.run else [])]


def _request(request: Request) -> list[object]:
    flags = [str(flag) for flag in request.flags]
    return [request.name, request.range.text, request.source, flags, request.pin, request.prefer, request.expose, request.settings]


def _file(spec: FileSpec) -> list[object]:
    return [spec.target, spec.mode, spec.digest]
