"""Where no namespace can be had, for worlds below ``/nix/store``: a twin whose files name a shorter place of the same length.

Every store path keeps its number of bytes (``nipsys.sources.nix_relocate``): the hash gives up what the new prefix is
longer by. The new prefix is a link in ``/var/tmp`` to the twin, because the root's own path is too long; the launcher makes
it again when it is gone, and refuses one that leads elsewhere.
"""

import os
import shutil

from nipsys.model.digest import blake3_of, short
from nipsys.model.event import Advanced, Began, Ended, Report, silent
from nipsys.model.problem import reject
from nipsys.sources.nix_relocate import STORE, Relocation, relocation
from nipsys.store.store import Store
from nipsys.view.relocate import twin_of
from nipsys.view.world import ViewPlan

_INTERNAL = {".run", ".share", ".root", ".host"}


def short_prefix(twin: str) -> str:
    """Give the place that programs of ``twin`` are rewritten to: at most 30 bytes, one for every user and twin."""
    return f"/var/tmp/n-{short(blake3_of(os.fsencode(f'{os.getuid()} {twin}')), 16)}"  # noqa: S108 - a link that is checked before use


def relocate_prefix(plan: ViewPlan, store: Store, report: Report = silent) -> str:
    """Make the twin of a view below ``/nix/store``; give its path. Nothing is done when it is there."""
    if plan.prefix != STORE:
        raise reject(
            "host", "no-relocation", f"the programs of `{plan.world}` cannot be relocated: `{plan.prefix}` leaves no room",
            hint="its programs need user namespaces: `nipsys doctor` tells what this host allows",
        )  # fmt: skip
    twin = twin_of(plan, store.layout.root)
    prefix = short_prefix(twin)
    if not os.path.isdir(twin):
        report(Began("relocate", len(plan.entries), plan.world))
        view, new = store.path(plan.directory), f"{twin}.new"
        shutil.rmtree(new, ignore_errors=True)
        bases = [name for name in os.listdir(view) if name not in _INTERNAL]
        moved = relocation((name for name in bases if len(name) > 33 and name[32] == "-"), prefix)
        names = {os.path.basename(old): os.path.basename(fresh) for old, fresh in moved.pairs}
        os.makedirs(new)
        for base in bases:
            home = names.get(os.fsencode(base), os.fsencode(base))
            _rewrite(os.fsencode(f"{view}/{base}"), os.path.join(os.fsencode(new), home), moved)
            if home != os.fsencode(base):
                os.symlink(home, os.path.join(os.fsencode(new), os.fsencode(base)))
            report(Advanced("relocate", 1, base))
        os.symlink(prefix, f"{new}/.prefix")
        os.rename(new, twin)
        report(Ended("relocate", plan.world))
    if not os.path.lexists(prefix):
        os.symlink(twin, prefix)
    return twin


def _rewrite(source: bytes, target: bytes, moved: Relocation) -> None:
    """Copy one path with every store path moved; a file that names none is linked."""
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
