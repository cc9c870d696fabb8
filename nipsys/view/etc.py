"""The writable ``/etc`` of a world: part of the world's state, initialized from the files of the packages.

Below ``R/state/<world>``: ``etc`` holds the files; ``.etc`` lists the packages' files as of the last merge; ``.etc-of`` is a
link that names the view they were merged for. The launcher shows ``etc`` to programs of that view; those of any other view (an
older generation, a temporary shell) see their packages' files, read-only.

The merge works as with ucf(1) and dpkg's conffiles: what the user changed is kept, what the user removed stays removed, all else
follows the packages. Where both changed a file, the user's is kept, the package's is written next to it as ``NAME.nipsys-new``,
and a warning is reported.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from nipsys.effects import read_bytes, replace_file
from nipsys.model import Layout, Reporter, Warned, ignore_event

if TYPE_CHECKING:
    from nipsys.model.system import File

LISTING = ".run/.etc"
"""In a view: the list of what is below its ``/etc``."""
NEW_SUFFIX = ".nipsys-new"


class EtcEntry(NamedTuple):
    """A file, link or directory below ``/etc``."""

    kind: str
    """``f``, ``l`` or ``d``."""
    value: str = ""
    """Digest of a file's content, or target of a link."""


EtcEntries = Mapping[str, EtcEntry]


class EtcChange(NamedTuple):
    """One path that the merge changes."""

    path: str
    what: str
    """``put`` the packages' file there, ``remove`` what is there, or ``put-new``: write it next to the user's."""


def plan_merge(before: EtcEntries, after: EtcEntries, here: Callable[[str], EtcEntry | None]) -> tuple[EtcChange, ...]:
    """Return the changes to make when the packages' files change from ``before`` to ``after``; ``here`` returns the user's entry.

    Only paths that differ between the two are considered. Parents come before children, removals last and deepest first.
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
                removed.append(EtcChange(path, "remove"))
        elif there == old:
            put.append(EtcChange(path, "put"))
        elif there is not None and new.kind != "d":
            put.append(EtcChange(path, "put-new"))
        # else the user removed it, or has something else where a directory would be
    return (*put, *reversed(removed))


def format_listing(view: str, known: "Mapping[str, File]") -> str:
    """Return the list for the finished view at ``view``; ``known`` holds files, by path, that need not be read."""
    rows = []
    for place, directories, files in os.walk(f"{view}/etc"):
        below = place[len(view) + 1 :]
        for name in (*directories, *files):
            path = f"{below}/{name}"
            thing = EtcEntry("f", known[path].digest) if path in known else _look(f"{view}/{path}")
            if thing is not None:
                rows.append("\t".join((thing.kind, thing.value, path[len("etc/") :])))
    return "".join(f"{row}\n" for row in sorted(rows) if row.count("\t") == 2 and "\n" not in row)


def merge_etc(layout: Layout, report: Reporter = ignore_event) -> None:
    """Merge ``/etc`` of every world of the current generation with the files of its view; report each conflict once.

    To be called after every switch. If it is killed, the next call completes it; until then programs see the packages' files.
    A state that cannot be written is a warning: the switch is not undone.
    """
    views = f"{layout.current}/views"
    for world in sorted(os.listdir(views)) if os.path.isdir(views) else ():
        directory = os.path.basename(os.readlink(f"{views}/{world}"))
        try:
            _merge_world(f"{layout.store}/{directory}", f"{layout.state}/{world}", directory, world, report)
        except OSError as error:
            report(Warned(f"`/etc` of world `{world}` could not be merged: {(error.strerror or str(error)).lower()}"))


def is_merged(layout: Layout) -> bool:
    """Return whether ``merge_etc`` has nothing to do."""
    views = f"{layout.current}/views"
    for world in os.listdir(views) if os.path.isdir(views) else ():
        mark = f"{layout.state}/{world}/.etc-of"
        here = os.readlink(mark) if os.path.islink(mark) else ""
        if here != os.path.basename(os.readlink(f"{views}/{world}")) and os.path.exists(f"{views}/{world}/{LISTING}"):
            return False
    return True


def _merge_world(view: str, state: str, directory: str, world: str, report: Reporter) -> None:
    mark, record, etc = f"{state}/.etc-of", f"{state}/.etc", f"{state}/etc"
    with contextlib.suppress(FileNotFoundError):
        if os.readlink(mark) == directory:
            return
        os.unlink(mark)
    try:
        wanted = read_bytes(f"{view}/{LISTING}")
    except FileNotFoundError:
        return  # a world with a prefix, or a view of a version without lists
    os.makedirs(etc, exist_ok=True)
    before = b""
    with contextlib.suppress(FileNotFoundError):
        before = read_bytes(record)
    if before != wanted:
        for change in plan_merge(dict(_parse_listing(before)), dict(_parse_listing(wanted)), lambda path: _look(f"{etc}/{path}")):
            _apply(change, f"{view}/etc", etc)
            if change.what == "put-new":
                hint = f"your version is kept; the package's is `{etc}/{change.path}{NEW_SUFFIX}`"
                report(Warned(f"`/etc/{change.path}` of world `{world}` was changed both by you and by its package", hint))
        replace_file(record, wanted)
    os.symlink(directory, mark)


def _parse_listing(text: bytes) -> Iterator[tuple[str, EtcEntry]]:
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        kind, value, path = line.split("\t")
        yield path, EtcEntry(kind, value)


def _look(path: str) -> EtcEntry | None:
    if os.path.islink(path):
        return EtcEntry("l", os.readlink(path))
    if os.path.isdir(path):
        return EtcEntry("d")
    try:
        return EtcEntry("f", blake3(read_bytes(path)).hexdigest())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _apply(change: EtcChange, source: str, target: str) -> None:
    origin, at = f"{source}/{change.path}", f"{target}/{change.path}"
    if change.what == "remove":
        with contextlib.suppress(OSError):  # a directory with files of the user is kept
            (os.rmdir if os.path.isdir(at) and not os.path.islink(at) else os.unlink)(at)
        return
    at += NEW_SUFFIX if change.what == "put-new" else ""
    if os.path.isdir(origin) and not os.path.islink(origin):
        with contextlib.suppress(OSError):
            os.unlink(at)
        os.makedirs(at, exist_ok=True)
        return
    if not os.path.isdir(os.path.dirname(at)):
        return  # the user removed the directory, so the file is not needed either
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
