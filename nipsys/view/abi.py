"""Check, before anything is written, that the programs of a world can start: machines, C libraries, libraries, versions.

A root is checked as a whole: every file that its loader may load must be for one machine and one family of C library, and the
loader must come from the package that provides the C library (they share private interfaces). A missing dependency of an
exposed program is an error; one that only a plugin needs is a warning, because closures leave optional parts out.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from nipsys.model import Problem
from nipsys.view.compose import resolve_path
from nipsys.view.elf import Elf
from nipsys.view.model import MergedEntry, ViewPlan

ElfReader = Callable[[MergedEntry], Elf | None]
"""Reads one file of the store."""

_SKIPPED = re.compile(r"usr/(?:share|include|src|lib/debug)/|etc/|usr/lib/python3/dist-packages/.*\.py")
_SUPPORT = re.compile(r"\.(?:py|pl|pm|h|hpp|html|js|json|txt|png|svg|go|mo|gz|xml|conf|cmake|tcl|el|elc|rb|pyc|tex|sty|css|ko|o|a)$")


class AbiReport(NamedTuple):
    """The result of a check."""

    errors: tuple[Problem, ...]
    warnings: tuple[str, ...]
    files: int
    """Number of ELF files read."""


class _Found(NamedTuple):
    entry: MergedEntry
    elf: Elf


def check_abi(plan: ViewPlan, read: ElfReader) -> AbiReport:
    """Check the root of ``plan``; ``read`` returns the ELF headers of a file, or ``None``."""
    merged = {entry.path: entry for entry in plan.entries}
    files = {
        path: _Found(entry, elf)
        for path, entry in merged.items()
        if entry.kind == "f" and not _SKIPPED.match(path) and not _SUPPORT.search(path) and (elf := read(entry)) is not None
    }
    dynamic = {path: found for path, found in files.items() if found.elf.needed or found.elf.interpreter}
    providers = _find_providers(merged, files)
    errors = [*_check_machines(plan, dynamic), *_check_families(dynamic), *_check_loaders(merged, dynamic, providers)]
    reached = _find_loaded(_find_programs(plan, merged, files), dynamic, providers)
    warnings: list[str] = []
    for path in sorted(dynamic):
        for problem in _find_unmet(path, dynamic[path], providers):
            if path in reached:
                errors.append(problem)
            else:
                warnings.append(problem.message)
    return AbiReport(tuple(errors), tuple(warnings), len(files))


def _find_providers(merged: Mapping[str, MergedEntry], files: Mapping[str, _Found]) -> dict[str, list[_Found]]:
    """Return the files behind each library name: by file name (also of links) and by soname.

    A name without files exists but could not be read (a linker script, a skipped directory).
    """
    found: dict[str, list[_Found]] = {}
    for path, entry in merged.items():
        if ".so" not in path:
            continue
        found.setdefault(posixpath.basename(path), [])
        goal = path if entry.kind == "f" else resolve_path(merged, path) or ""
        if goal in files:
            for name in dict.fromkeys((posixpath.basename(path), files[goal].elf.soname)):
                found.setdefault(name, []).append(files[goal])
    return found


def _find_programs(plan: ViewPlan, merged: Mapping[str, MergedEntry], files: Mapping[str, _Found]) -> list[str]:
    paths = (resolve_path(merged, stub.program.removeprefix(plan.prefix).lstrip("/")) for stub in plan.stubs)
    return [path for path in paths if path and path in files]


def _find_loaded(start: Iterable[str], dynamic: Mapping[str, _Found], providers: Mapping[str, list[_Found]]) -> set[str]:
    """Return every file that is loaded when the exposed programs start."""
    queue = [path for path in start if path in dynamic]
    seen = set(queue)
    while queue:
        for name in dynamic[queue.pop()].elf.needed:
            for found in providers.get(posixpath.basename(name), ())[:1]:
                if found.entry.path in dynamic and found.entry.path not in seen:
                    seen.add(found.entry.path)
                    queue.append(found.entry.path)
    return seen


def _check_machines(plan: ViewPlan, dynamic: Mapping[str, _Found]) -> Iterable[Problem]:
    for path, found in sorted(dynamic.items()):
        if found.elf.machine != plan.arch and found.elf.interpreter and found.entry.owner in {stub.package for stub in plan.stubs}:
            message = f"`/{path}` of `{found.entry.owner}` is for {found.elf.machine}, but the world `{plan.world}` is for {plan.arch}"
            yield Problem("wrong-machine", message, hint="use the package for the right machine")


def _check_families(dynamic: Mapping[str, _Found]) -> Iterable[Problem]:
    """Report two families of C library in one root, with an example file of each."""
    example: dict[str, str] = {}
    for path, found in sorted(dynamic.items()):
        if found.elf.interpreter and (family := found.elf.libc):
            example.setdefault(family, f"`/{path}` of `{found.entry.owner}` is built for {family}")
    if len(example) > 1:
        notes = tuple(example[family] for family in sorted(example))
        yield Problem(
            "mixed-libc", "one world contains programs for two C libraries", notes=notes, hint="take both from sources of one kind"
        )


def _check_loaders(
    merged: Mapping[str, MergedEntry], dynamic: Mapping[str, _Found], providers: Mapping[str, list[_Found]]
) -> Iterable[Problem]:
    """Report loaders that are missing, or that do not come from the package of the C library."""
    seen: set[str] = set()
    for path, found in sorted(dynamic.items()):
        loader = found.elf.interpreter
        if not loader or loader in seen or found.elf.soname:
            continue
        seen.add(loader)
        goal = resolve_path(merged, loader)
        if goal is None:
            yield Problem(
                "no-loader", f"`/{path}` of `{found.entry.owner}` needs the loader `{loader}`, which no package of the world provides"
            )
            continue
        library = next(iter(providers.get("libc.so.6" if found.elf.libc == "glibc" else "libc.so", ())), None)
        if library is not None and goal in merged and merged[goal].owner != library.entry.owner:
            message = f"the loader `{loader}` comes from `{merged[goal].owner}`, the C library from `{library.entry.owner}`"
            yield Problem(
                "loader-apart", message, notes=("loader and C library share private interfaces",), hint="take both from one package"
            )


def _find_unmet(path: str, found: _Found, providers: Mapping[str, list[_Found]]) -> Iterable[Problem]:
    """Report what a file needs and no package provides: libraries, then symbol versions."""
    for name in found.elf.needed:
        if posixpath.basename(name) not in providers:
            yield Problem(
                "missing-library", f"`/{path}` of `{found.entry.owner}` needs `{name}`, which no package of the world provides",
                hint="request the package that provides it; perhaps a recommended package was left out",
            )  # fmt: skip
    for library, version, weak in found.elf.needed_versions:
        offered = providers.get(library, ())
        if offered and not weak and not any(version in one.elf.defined_versions for one in offered):
            provider = offered[0].entry
            wanted = f"`/{path}` of `{found.entry.owner}` needs `{version}` of `{library}`"
            notes = (f"`/{provider.path}` is an older or a different library",)
            message = f"{wanted}, which `{provider.owner}` does not provide"
            yield Problem("missing-version", message, notes=notes, hint="take both packages from one release")
