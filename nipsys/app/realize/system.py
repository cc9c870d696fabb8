"""Compose the next generation as a value, from the lock, the trees and the views. Nothing is written here."""

from collections.abc import Iterable, Mapping, Sequence

from nipsys.generation import files_path
from nipsys.model import Problem
from nipsys.model.system import FarmLink, Lock, PlacedPackage, Profile, Stub, System
from nipsys.view import ViewPlan, executable_links_of, fold_links

_DEFAULT_PRIORITY = 50


def compose_system(
    profile: Profile, lock: Lock, placed: Sequence[PlacedPackage], views: Sequence[ViewPlan], stubs: tuple[Stub, ...], *, files: str | None
) -> System:
    """Compose the system. ``stubs`` come from ``resolve_name_clashes``; ``files`` is the store directory of the user's files, if any."""
    taken = {stub.name: stub.package for stub in stubs}
    links = [*_programs(placed), *executable_links_of(stubs), *fold_links(_first_links(views), views), *_files(profile, files)]
    return System(
        profile=profile.name,
        profile_digest=profile.digest,
        lock_digest=lock.digest,
        arch=profile.arch,
        packages=tuple(placed),
        views=tuple(view.view for view in views),
        stubs=tuple(stub for stub in stubs if taken[stub.name] == stub.package),
        links=tuple(sorted(links)),
        env=profile.env,
        files=tuple((file.target, file.digest, file.mode) for file in profile.files),
        services=tuple((service.name, service.exec, service.after) for service in profile.services),
    )


def _programs(placed: Iterable[PlacedPackage]) -> Iterable[FarmLink]:
    """Yield GoboLinux's ``Programs/<Name>/<Version>``; the same name and version from a second source gets ``@<source>`` appended."""
    seen: set[str] = set()
    for package in placed:
        name = package.name.replace("/", "_")
        label = f"{name[:1].upper()}{name[1:]}"
        version = package.version.replace("/", "_")
        path = f"Programs/{label}/{version}"
        if path in seen:
            path += f"@{package.id.partition('/')[0]}"
        seen.add(path)
        yield FarmLink(path, f"../../../../store/{package.directory}")


def _files(profile: Profile, directory: str | None) -> Iterable[FarmLink]:
    for file in profile.files:
        path = f"Files/{files_path(file.target)}"
        yield FarmLink(path, f"{'../' * (2 + path.count('/'))}store/{directory}/{files_path(file.target)}")


def _first_links(views: Sequence[ViewPlan]) -> Iterable[FarmLink]:
    """Return the shared links of all views; where two worlds have the same path, the first one wins."""
    found: dict[str, FarmLink] = {}
    for view in views:
        for link in view.links:
            found.setdefault(link.path, link)
    return found.values()


def resolve_name_clashes(stubs: Sequence[Stub], lock: Lock) -> tuple[tuple[Stub, ...], tuple[Problem, ...]]:
    """Return one stub for each name, that of the package with the lowest ``priority``, and a problem for every tie."""
    priority = {package.id: _priority(dict(package.facts)) for package in lock.packages}
    by_name: dict[str, list[Stub]] = {}
    for stub in stubs:
        by_name.setdefault(stub.name, []).append(stub)
    problems = []
    for name, rivals in sorted(by_name.items()):
        rivals.sort(key=lambda stub: (priority.get(stub.package, _DEFAULT_PRIORITY), stub.package))
        if len(rivals) > 1 and len({priority.get(stub.package, _DEFAULT_PRIORITY) for stub in rivals[:2]}) == 1:
            owners = " and ".join(f"`{stub.package}`" for stub in rivals)
            hint = "give one of them a lower `priority=`, or select programs with `expose=`"
            problems.append(Problem("program-clash", f"the program `{name}` is exposed by {owners}", hint=hint))
    return tuple(by_name[name][0] for name in sorted(by_name)), tuple(problems)


def _priority(facts: Mapping[str, str]) -> int:
    return int(facts.get("priority", _DEFAULT_PRIORITY))
