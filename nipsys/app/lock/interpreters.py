"""Interpreters that come from packages: requested along with the programs they run, and checked to be the declared version."""

from collections.abc import Iterator

from nipsys.model import Problem, Rejected, replace
from nipsys.model.system import Lock, Profile, Request, SourceSpec
from nipsys.sources import traits_of
from nipsys.sources.common import Interpreter, read_interpreter


def add_interpreters(profile: Profile) -> Profile:
    """Add a request for every interpreter that a source in use names, unless the profile already requests it."""
    asked = {(request.name, request.source) for request in profile.requests}
    new = []
    for spec, one in _iter_interpreters(profile):
        names = {one.source} | {other.name for other in profile.sources if one.source in {other.name, other.kind}}
        if not any((one.package, name) in asked for name in (*names, None)):
            new.append(Request(one.package, source=one.source, span=spec.span))
    return replace(profile, requests=(*profile.requests, *dict.fromkeys(new))) if new else profile


def check_interpreters(profile: Profile, lock: Lock) -> None:
    """Check that each interpreter was chosen in the version its source selects programs for.

    Raise ``Rejected`` (kind ``profile``) otherwise.
    """
    problems = []
    for spec, one in _iter_interpreters(profile):
        names = {other.name for other in profile.sources if one.source in {other.name, other.kind}}
        chosen = [package.version for package in lock.packages if package.name == one.package and package.source in names]
        if chosen and not any(_is_version_of(version, one.version) for version in chosen):
            setting = traits_of(spec.kind).interpreter
            message = f"`{spec.name}` selects programs for {setting} {one.version}, but `{one.package}` is {chosen[0]}"
            hint = f'write `{setting}="{one.source}:{one.package}=..."` with that version, or request another version'
            problems.append(Problem("other-interpreter", message, spec.span, hint=hint))
    if problems:
        raise Rejected(problems, "profile")


def _iter_interpreters(profile: Profile) -> Iterator[tuple[SourceSpec, Interpreter]]:
    """Yield each requested source that names an interpreter, with that interpreter."""
    wanted = {request.source for request in profile.requests}
    for spec in profile.sources:
        one = read_interpreter(str(spec.get(traits_of(spec.kind).interpreter) or ""))
        if one is not None and wanted & {spec.name, spec.kind}:
            yield spec, one


def _is_version_of(version: str, series: str) -> bool:
    """Return whether a version belongs to a release series: ``1:3.11.2-6`` belongs to 3.11, 3.110 does not."""
    plain = version.rpartition(":")[2]
    return plain.startswith(series) and not plain[len(series) :][:1].isdigit()
