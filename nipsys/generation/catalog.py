"""The generations of one root and their contents: read, stage, commit."""

from collections.abc import Iterable
from contextlib import suppress

from nipsys.generation.ledger import GenerationLedger
from nipsys.generation.links import GeneratedFile, build_table, compose_farm
from nipsys.generation.manifest import format_system, parse_system
from nipsys.generation.paths import GENERATIONS, SHARED_LINKS
from nipsys.generation.stage import Staged, stage
from nipsys.generation.summary import Summary
from nipsys.model import blake3_of
from nipsys.model.system import Generation, System


class Generations(GenerationLedger):
    """All generations of a root. For methods that write, the caller must hold the root's lock."""

    def current(self) -> Generation | None:
        """Return the current generation; ``None`` in an empty root."""
        number = self.current_number()
        return None if number is None else self.read(number)

    def read(self, number: int) -> Generation:
        """Return one generation; ``Rejected`` when there is none with that number."""
        summary = self.summary(number)
        system = parse_system(bytes(self.disk.read(f"{GENERATIONS}/{number}/manifest.json")))
        return Generation(
            number, system, summary.digest, summary.created, summary.parent, summary.reason, summary.label, pinned=summary.pinned
        )

    def stage(self, system: System, pieces: Iterable[GeneratedFile] = (), *, reason: str = "") -> Staged:
        """Compose the next generation in memory, then write it under a temporary name.

        Directories that an earlier generation wrote are neither examined nor written again. ``pieces`` are the files of the stubs.
        ``Rejected`` before a byte is written when two packages provide the same path.
        """
        known = self._shared_names()
        links = build_table(system, known)
        top = compose_farm(system, pieces, links)
        self.prepare()
        manifest = format_system(system, links)
        number = 1 + max(
            (*self.numbers(), *(number for line in self.history.operations() for number in (line.before, line.after) if number)), default=0
        )
        parent = self.current_number()
        digest = blake3_of(manifest)
        targets = tuple(target for target, _, _ in system.files)
        summary = Summary(
            number, digest, self.clock.now(), parent, reason, system.lock_digest, len(system.packages), targets, system.profile
        )
        return stage(self.disk, summary, system, manifest, top, known=known)

    def commit(self, staged: Staged) -> Summary:
        """Publish a staged generation, switch to it, and record that in the history: the whole second half of an apply."""
        before = self.current_number()
        try:
            staged.publish().switch()
        except BaseException:
            self._withdraw(staged.summary.number)
            raise
        self._record("apply", before, staged.summary, staged.summary.reason)
        return staged.summary

    def _shared_names(self) -> frozenset[str]:
        """Return the names of the directories that earlier generations wrote."""
        try:
            return frozenset(name for name, _ in self.disk.list_entries(SHARED_LINKS))
        except FileNotFoundError:
            return frozenset()

    def _withdraw(self, number: int) -> None:
        """Remove a generation that could not be made current, so that nothing refers to its trees."""
        with suppress(OSError):  # the error that stopped the commit may stop this too; then the next sweep does it
            if number in self.numbers() and number != self.current_number():
                self._drop(number)
