"""The generations by number: list them, find the current one, roll back, label, pin and delete.

Nothing here reads a manifest or composes, so a rollback costs the same however large the systems are.
"""

import json

from nipsys.effects import Clock, SystemClock, identify_user
from nipsys.effects.disk import Disk, RealDisk, remove_tree
from nipsys.generation.history import History, Operation
from nipsys.generation.paths import CURRENT, GENERATIONS, MARKS, NEW_PREFIX, SHARED_LINKS
from nipsys.generation.summary import Summary, parse_summary
from nipsys.generation.switch import switch_current
from nipsys.model import reject, replace, to_canonical_json
from nipsys.store import translate_errors


class GenerationLedger:
    """The generations of a root. For methods that write, the caller must hold the root's lock."""

    def __init__(self, root: str, disk: Disk | None = None, *, clock: Clock | None = None) -> None:
        """Open ``root`` by ``disk``; without one by the real disk, and the root is created when missing."""
        self.disk: Disk = RealDisk(root, create=True) if disk is None else disk
        self.clock: Clock = clock or SystemClock()
        self.history = History(self.disk)

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of all generations, ascending."""
        try:
            return tuple(sorted(int(name) for name, _ in self.disk.list_entries(GENERATIONS) if name.isdigit()))
        except FileNotFoundError:
            return ()

    def current_number(self) -> int | None:
        """Return the number of the current generation; ``None`` in an empty root."""
        seen = self.disk.lstat(CURRENT)
        return int(self.disk.readlink(CURRENT).rpartition("/")[2]) if seen is not None else None

    def summary(self, number: int) -> Summary:
        """Return one generation's summary; ``Rejected`` when there is none with that number."""
        try:
            summary = parse_summary(bytes(self.disk.read(f"{GENERATIONS}/{number}/made.json")))
        except FileNotFoundError:
            known = ", ".join(str(other) for other in self.numbers()) or "none"
            raise reject("request", "unknown-generation", f"generation {number} does not exist", f"existing generations: {known}") from None
        label, pinned = self._read_marks(number)
        return replace(summary, label=label, pinned=pinned)

    def summaries(self) -> tuple[Summary, ...]:
        """Return all summaries, ascending."""
        return tuple(self.summary(number) for number in self.numbers())

    def prepare(self) -> None:
        """Create the directories of a root, and the links by which users reach its current generation."""
        for path in (GENERATIONS, MARKS, SHARED_LINKS, "System"):
            if self.disk.lstat(path) is None:
                self.disk.mkdir(path)
        for path, target in (("Programs", "current/Programs"), ("System/Links", "../current/Links")):
            if self.disk.lstat(path) is None:
                self.disk.symlink(target, path)

    def sweep(self) -> int:
        """Remove what a killed process left behind and return how many things were removed; the caller must hold the lock."""
        self.prepare()
        cleared = 0
        for place in ("", GENERATIONS, MARKS):
            for name, _ in self.disk.list_entries(place):
                if name.startswith(NEW_PREFIX):
                    remove_tree(self.disk, f"{place}/{name}" if place else name)
                    cleared += 1
        self._record_missed_switch()
        for number in self.find_unswitched():
            self._drop(number)
            cleared += 1
        return cleared

    def find_unswitched(self) -> tuple[int, ...]:
        """Return the generations that were published but never switched to because their process died in between."""
        current = self.current_number() or 0
        later = [number for number in self.numbers() if number > current]
        if not later:
            return ()
        newest = 0
        for line in self.history.iter_newest():
            newest = max(newest, line.after or 0)
            if newest >= later[-1]:
                return ()
        return tuple(number for number in later if number > newest)

    def rollback(self, number: int | None = None) -> Summary:
        """Switch to generation ``number``, by default the current one's parent; nothing else is changed.

        ``Rejected`` when that generation does not exist.
        """
        before = self.current_number()
        if before is None:
            raise reject("request", "no-generation", "no generation is current, so nothing can be rolled back")
        wanted = self._find_parent(before) if number is None else number
        summary = self.summary(wanted)
        if wanted != before:
            switch_current(self.disk, wanted)
            self._record("rollback", before, summary, "")
        return summary

    def find_left_behind(self) -> tuple[str, ...]:
        """Return the targets of the user's files in the generation that was current before this one.

        A process that was killed after its switch may not have removed their links.
        """
        current, last = self.current_number(), self.history.last()
        before = None if last is None else last.before if last.after == current else last.after
        return self.summary(before).files if before != current and before in self.numbers() else ()

    def find_placed(self) -> tuple[str, ...]:
        """Return the targets of the user's files that may be linked now: those of the current generation and those left behind."""
        number = self.current_number()
        return (*self.find_left_behind(), *(self.summary(number).files if number is not None else ()))

    def set_label(self, number: int, label: str | None) -> None:
        """Set the label of a generation, or remove it with ``None``."""
        self.summary(number)
        self._write_marks(number, label, pinned=self._read_marks(number)[1])

    def pin(self, number: int, *, pinned: bool) -> None:
        """Pin a generation, so that it is neither deleted nor collected, or unpin it."""
        self.summary(number)
        self._write_marks(number, self._read_marks(number)[0], pinned=pinned)

    def check_deletable(self, number: int) -> Summary:
        """Return the summary of a generation that may be deleted; ``Rejected`` for the current one and for a pinned one."""
        summary = self.summary(number)
        if number == self.current_number():
            raise reject("request", "generation-in-use", f"generation {number} is the current one", hint="switch to another first")
        if summary.pinned:
            hint = f"`nipsys generations pin {number} --off` unpins it"
            raise reject("request", "generation-pinned", f"generation {number} is pinned", hint=hint)
        return summary

    def delete(self, number: int) -> None:
        """Delete a generation and record that in the history; ``Rejected`` for the current one and for a pinned one."""
        lock = self.summary(number).lock
        self.drop(number)
        current = self.current_number()
        self.history.add(Operation("delete", self.clock.now(), identify_user(), current, current, lock, str(number)))

    def drop(self, number: int) -> None:
        """Delete a generation without a line in the history; ``Rejected`` for the current one and for a pinned one.

        It only removes, so it works on a full disk. The generation's trees stay until they are collected.
        """
        self.check_deletable(number)
        with translate_errors(f"generation {number}"):
            self._drop(number)

    def _drop(self, number: int) -> None:
        """Rename it durably, then remove it: a partly removed generation must never be found by its number."""
        gone = f"{GENERATIONS}/{NEW_PREFIX}gone-{number}"
        remove_tree(self.disk, gone)
        self.disk.rename(f"{GENERATIONS}/{number}", gone)
        self.disk.sync_directory(GENERATIONS)
        remove_tree(self.disk, gone)
        if self.disk.lstat(f"{MARKS}/{number}") is not None:
            self.disk.remove(f"{MARKS}/{number}")

    def _find_parent(self, number: int) -> int:
        parent = self.summary(number).parent
        there = self.numbers()
        if parent is not None and parent in there:
            return parent
        older = [other for other in there if other < number]
        if not older:
            raise reject("request", "no-generation", f"no generation is older than {number}")
        return older[-1]

    def _record(self, what: str, before: int | None, summary: Summary, detail: str) -> None:
        try:
            self.history.add(Operation(what, self.clock.now(), identify_user(), before, summary.number, summary.lock, detail))
        except OSError as error:
            message = (
                f"generation {summary.number} is current, but the history could not be written: {(error.strerror or str(error)).lower()}"
            )
            raise reject("store", "not-written-down", message, hint="the next command adds the missing line") from error

    def _record_missed_switch(self) -> None:
        """Record a switch whose process died before it could."""
        current, last = self.current_number(), self.history.last()
        if current is not None and (last is None or last.after != current):
            self._record("heal", last.after if last else None, self.summary(current), "the switch had not been recorded")

    def _read_marks(self, number: int) -> tuple[str | None, bool]:
        try:
            label, pinned = json.loads(bytes(self.disk.read(f"{MARKS}/{number}")))
        except FileNotFoundError:
            return None, False
        return label, bool(pinned)

    def _write_marks(self, number: int, label: str | None, *, pinned: bool) -> None:
        with translate_errors(f"the marks of generation {number}"):
            new = f"{MARKS}/{NEW_PREFIX}{number}"
            remove_tree(self.disk, new)
            self.disk.append(new, to_canonical_json([label, pinned]))
            self.disk.rename(new, f"{MARKS}/{number}")
            self.disk.sync_directory(MARKS)
