"""Relocation without namespaces, for worlds with a prefix: a twin whose files contain another prefix of the same length.

No file changes its size, so offsets stay valid. Below ``/nix/store`` every store path keeps its length
(``nipsys.sources.nix.rewrite``): the hash is shortened by what the new prefix is longer. Any other prefix (``/usr/pkg``, an
EPREFIX) is replaced with a path of exactly the same length, wherever it is a path or the beginning of one. The new prefix is a
link in ``/tmp`` or ``/var/tmp`` to the twin, because the root's own path is too long; the launcher restores it when it is
missing, and refuses one that leads elsewhere. Compressed, checksummed or wide-character text is not rewritten, and a loader or
C library outside the prefix remains the host's.
"""

import os
import re
import shutil
from typing import Protocol

from nipsys.model import Advanced, Began, Ended, Frozen, Reporter, blake3_of, ignore_event, reject, shorten_digest
from nipsys.sources.nix import STORE_PREFIX, plan_relocation
from nipsys.store import Store
from nipsys.view.elf import Elf, read_elf
from nipsys.view.model import ViewPlan
from nipsys.view.relocate.copies import PREFIX_LINK, twin_path

_INTERNAL = {".run", ".share", ".root", ".host"}
_TRIES = 64
"""Names to try before giving up: a name of three letters may be in use by another user."""
_PLACES = (("/var/tmp/", 12), ("/tmp/", 3))  # noqa: S108 - links that are checked before every use
"""Directories for the links, and the fewest letters of a name there."""
_LONGEST = 250
"""Bytes of a file name, a little less than the kernel's limit of 255."""
_NIX = 30
"""Bytes of ``/nix/store`` and the letters by which a hash can be shortened."""


class PathRewriter(Protocol):
    """Rewrites the bytes of a file, or a link's target, for the twin."""

    def rewrite(self, data: bytes, /) -> bytes:
        """Return the rewritten bytes, of the same length."""


class PrefixRewriter(Frozen):
    """Replaces a prefix with another of the same length."""

    old: bytes
    new: bytes

    def rewrite(self, data: bytes, /) -> bytes:
        """Replace the prefix where it is a whole path or followed by ``/``: ``/usr/pkgsrc`` is not below ``/usr/pkg``."""
        if self.old not in data:
            return data
        return re.sub(re.escape(self.old) + rb"(?![A-Za-z0-9_.+-])", self.new, data)


def find_free_place(twin: str, length: int) -> str:
    """Return a path of exactly ``length`` bytes that is free or already leads to ``twin``; it depends on user and twin.

    Empty when the length leaves too few letters for a name, or when every name that was tried is in use.
    """
    for attempt in range(_TRIES):
        name = shorten_digest(blake3_of(os.fsencode(f"{os.getuid()} {twin} {attempt}")))
        for top, least in _PLACES:
            room = length - len(top)
            if least <= room <= _LONGEST and os.access(top, os.W_OK):
                place = top + name[:room].ljust(room, "0")
                if not os.path.lexists(place) or (os.path.islink(place) and os.readlink(place) == twin):
                    return place
    return ""


def relocate_prefix(plan: ViewPlan, store: Store, report: Reporter = ignore_event) -> str:
    """Create the twin of a view with a prefix, unless it exists; return its path.

    ``Rejected`` (kind ``host``) when the prefix is too short for a new name of its length.
    """
    twin = twin_path(plan.directory, store.layout.root)
    if os.path.isdir(twin):
        place = os.readlink(f"{twin}/{PREFIX_LINK}")
    else:
        place = find_free_place(twin, _NIX if plan.prefix == STORE_PREFIX else len(os.fsencode(plan.prefix)))
        if not place:
            raise reject(
                "host", "no-relocation", f"the programs of `{plan.world}` cannot be relocated: the prefix `{plan.prefix}` is too short",
                hint="its programs need user namespaces: `nipsys doctor` shows what this host allows",
            )  # fmt: skip
        report(Began("relocate", len(plan.entries), plan.world))
        _write(store.path(plan.directory), twin, plan.prefix, place, report)
        report(Ended("relocate", plan.world))
    if not os.path.lexists(place):
        os.symlink(twin, place)
    return twin


def _write(view: str, twin: str, prefix: str, place: str, report: Reporter) -> None:
    """Write the twin under a temporary name, then rename it."""
    new = f"{twin}.new"
    shutil.rmtree(new, ignore_errors=True)
    bases = [name for name in os.listdir(view) if name not in _INTERNAL]
    names: dict[bytes, bytes] = {}
    moved: PathRewriter = PrefixRewriter(os.fsencode(prefix), os.fsencode(place))
    if prefix == STORE_PREFIX:
        moved = plan_relocation((name for name in bases if len(name) > 33 and name[32] == "-"), place)
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


def _rewrite(source: bytes, target: bytes, moved: PathRewriter) -> None:
    """Copy one path recursively with rewritten contents; an unchanged file is linked."""
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
        if said := check_rewritten(read_elf(os.fsdecode(source)), read_elf(os.fsdecode(target))):
            raise reject("host", "patch-failed", f"`{os.fsdecode(source)}` cannot be relocated: {said}")


def check_rewritten(before: Elf | None, after: Elf | None) -> str:
    """Compare a rewritten file with the original; return what is wrong, or an empty string. Only ELF files are checked."""
    if before is None:
        return ""
    if after is None:
        return "it is not an ELF file any more"
    if (after.machine, after.kind, after.segments, after.dynamic) != (before.machine, before.kind, before.segments, before.dynamic):
        return "its segments have changed"
    same = (len(after.interpreter), len(after.needed), after.needed_versions, after.defined_versions) == (
        len(before.interpreter), len(before.needed), before.needed_versions, before.defined_versions,
    )  # fmt: skip
    return "" if same else "what it needs has changed"
