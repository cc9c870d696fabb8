"""The generations of one root: read, stage, roll back, label, pin, delete."""

import json
from collections.abc import Iterable

from nipsys.effects.clock import Clock, SystemClock, who
from nipsys.effects.disk import Disk, RealDisk, remove_tree
from nipsys.generation.forest import SHARED, Piece, compose
from nipsys.generation.history import History, Operation
from nipsys.generation.record import Summary, read_summary, read_system, system_text
from nipsys.generation.stage import GENERATIONS, NEW, Staged, stage, switch
from nipsys.model.digest import blake3_of, canonical
from nipsys.model.frozen import replace
from nipsys.model.generation import Generation, System
from nipsys.model.problem import reject
from nipsys.store.faults import telling

_MARKS = "generations/.marks"


class Generations:
    """All generations of a root. What writes needs the root's guard to be held by the caller."""

    def __init__(self, root: str, disk: Disk | None = None, *, clock: Clock | None = None) -> None:
        """Look at ``root``; ``disk`` is the root's, the real one when not given (then the root is made)."""
        self.disk: Disk = RealDisk(root, create=True) if disk is None else disk
        self.clock: Clock = clock or SystemClock()
        self.history = History(self.disk)

    def numbers(self) -> tuple[int, ...]:
        """Give the numbers of all generations, ascending."""
        try:
            return tuple(sorted(int(name) for name, _ in self.disk.entries(GENERATIONS) if name.isdigit()))
        except FileNotFoundError:
            return ()

    def current_number(self) -> int | None:
        """Give the number of the current generation; ``None`` in an empty root."""
        seen = self.disk.look("current")
        return int(self.disk.target("current").rpartition("/")[2]) if seen is not None else None

    def current(self) -> Generation | None:
        """Give the current generation."""
        number = self.current_number()
        return None if number is None else self.read(number)

    def read(self, number: int) -> Generation:
        """Give one generation; ``Rejected`` when there is none of that number."""
        summary = self.summary(number)
        system = read_system(bytes(self.disk.read(f"{GENERATIONS}/{number}/manifest.json")))
        return Generation(
            number, system, summary.digest, summary.created, summary.parent, summary.reason, summary.label, pinned=summary.pinned
        )

    def summary(self, number: int) -> Summary:
        """Give one generation's summary without reading its manifest."""
        try:
            summary = read_summary(bytes(self.disk.read(f"{GENERATIONS}/{number}/made.json")))
        except FileNotFoundError:
            known = ", ".join(str(other) for other in self.numbers()) or "none"
            raise reject("request", "unknown-generation", f"there is no generation {number}", f"there are: {known}") from None
        label, pinned = self._marks(number)
        return replace(summary, label=label, pinned=pinned)

    def summaries(self) -> tuple[Summary, ...]:
        """Give all summaries, ascending."""
        return tuple(self.summary(number) for number in self.numbers())

    def sweep(self) -> int:
        """Clear away what a killed process left behind; the caller holds the guard. Give how many pieces there were."""
        self.prepare()
        cleared = 0
        for place in ("", GENERATIONS, _MARKS, SHARED):
            for name, _ in self.disk.entries(place):
                if name.startswith(NEW):
                    remove_tree(self.disk, f"{place}/{name}" if place else name)
                    cleared += 1
        self._heal()
        for number in self.unborn():
            self._drop(number)
            cleared += 1
        return cleared

    def unborn(self) -> tuple[int, ...]:
        """Give the generations that were published but never switched to, because their process died in between."""
        current = self.current_number() or 0
        newest = max((line.after or 0 for line in self.history.operations()), default=current)
        return tuple(number for number in self.numbers() if number > max(current, newest))

    def prepare(self) -> None:
        """Make the directories and fixed links of a root that are not there yet."""
        for path in (GENERATIONS, SHARED, _MARKS, "System"):
            if self.disk.look(path) is None:
                self.disk.mkdir(path)
        for path, target in (("Programs", "current/Programs"), ("System/Links", "../current/Links")):
            if self.disk.look(path) is None:
                self.disk.symlink(target, path)

    def stage(self, system: System, pieces: Iterable[Piece] = (), *, reason: str = "") -> Staged:
        """Compose the next generation in memory, then write it where nobody looks.

        ``pieces`` are the stubs' files. ``Rejected`` before a byte is written when two want one path.
        """
        top = compose(system, pieces)
        self.prepare()
        manifest = system_text(system)
        number = 1 + max(
            (*self.numbers(), *(number for line in self.history.operations() for number in (line.before, line.after) if number)), default=0
        )
        parent = self.current_number()
        digest = blake3_of(manifest)
        targets = tuple(target for target, _, _ in system.files)
        summary = Summary(
            number, digest, self.clock.now(), parent, reason, system.lock_digest, len(system.packages), targets, system.profile
        )
        return stage(self.disk, summary, system, manifest, top)

    def commit(self, staged: Staged) -> Summary:
        """Publish a staged generation, switch to it, and write that down: the whole second half of an apply."""
        before = self.current_number()
        staged.publish().switch()
        self._write_down("apply", before, staged.summary, staged.summary.reason)
        return staged.summary

    def rollback(self, number: int | None = None) -> Summary:
        """Switch to an older (or any) generation, the current one's parent when not told which; nothing else is touched."""
        before = self.current_number()
        if before is None:
            raise reject("request", "no-generation", "there is no generation to roll back from")
        wanted = self._parent(before) if number is None else number
        summary = self.summary(wanted)
        if wanted != before:
            switch(self.disk, wanted)
            self._write_down("rollback", before, summary, "")
        return summary

    def label(self, number: int, label: str | None) -> None:
        """Give a generation a label, or take it away."""
        self.summary(number)
        self._mark(number, label, pinned=self._marks(number)[1])

    def pin(self, number: int, *, pinned: bool) -> None:
        """Keep a generation from being deleted or collected, or let it go."""
        self.summary(number)
        self._mark(number, self._marks(number)[0], pinned=pinned)

    def deletable(self, number: int) -> Summary:
        """Give the summary of a generation that may be deleted; ``Rejected`` for the current one and for a pinned one."""
        summary = self.summary(number)
        if number == self.current_number():
            raise reject("request", "generation-in-use", f"generation {number} is the current one", hint="switch to another first")
        if summary.pinned:
            hint = f"`nipsys generations pin {number} --off` lets it go"
            raise reject("request", "generation-pinned", f"generation {number} is pinned", hint=hint)
        return summary

    def delete(self, number: int) -> None:
        """Delete a generation and write that down, see ``drop``."""
        lock = self.summary(number).lock
        self.drop(number)
        current = self.current_number()
        self.history.add(Operation("delete", self.clock.now(), who(), current, current, lock, str(number)))

    def drop(self, number: int) -> None:
        """Delete a generation by removals alone; ``Rejected`` for the current one and for a pinned one.

        Its trees stay until they are collected.
        """
        summary = self.summary(number)
        if number == self.current_number():
            raise reject("request", "generation-in-use", f"generation {number} is the current one", hint="switch to another first")
        if summary.pinned:
            hint = f"`nipsys generations pin {number} --off` lets it go"
            raise reject("request", "generation-pinned", f"generation {number} is pinned", hint=hint)
        with telling(f"generation {number}"):
            self._drop(number)

    def _drop(self, number: int) -> None:
        """Take the name away for good, then the rest: half a generation must never be found by its number."""
        gone = f"{GENERATIONS}/{NEW}gone-{number}"
        remove_tree(self.disk, gone)
        self.disk.rename(f"{GENERATIONS}/{number}", gone)
        self.disk.sync_directory(GENERATIONS)
        remove_tree(self.disk, gone)
        if self.disk.look(f"{_MARKS}/{number}") is not None:
            self.disk.remove(f"{_MARKS}/{number}")

    def _parent(self, number: int) -> int:
        parent = self.summary(number).parent
        older = [other for other in self.numbers() if other < number]
        if parent is not None and parent in self.numbers():
            return parent
        if not older:
            raise reject("request", "no-generation", f"there is no generation older than {number}")
        return older[-1]

    def _write_down(self, what: str, before: int | None, summary: Summary, detail: str) -> None:
        self.history.add(Operation(what, self.clock.now(), who(), before, summary.number, summary.lock, detail))

    def _heal(self) -> None:
        """Write down a switch whose process died before it could."""
        current, last = self.current_number(), self.history.last()
        if current is not None and (last is None or last.after != current):
            self._write_down("heal", last.after if last else None, self.summary(current), "switched, but not written down")

    def _marks(self, number: int) -> tuple[str | None, bool]:
        try:
            label, pinned = json.loads(bytes(self.disk.read(f"{_MARKS}/{number}")))
        except FileNotFoundError:
            return None, False
        return label, bool(pinned)

    def _mark(self, number: int, label: str | None, *, pinned: bool) -> None:
        with telling(f"the marks of generation {number}"):
            new = f"{_MARKS}/{NEW}{number}"
            remove_tree(self.disk, new)
            self.disk.append(new, canonical([label, pinned]))
            self.disk.rename(new, f"{_MARKS}/{number}")
            self.disk.sync_directory(_MARKS)
