"""Where no namespace can be had, for worlds with a prefix: a twin whose files name another place of the same length.

No file changes its size, so no offset in any of them moves. Below ``/nix/store`` every store path keeps its number of bytes
(``nipsys.sources.nix.rewrite``): the hash gives up what the new prefix is longer by. Any other prefix (``/usr/pkg``, an
EPREFIX) gives way to a name of exactly its own length, wherever it stands as a whole path or at the beginning of one. The new
prefix is a link in ``/tmp`` or ``/var/tmp`` to the twin, because the root's own path is too long; the launcher makes it again
when it is gone, and refuses one that leads elsewhere. What is compressed, checksummed or not written as single bytes is not
reached, and a loader or C library outside of the prefix stays the host's.
"""

import os
import re
import shutil
from typing import Protocol

from nipsys.model.digest import blake3_of, short
from nipsys.model.event import Advanced, Began, Ended, Report, silent
from nipsys.model.problem import reject
from nipsys.model.value import Frozen
from nipsys.sources.nix.rewrite import STORE, relocation
from nipsys.store.trees import Store
from nipsys.view.elf import Elf, read_elf
from nipsys.view.model import ViewPlan
from nipsys.view.relocate.copies import PREFIX_LINK, twin_of

_INTERNAL = {".run", ".share", ".root", ".host"}
_TRIES = 64
"""Places that are looked at before giving up: three letters may be taken by somebody else."""
_PLACES = (("/var/tmp/", 12), ("/tmp/", 3))  # noqa: S108 - links that are checked before every use
"""Directories for the links, and how many letters of a name they need at least."""
_LONGEST = 250
"""Bytes of a file name, some less than the kernel's 255."""
_NIX = 30
"""``/nix/store`` and the letters that a hash can spare."""


class Rewriting(Protocol):
    """What turns the bytes of a file, or a link's target, into those of the twin."""

    def rewrite(self, data: bytes, /) -> bytes:
        """Return as many bytes as it takes."""


class Moved(Frozen):
    """One prefix that gives way to another of the same length."""

    old: bytes
    new: bytes

    def rewrite(self, data: bytes, /) -> bytes:
        """Replace the prefix where a path ends or goes on below it: ``/usr/pkgsrc`` is not below ``/usr/pkg``."""
        if self.old not in data:
            return data
        return re.sub(re.escape(self.old) + rb"(?![A-Za-z0-9_.+-])", self.new, data)


def free_place(twin: str, length: int) -> str:
    """Find a place of exactly ``length`` bytes that is free or leads to ``twin`` already; one for every user and twin, unless taken.

    Empty when there is no room for a name, or every name that was tried is taken.
    """
    for attempt in range(_TRIES):
        name = short(blake3_of(os.fsencode(f"{os.getuid()} {twin} {attempt}")))
        for top, least in _PLACES:
            room = length - len(top)
            if least <= room <= _LONGEST and os.access(top, os.W_OK):
                place = top + name[:room].ljust(room, "0")
                if not os.path.lexists(place) or (os.path.islink(place) and os.readlink(place) == twin):
                    return place
    return ""


def relocate_prefix(plan: ViewPlan, store: Store, report: Report = silent) -> str:
    """Make the twin of a view with a prefix; give its path. Nothing is done when it is there.

    ``Rejected`` (kind ``host``) when the prefix leaves no room for a name of its length.
    """
    twin = twin_of(plan.directory, store.layout.root)
    if os.path.isdir(twin):
        place = os.readlink(f"{twin}/{PREFIX_LINK}")
    else:
        place = free_place(twin, _NIX if plan.prefix == STORE else len(os.fsencode(plan.prefix)))
        if not place:
            raise reject(
                "host", "no-relocation", f"the programs of `{plan.world}` cannot be relocated: `{plan.prefix}` leaves no room",
                hint="its programs need user namespaces: `nipsys doctor` tells what this host allows",
            )  # fmt: skip
        report(Began("relocate", len(plan.entries), plan.world))
        _write(store.path(plan.directory), twin, plan.prefix, place, report)
        report(Ended("relocate", plan.world))
    if not os.path.lexists(place):
        os.symlink(twin, place)
    return twin


def _write(view: str, twin: str, prefix: str, place: str, report: Report) -> None:
    """Write the twin beside its name, then give it the name."""
    new = f"{twin}.new"
    shutil.rmtree(new, ignore_errors=True)
    bases = [name for name in os.listdir(view) if name not in _INTERNAL]
    names: dict[bytes, bytes] = {}
    moved: Rewriting = Moved(os.fsencode(prefix), os.fsencode(place))
    if prefix == STORE:
        moved = relocation((name for name in bases if len(name) > 33 and name[32] == "-"), place)
        names = {os.path.basename(old): os.path.basename(fresh) for old, fresh in moved.pairs}
    os.makedirs(new)
    for base in bases:
        home = names.get(os.fsencode(base), os.fsencode(base))
        _rewrite(os.fsencode(f"{view}/{base}"), os.path.join(os.fsencode(new), home), moved)
        if home != os.fsencode(base):
            os.symlink(home, os.path.join(os.fsencode(new), os.fsencode(base)))
        report(Advanced("relocate", 1, base))
    os.symlink(place, f"{new}/{PREFIX_LINK}")
    os.rename(new, twin)


def _rewrite(source: bytes, target: bytes, moved: Rewriting) -> None:
    """Copy one path with every path in it moved; a file that names none is linked."""
    if os.path.islink(source):
        os.symlink(moved.rewrite(os.readlink(source)), target)
    elif os.path.isdir(source):
        os.mkdir(target)
        for name in sorted(os.listdir(source)):
            _rewrite(os.path.join(source, name), os.path.join(target, name), moved)
    else:
        with open(source, "rb") as file:
            data = file.read()
        changed = moved.rewrite(data)
        if changed == data:
            os.link(source, target)
            return
        with open(target, "wb") as file:
            file.write(changed)
        shutil.copystat(source, target)
        if said := verify(read_elf(os.fsdecode(source)), read_elf(os.fsdecode(target))):
            raise reject("host", "patch-failed", f"`{os.fsdecode(source)}` cannot be relocated: {said}")


def verify(before: Elf | None, after: Elf | None) -> str:
    """Hold a rewritten file against what it was; give what is wrong, or nothing. What is no ELF file is not looked into."""
    if before is None:
        return ""
    if after is None:
        return "it is no ELF file any more"
    if (after.machine, after.kind, after.loads, after.dynamic) != (before.machine, before.kind, before.loads, before.dynamic):
        return "its segments have changed"
    same = (len(after.interpreter), len(after.needed), after.wants, after.gives) == (
        len(before.interpreter), len(before.needed), before.wants, before.gives,
    )  # fmt: skip
    return "" if same else "what it needs has changed"
