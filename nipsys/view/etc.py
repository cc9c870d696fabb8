"""``/etc`` of a world that its programs may write: files of the world's state, started from what the packages bring.

Below ``R/state/<world>``: ``etc`` holds the files; ``.etc`` the list of what the packages brought when they were last merged;
``.etc-of`` is a link that names the view they are for. The launcher shows ``etc`` to programs of that view; those of any other
view (an older generation, a passing shell) see what their packages bring, read-only.

The merge is that of ucf(1) and dpkg's conffiles: what the user changed stays, what he removed stays away, all else follows the
packages. Where both changed a file, the user's stays, the package's is put beside it as ``NAME.nipsys-new``, and that is told.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from nipsys.effects.files import read_bytes, replace
from nipsys.model.event import Report, Warned, silent
from nipsys.model.layout import Layout

if TYPE_CHECKING:
    from nipsys.model.system.tree import File

LIST = ".run/.etc"
"""In a view: what stands below its ``/etc``."""
BESIDE = ".nipsys-new"


class Thing(NamedTuple):
    """What stands at a path below ``/etc``."""

    kind: str
    """``f``, ``l`` or ``d``."""
    value: str = ""
    """Digest of a file's content, target of a link."""


Things = Mapping[str, Thing]


class Change(NamedTuple):
    """One path that the merge must touch."""

    path: str
    what: str
    """``put`` the packages' over what is there, ``remove`` it, or put it ``beside`` the user's."""


def merge(before: Things, after: Things, here: Callable[[str], Thing | None]) -> tuple[Change, ...]:
    """Decide what follows when the packages' files change from ``before`` to ``after``; ``here`` looks at the user's.

    Only paths that differ between the two are looked at. Parents come before children, removals last and deepest first.
    """
    put, removed = [], []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        there = here(path)
        if there == new:
            continue
        if new is None:
            if there == old:
                removed.append(Change(path, "remove"))
        elif there == old:
            put.append(Change(path, "put"))
        elif there is not None and new.kind != "d":
            put.append(Change(path, "beside"))
        # else the user removed it, or keeps something of his own where a directory would be
    return (*put, *reversed(removed))


def listed(view: str, known: "Mapping[str, File]") -> str:
    """Write the list of the finished view at ``view``; ``known`` gives digests of files that need not be read."""
    rows = []
    for place, directories, files in os.walk(f"{view}/etc"):
        below = place[len(view) + 1 :]
        for name in (*directories, *files):
            path = f"{below}/{name}"
            thing = Thing("f", known[path].digest) if path in known else _look(f"{view}/{path}")
            if thing is not None:
                rows.append("\t".join((thing.kind, thing.value, path[len("etc/") :])))
    return "".join(f"{row}\n" for row in sorted(rows) if row.count("\t") == 2 and "\n" not in row)


def settle(layout: Layout, report: Report = silent) -> None:
    """Bring ``/etc`` of every world of the current generation to what its view brings; tell each conflict once.

    To be called after every switch. Killed anywhere, the next call completes it; until then programs see the packages' files.
    A state that cannot be written is a warning: the switch stands.
    """
    views = f"{layout.current}/views"
    for world in sorted(os.listdir(views)) if os.path.isdir(views) else ():
        directory = os.path.basename(os.readlink(f"{views}/{world}"))
        try:
            _settle_one(f"{layout.store}/{directory}", f"{layout.state}/{world}", directory, world, report)
        except OSError as error:
            report(Warned(f"`/etc` of world `{world}` could not be merged: {(error.strerror or str(error)).lower()}"))


def settled(layout: Layout) -> bool:
    """Return whether ``settle`` would find nothing to do."""
    views = f"{layout.current}/views"
    for world in os.listdir(views) if os.path.isdir(views) else ():
        mark = f"{layout.state}/{world}/.etc-of"
        here = os.readlink(mark) if os.path.islink(mark) else ""
        if here != os.path.basename(os.readlink(f"{views}/{world}")) and os.path.exists(f"{views}/{world}/{LIST}"):
            return False
    return True


def _settle_one(view: str, state: str, directory: str, world: str, report: Report) -> None:
    mark, record, etc = f"{state}/.etc-of", f"{state}/.etc", f"{state}/etc"
    with contextlib.suppress(FileNotFoundError):
        if os.readlink(mark) == directory:
            return
        os.unlink(mark)
    try:
        wanted = read_bytes(f"{view}/{LIST}")
    except FileNotFoundError:
        return  # a world below a prefix, or a view made before there were lists
    os.makedirs(etc, exist_ok=True)
    before = b""
    with contextlib.suppress(FileNotFoundError):
        before = read_bytes(record)
    if before != wanted:
        for change in merge(dict(_things(before)), dict(_things(wanted)), lambda path: _look(f"{etc}/{path}")):
            _carry_out(change, f"{view}/etc", etc)
            if change.what == "beside":
                hint = f"yours stays; the package's is beside it: `{etc}/{change.path}{BESIDE}`"
                report(Warned(f"`/etc/{change.path}` of world `{world}` was changed by you and by its package", hint))
        replace(record, wanted)
    os.symlink(directory, mark)


def _things(text: bytes) -> Iterator[tuple[str, Thing]]:
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        kind, value, path = line.split("\t")
        yield path, Thing(kind, value)


def _look(path: str) -> Thing | None:
    if os.path.islink(path):
        return Thing("l", os.readlink(path))
    if os.path.isdir(path):
        return Thing("d")
    try:
        return Thing("f", blake3(read_bytes(path)).hexdigest())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _carry_out(change: Change, source: str, target: str) -> None:
    origin, at = f"{source}/{change.path}", f"{target}/{change.path}"
    if change.what == "remove":
        with contextlib.suppress(OSError):  # a directory that holds something of the user's stays
            (os.rmdir if os.path.isdir(at) and not os.path.islink(at) else os.unlink)(at)
        return
    at += BESIDE if change.what == "beside" else ""
    if os.path.isdir(origin) and not os.path.islink(origin):
        with contextlib.suppress(OSError):
            os.unlink(at)
        os.makedirs(at, exist_ok=True)
        return
    if not os.path.isdir(os.path.dirname(at)):
        return  # the user has no such directory any more, and needs no file in it
    fresh = f"{os.path.dirname(at)}/.{os.path.basename(at)}.nipsys"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    if os.path.islink(origin):
        os.symlink(os.readlink(origin), fresh)
    else:
        facts = os.stat(origin)
        with open(fresh, "wb") as file:
            file.write(read_bytes(origin))
            os.fchmod(file.fileno(), facts.st_mode & 0o777 | 0o200)
        os.utime(fresh, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    if os.path.isdir(at) and not os.path.islink(at):
        os.rmdir(at)
    os.rename(fresh, at)
