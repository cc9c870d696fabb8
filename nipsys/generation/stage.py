"""A generation before it is current: staged (written under a temporary name), then published (durable), then switched to.

The only commit point is the rename of ``current``. After a crash or a power cut at any point the root has the old or the new
system, intact.
"""

import os
from collections.abc import Container

from nipsys.effects import hold_signals
from nipsys.effects.disk import Disk, remove_tree
from nipsys.generation.links import FarmDirectory
from nipsys.generation.manifest import format_trees
from nipsys.generation.paths import GENERATIONS, NEW_PREFIX, SHARED_LINKS
from nipsys.generation.summary import Summary, format_summary
from nipsys.generation.switch import switch_current
from nipsys.model import Frozen
from nipsys.model.system import System
from nipsys.store import translate_errors


class Published(Frozen):
    """A generation that is durable but not current."""

    disk: Disk
    number: int

    def switch(self) -> None:
        """Make it current: one rename, then one fsync of the root."""
        switch_current(self.disk, self.number)


class Staged(Frozen):
    """A generation written under a temporary name."""

    disk: Disk
    summary: Summary
    directory: str
    new_directories: tuple[str, ...]
    """Names of the new shared directories."""

    def publish(self) -> Published:
        """Sync what was staged, check the result, and rename everything to its final name.

        ``Rejected`` when that fails; then the current generation is unchanged.
        """
        number = self.summary.number
        with translate_errors(f"generation {number}"), hold_signals():
            try:
                self.disk.sync()
                for name in self.new_directories:
                    self.disk.rename(f"{self.directory}/links/{name}", f"{SHARED_LINKS}/{name}")
                if self.new_directories:
                    self.disk.sync_directory(SHARED_LINKS)
                self.disk.rename(f"{self.directory}/{number}", f"{GENERATIONS}/{number}")
                self.disk.sync_directory(GENERATIONS)
            finally:
                remove_tree(self.disk, self.directory)
        return Published(self.disk, number)

    def discard(self) -> None:
        """Remove the staged generation."""
        remove_tree(self.disk, self.directory)


def stage(
    disk: Disk, summary: Summary, system: System, manifest: bytes, top: tuple[tuple[str, FarmDirectory], ...], *, known: Container[str]
) -> Staged:
    """Write a generation below ``generations/.new-*``; directories that an earlier one has are not written again.

    ``manifest`` is the canonical text of ``system``, ``top`` its composed directories by name, ``known`` the names of existing ones.
    ``Rejected`` when the disk fails; then nothing is left of it.
    """
    place = f"{GENERATIONS}/{NEW_PREFIX}{os.urandom(6).hex()}"
    home = f"{place}/{summary.number}"
    with translate_errors(f"generation {summary.number}"):
        try:
            for path in (place, f"{place}/links", home, f"{home}/views"):
                disk.mkdir(path)
            every = {folder.name: folder for _, part in top for folder in part.walk()}
            missing = tuple(folder for name, folder in every.items() if name not in known)
            for folder in missing:
                _write_directory(disk, f"{place}/links/{folder.name}", folder)
            disk.write(f"{home}/manifest.json", (manifest,))
            disk.write(f"{home}/made.json", (format_summary(summary),))
            disk.write(f"{home}/trees", (format_trees(system),))
            disk.write(f"{home}/links", ("".join(f"{name}\n" for name in sorted(every)).encode(),))
            for name, folder in top:
                disk.symlink(f"../.links/{folder.name}", f"{home}/{name}")
            for view in system.views:
                disk.symlink(f"../../../store/{view.directory}", f"{home}/views/{view.world}")
        except BaseException:
            remove_tree(disk, place)
            raise
    return Staged(disk, summary, place, tuple(folder.name for folder in missing))


def _write_directory(disk: Disk, path: str, folder: FarmDirectory) -> None:
    disk.mkdir(path)
    inner = disk.open_directory(path)
    try:
        for name, target in folder.links:
            inner.symlink(target, name)
        for name, piece in folder.files:
            inner.write(name, (piece.content,), 0o555 if piece.executable else 0o444)
        for name, below in folder.directories:
            inner.symlink(f"../{below.name}", name)
    finally:
        inner.close()
