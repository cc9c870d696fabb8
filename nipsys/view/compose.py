"""Merge the trees of one world into one root, as a value: nothing is read or written here.

The key of the result is a digest of the inputs (tree digests in order, choices, exposed programs, the version of this
algorithm), never of the output of triggers, so it is the same on every machine.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping

from nipsys.model import Problem, Rejected, blake3_of, to_canonical_json
from nipsys.model.system import Directory, Entry, File, Link, TreeName
from nipsys.view.alternatives import ALIASES, canonical_path
from nipsys.view.exposure import find_exposed, links_of, stubs_of
from nipsys.view.model import MergedEntry, PackageInput, TriggerStep, ViewPlan, WorldInput
from nipsys.view.skeleton import build_defaults, build_skeleton
from nipsys.view.triggers import AlternativeChoices, add_computed, choose_steps, find_uncovered

FORMAT = 2
"""To be increased when the same trees are merged, triggered or entered differently."""

_POSTINST = ".package/postinst"
_HOST = {"proc", "dev", "run", "sys", "tmp", "home", ".host", "root", "mnt", "media"}
_DIVERT = re.compile(r"dpkg-divert\s+(?:--\w[\w-]*\s+(?:\w[\w.-]*\s+)?)*?--divert\s+(\S+)\s+(?:--\w[\w-]*\s+)*(/\S+)")


def compose_view(world: WorldInput) -> ViewPlan:
    """Return the plan of the merged root of ``world``.

    Raises ``Rejected`` (kind ``request``) with every path for which two packages have different content.
    """
    members = tuple(sorted(world.packages, key=lambda member: member.id))
    merged, contents = _merge(members, world)
    choices, offered = AlternativeChoices() if world.prefix else add_computed(merged, members, world)
    for path, entry in {entry.path: entry for entry in build_defaults()}.items():
        if not world.prefix and path not in merged:
            merged[path] = entry
    _add_parents(merged)
    exposed = find_exposed(members)
    stubs = stubs_of(world, exposed, merged, {path for path, file in contents.items() if file.executable})
    programs = sorted(stub.program for stub in stubs)
    steps = () if world.prefix else choose_steps(merged, exposed)
    moved = {shown.package.id for shown in exposed if shown.run == "relocate"}
    relocated = tuple(sorted(stub.program for stub in stubs if stub.package in moved))
    scripted = tuple(
        (member.name, member.version, f"{member.directory}/{_POSTINST}")
        for member in members
        if member.scripts == "sandbox" and _POSTINST in member.texts
    )
    wishes = [[list(pair) for pair in choices], programs, list(relocated), [name for name, *_ in scripted]]
    inputs = [FORMAT, world.arch, world.prefix, [m.digest for m in members], *wishes]
    key = blake3_of(to_canonical_json(inputs))
    return ViewPlan(
        world=world.name,
        arch=world.arch,
        key=key,
        directory=TreeName(key, world.name, "view").directory,
        mode="prefix" if world.prefix else "view",
        prefix=world.prefix,
        entries=tuple(merged[path] for path in sorted(merged)),
        steps=steps,
        choices=choices,
        stubs=stubs,
        links=links_of(world, exposed, merged),
        relocated=relocated,
        scripted=scripted,
        uncovered=find_uncovered(member for member in members if member.scripts != "sandbox"),
        warnings=() if world.prefix else find_dangling(merged, steps),
        offered=offered,
        contents=contents,
    )


def _merge(members: tuple[PackageInput, ...], world: WorldInput) -> tuple[dict[str, MergedEntry], dict[str, File]]:
    """Merge all trees; return the entries and the files of the store, both by path."""
    fixed = () if world.prefix else build_skeleton()
    merged = {entry.path: entry for entry in fixed}
    reserved = frozenset(entry.path for entry in fixed if entry.kind != "d")
    digests: dict[str, tuple[str, PackageInput]] = {}
    contents: dict[str, File] = {}
    clashes: list[Problem] = []
    diverted = _read_diversions(members)
    for member in members:
        for entry in member.tree.entries:
            path = _place_of(entry.path, world)
            if path is None or path in reserved:
                continue
            if path in diverted and diverted[path][0] != member.id:
                path = diverted[path][1]
            fingerprint = _fingerprint(entry)
            if (before := digests.get(path)) is not None and before[0] != fingerprint:
                if not _takes_over(member, before[1]):
                    if not _takes_over(before[1], member):
                        clashes.append(_describe_clash(path, member, before[1]))
                    continue
            elif before is not None:
                continue
            digests[path] = (fingerprint, member)
            merged[path] = _to_merged(path, entry, member, world.prefix)
            if isinstance(entry, File):
                contents[path] = entry
            else:
                contents.pop(path, None)
    clashes += _find_blocked(merged)
    if clashes:
        raise Rejected(clashes, "request")
    return merged, contents


def _place_of(path: str, world: WorldInput) -> str | None:
    """Return the path in the view, ``None`` for what is left out."""
    top, _, rest = path.partition("/")
    if top == ".package" or world.prefix:
        return None if top == ".package" else path
    if top in ALIASES:
        return f"usr/{path}" if rest else None
    return path


def _fingerprint(entry: Entry) -> str:
    match entry:
        case File():
            return f"f{entry.digest}{entry.executable:d}"
        case Link():
            return f"l{entry.target}"
        case Directory():
            return "d"


def _to_merged(path: str, entry: Entry, member: PackageInput, prefix: str) -> MergedEntry:
    match entry:
        case File():
            return MergedEntry(path, "f", f"{member.directory}/{entry.path}", member.id)
        case Link():
            target = to_prefix_target(path, entry.target, prefix) if prefix else to_relative_target(path, entry.target)
            return MergedEntry(path, "l", target, member.id)
        case Directory():
            return MergedEntry(path, "d", "", member.id)


def to_relative_target(path: str, target: str) -> str:
    """Return a link's target relative to the link, so that it is valid wherever the root is.

    Links to directories of the host (``/proc``, ``/run``, ...) stay absolute.
    """
    if not target.startswith("/") or target.split("/")[1] in _HOST:
        return target
    goal = canonical_path(target)
    return posixpath.relpath("/" + goal, posixpath.dirname("/" + path)) if goal else "/"


def to_prefix_target(path: str, target: str, prefix: str) -> str:
    """Return the target of a link in a world with a prefix: relative if it is below the prefix, else unchanged (the host's)."""
    below = target.removeprefix(f"{prefix}/")
    return target if below == target else posixpath.relpath("/" + below, posixpath.dirname("/" + path))


def _takes_over(one: PackageInput, other: PackageInput) -> bool:
    return other.name in one.replaces


def _describe_clash(path: str, one: PackageInput, other: PackageInput) -> Problem:
    first, second = sorted((one.id, other.id))
    return Problem(
        "path-clash",
        f"`{first}` and `{second}` both contain `/{path}`, with different content",
        hint="request only one of the two, or take one from another source",
    )


def _find_blocked(merged: Mapping[str, MergedEntry]) -> Iterable[Problem]:
    """Find entries below something that is not a directory."""
    seen: set[str] = set()
    for path in merged:
        parent = posixpath.dirname(path)
        if parent in seen or not parent:
            continue
        seen.add(parent)
        above = merged.get(parent)
        if above is not None and above.kind != "d":
            names = " and ".join(f"`{name}`" for name in sorted({merged[path].owner, above.owner}))
            yield Problem(
                "path-clash", f"{names} disagree: `/{parent}` is a directory for one, not for the other", hint="request only one of the two"
            )


def _read_diversions(members: Iterable[PackageInput]) -> dict[str, tuple[str, str]]:
    """Return the ``dpkg-divert`` calls of maintainer scripts: (id of the diverting package, new path) by path."""
    found: dict[str, tuple[str, str]] = {}
    for member in members:
        for match in _DIVERT.finditer(member.texts.get(".package/preinst", "").replace("\\\n", " ")):
            if "$" not in match[1] + match[2]:
                found[canonical_path(match[2])] = (member.id, canonical_path(match[1]))
    return found


def _add_parents(merged: dict[str, MergedEntry]) -> None:
    for path in list(merged):
        parent = posixpath.dirname(path)
        while parent and parent not in merged:
            merged[parent] = MergedEntry(parent, "d", "", "")
            parent = posixpath.dirname(parent)


def resolve_path(merged: Mapping[str, MergedEntry], path: str) -> str | None:
    """Follow links inside the root and return the canonical path of ``path``; ``None`` when it does not exist.

    The result is the empty string when a link leads to a directory of the host.
    """
    parts, done = [part for part in path.split("/") if part], ""
    for _ in range(400):
        if not parts:
            return done
        part = parts.pop(0)
        if part == "..":
            done = posixpath.dirname(done)
            continue
        here = f"{done}/{part}" if done else part
        if not done and part in _HOST:
            return ""
        entry = merged.get(here)
        if entry is None:
            return None
        if entry.kind == "l":
            parts = [piece for piece in entry.origin.split("/") if piece not in {"", "."}] + parts
            done = "" if entry.origin.startswith("/") else done
        else:
            done = here
    return None


def find_dangling(merged: Mapping[str, MergedEntry], steps: Iterable[TriggerStep] = ()) -> tuple[str, ...]:
    """Return one sentence per package about its dangling links, which often mean that a maintainer script was needed.

    Links to what a trigger writes do not count.
    """
    made = tuple(f"{path}/" for step in steps for path in step.writes)
    found: dict[str, list[str]] = {}
    for path, entry in sorted(merged.items()):
        if entry.kind != "l" or not entry.owner or path.startswith("usr/share/doc/") or resolve_path(merged, path) is not None:
            continue
        goal = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry.origin)).lstrip("/")
        if not goal.startswith(made):
            found.setdefault(entry.owner, []).append(f"`/{path}` to `/{goal}`")
    return tuple(
        f"{len(links)} link{'s' if len(links) > 1 else ''} of `{owner}` {'are' if len(links) > 1 else 'is'} dangling: {links[0]}"
        + (" and others" if len(links) > 1 else "")
        for owner, links in sorted(found.items())
    )
