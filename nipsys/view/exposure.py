"""Which programs a user sees, and which links the generation's symlink farm ``Links`` gets.

The programs of a requested package are exposed, those of its dependencies from the same upstream source package
(``python3`` needs ``python3-minimal``), and, for a package without programs, those of its direct dependencies
(``php-cli`` is a name for ``php8.4-cli``).
"""

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple

from nipsys.model.system import FarmLink, Stub
from nipsys.view.alternatives import canonical_path
from nipsys.view.model import MergedEntry, PackageInput, WorldInput

PROGRAMS = ("usr/bin", "usr/sbin", "usr/games")
"""Directories of programs, in search order."""

_VERSIONED = re.compile(r"usr/lib/postgresql/\d+/bin")
"""Directories of programs that a package's own wrappers select by version."""

_LIBRARY = re.compile(r"usr/lib(?:64)?(?:/[^/]+-linux-[^/]+)?/(lib[^/]+\.(?:so[.\d]*|a))")
_SHARED = (
    "applications", "bash-completion/completions", "dbus-1/services", "fish/vendor_completions.d", "fonts", "icons", "info", "man",
    "metainfo", "zsh/site-functions", "zsh/vendor-completions",
)  # fmt: skip
_BELOW_SHARE = re.compile(r"(?:usr/|usr/local/)?share/(.+)")
_BELOW_PREFIX = re.compile(r"(?:[^/]+/)?(?:share/(.+)|(man/man.+))")
"""Below a native prefix: ``share/...`` or ``man/man1/...``, possibly in a directory of the package."""
_UNIT = re.compile(r"(?:usr/)?(?:lib|share)/systemd/user/(.+)")
_UNIT_BELOW_PREFIX = re.compile(r"(?:[^/]+/)?(?:lib|share)/systemd/user/(.+)")


class ExposedPackage(NamedTuple):
    """An exposed package."""

    package: PackageInput
    only: tuple[str, ...] | None
    """The only programs to expose; ``None`` exposes all."""
    direct: bool
    """Whether the profile names it."""
    run: str = ""
    """How its programs run: like those of the requested package it is exposed for."""


def find_exposed(members: tuple[PackageInput, ...]) -> tuple[ExposedPackage, ...]:
    """Return the packages whose programs the user sees, requested ones first, each once."""
    by_id = {member.id: member for member in members}
    shown: dict[str, ExposedPackage] = {m.id: ExposedPackage(m, m.expose, True, m.run) for m in members if m.requested and m.run != "host"}
    for wanted in [entry.package for entry in shown.values()]:
        queue = [wanted]
        seen = {wanted.id}
        while queue:
            member = queue.pop(0)
            empty = member is wanted and not _has_programs(member)
            for needed in (by_id[name] for name in member.depends if name in by_id and name not in seen):
                if empty or (member.source and needed.source == member.source):
                    seen.add(needed.id)
                    shown.setdefault(needed.id, ExposedPackage(needed, wanted.expose, False, wanted.run))
                    queue.append(needed)
    return tuple(shown.values())


def _has_programs(member: PackageInput) -> bool:
    directories = {posixpath.dirname(canonical_path(entry.path)) for entry in member.tree.entries}
    return any(name in PROGRAMS or _VERSIONED.fullmatch(name) or _is_program_directory(name) for name in directories)


def _is_program_directory(directory: str) -> bool:
    """Return whether a directory holds programs in a world with a native prefix: ``bin``, ``<hash>-hello-2.12/bin``."""
    return posixpath.basename(directory) in {"bin", "sbin"} and directory.count("/") <= 1


def stubs_of(
    world: WorldInput, exposed: tuple[ExposedPackage, ...], merged: Mapping[str, MergedEntry], executable: set[str]
) -> tuple[Stub, ...]:
    """Return the stubs, sorted by name; if a package has several programs of one name, the one in the first directory.

    A program of a requested package wins over one of a package that is exposed for another. If several requested packages have
    it, all are returned: the profile decides.
    """
    limits = {entry.package.id: entry for entry in exposed}
    ranked: list[tuple[bool, int, str, Stub]] = []
    for path, entry in merged.items():
        directory, name = posixpath.split(path)
        shown = limits.get(entry.owner)
        if shown is None or (shown.only is not None and name not in shown.only) or entry.kind not in {"f", "l"}:
            continue
        if (place := _program_rank(world, directory)) is not None and (entry.kind == "l" or path in executable):
            program = f"{world.prefix}/{path}" if world.prefix else f"/{path}"
            ranked.append((not shown.direct, place, path, Stub(name, world.name, program, entry.owner)))
    chosen: dict[str, dict[str, Stub]] = {}
    for indirect, _, _, stub in sorted(ranked):
        rivals = chosen.setdefault(stub.name, {})
        if not (rivals and indirect):
            rivals.setdefault(stub.package, stub)
    return tuple(stub for name in sorted(chosen) for stub in chosen[name].values())


def _program_rank(world: WorldInput, directory: str) -> int | None:
    if directory in PROGRAMS:
        return PROGRAMS.index(directory)
    if _VERSIONED.fullmatch(directory):
        return len(PROGRAMS)
    if world.prefix and _is_program_directory(directory):
        return 0
    return None


def links_of(world: WorldInput, exposed: tuple[ExposedPackage, ...], merged: Mapping[str, MergedEntry]) -> tuple[FarmLink, ...]:
    """Return the links of ``Links/Libraries``, ``Links/Headers`` and ``Links/Shared``; for programs see ``executable_links_of``."""
    owners = {entry.package.id for entry in exposed}
    view = f"views/{world.name}"
    found: dict[str, str] = {}
    for path in sorted(merged):
        entry = merged[path]
        if entry.owner not in owners or entry.kind not in {"f", "l"}:
            continue
        for place in _places_of(path, prefix=bool(world.prefix)):
            up = "../" * place.count("/")
            below = f".share/{path}" if place.startswith(_REWRITTEN) else path
            found.setdefault(place, f"{up}{view}/{below}")
    return tuple(FarmLink(place, target) for place, target in found.items())


_REWRITTEN = ("Links/Shared/applications/", "Links/Shared/dbus-1/services/", "Links/Shared/systemd/user/")
"""Files there name programs by absolute path, so the host must see a rewritten copy."""


def _places_of(path: str, *, prefix: bool) -> tuple[str, ...]:
    if match := _LIBRARY.fullmatch(path):
        return (f"Links/Libraries/{match[1]}",)
    if path.startswith("usr/include/"):
        return (f"Links/Headers/{path[len('usr/include/') :]}",)
    if match := (_UNIT_BELOW_PREFIX if prefix else _UNIT).fullmatch(path):
        return (f"Links/Shared/systemd/user/{match[1]}",)
    match = (_BELOW_PREFIX if prefix else _BELOW_SHARE).fullmatch(path)
    rest = next((part for part in match.groups() if part), "") if match else ""
    return (f"Links/Shared/{rest}",) if rest.startswith(tuple(f"{name}/" for name in _SHARED)) else ()


def executable_links_of(stubs: tuple[Stub, ...]) -> tuple[FarmLink, ...]:
    """Return the links of ``Links/Executables``: each leads to the launcher of the program in its view."""
    return tuple(FarmLink(f"Links/Executables/{stub.name}", f"../../views/{stub.world}/.run{stub.program}") for stub in stubs)
