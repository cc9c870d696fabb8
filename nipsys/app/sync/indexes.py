"""Bring the indexes of sources up to date: fetch, verify and read, until a source requests nothing more.

How the app calls this::

    for synced in sync(sources, web, layout.indexes, report):
        if synced.changed or not os.path.exists(universe):
            build(synced.batch(), file)          # records stream from the verified lists
        synced.commit()                          # from now on this state is the last one seen

A source that is not complete is queried by name: ``synced = sync_names(source, names, web, layout.indexes, report)``.

Each source has a directory below ``indexes`` with its lists, the signed texts that contain their digests, and ``state.json``: what was
seen last. The texts that may change (they have no known digest) are fetched first. If they are unchanged, so are the lists they name, and
nothing is read. A state older than the one seen last is refused.
"""

from collections.abc import Iterable
from functools import partial
from typing import TypeVar

from nipsys.app.sync.part import SourcePart
from nipsys.app.sync.rollback_guard import find_rollbacks
from nipsys.app.sync.state import SourceState, SyncResult, merge_snapshots
from nipsys.effects.threads import run_all
from nipsys.effects.web import Fetched, Web
from nipsys.model import Problem, Rejected, Reporter, Warned, ignore_event
from nipsys.model.package import Resource
from nipsys.sources import Page, Source

T = TypeVar("T")
_ROUNDS = 256
"""Limit on the steps from a source's first text to its last list; a closure of store paths is at most that deep."""


def sync(sources: Iterable[Source], web: Web, indexes: str, report: Reporter = ignore_event) -> tuple[SyncResult, ...]:
    """Fetch and verify the indexes of every complete source, in parallel. Raise ``Rejected`` with the problems of all sources."""
    works = [partial(_sync_complete, source, web, indexes) for source in sources]
    return require_all(run_all(works, report))


def _sync_complete(source: Source, web: Web, indexes: str, report: Reporter) -> SyncResult:
    return sync_names(source, (), web, indexes, report)


def require_all(outcomes: Iterable[T | Rejected]) -> tuple[T, ...]:
    """Return every result if no source failed.

    Raise ``Rejected`` with all problems of kinds ``source`` and ``host``; a problem of another kind is raised alone.
    """
    done: list[T] = []
    problems: list[Problem] = []
    for outcome in outcomes:
        if not isinstance(outcome, Rejected):
            done.append(outcome)
        elif outcome.kind in {"source", "host"}:
            problems += outcome.problems
        else:
            raise outcome
    if problems:
        raise Rejected(problems, "source")
    return tuple(done)


def sync_names(source: Source, names: tuple[str, ...], web: Web, indexes: str, report: Reporter = ignore_event) -> SyncResult:
    """Fetch and verify what one source has on ``names`` (on everything, when it is complete)."""
    state = SourceState.read(f"{indexes}/{source.spec.name}", source.spec)
    try:
        return _SourceSync(source, state, web, report).run(source.ask(names))
    except Rejected as error:
        if error.kind not in {"source", "host"}:
            raise
        placed = (Problem(each.code, each.message, each.span or source.spec.span, each.notes, each.hint) for each in error.problems)
        raise Rejected(placed, error.kind) from error


class _SourceSync:
    """One sync of one source."""

    def __init__(self, source: Source, state: SourceState, web: Web, report: Reporter) -> None:
        self._source, self._state, self._web, self._report = source, state, web, report
        self._parts: list[SourcePart] = []
        self._pages: dict[str, Page] = {}

    def run(self, first: tuple[Resource, ...]) -> SyncResult:
        """Fetch the texts that may change, compare them with the state, and only then fetch the lists whose digests they contain."""
        source, state = self._source, self._state
        fixed = self._follow(first)
        identity: list[list[str | None]] = [[part.role, part.digest] for part in self._parts]
        identity += [[resource.role, resource.digest] for resource in fixed]
        if state.identity == identity and state.is_intact():
            return SyncResult(source, state, state.snapshot, tuple(state.parts.values()), identity, {}, changed=False)
        self._refuse_older()
        for _ in range(_ROUNDS):
            if not fixed:
                break
            fixed = self._read(self._fetch(fixed))
        return SyncResult(
            source, state, merge_snapshots(source.spec.name, self._parts), tuple(self._parts), identity, self._pages, changed=True
        )

    def _follow(self, asked: tuple[Resource, ...]) -> tuple[Resource, ...]:
        """Fetch and read the resources without a digest, round by round, each role once; return those with a digest."""
        fixed: list[Resource] = []
        seen: set[str] = set()
        for _ in range(_ROUNDS):
            new = {resource.role: resource for resource in asked if resource.role not in seen}
            seen.update(new)
            fixed += [resource for resource in new.values() if resource.digest]
            asked = tuple(self._state.make_conditional(resource) for resource in new.values() if not resource.digest)
            if not asked:
                break
            asked = self._read(self._fetch(asked))
        return tuple(fixed)

    def _fetch(self, resources: tuple[Resource, ...]) -> list[Fetched]:
        """Fetch, and return the results in the order requested: of equal records the first is kept."""
        place = {resource.role: number for number, resource in enumerate(resources)}
        addressed = [resource for resource in resources if resource.urls]
        found = [Fetched(resource, None) for resource in resources if not resource.urls]
        found += self._web.fetch(addressed, self._state.directory, self._report, "sync")
        return sorted(found, key=lambda fetched: place[fetched.resource.role])

    def _read(self, fetched: list[Fetched]) -> tuple[Resource, ...]:
        """Read each part, except lists known from the last sync; return the resources they request."""
        more: list[Resource] = []
        for found in fetched:
            part = self._state.make_part(found)
            if not self._state.knows_leaf(part):
                with part.read(self._source, self._state.directory) as page:
                    part = part.with_page(page)
                more += self._pass_on(part, page)
            self._parts.append(part)
        return tuple(more)

    def _pass_on(self, part: SourcePart, page: Page) -> tuple[Resource, ...]:
        """Report a page's warnings, keep the page when its records are in memory, and return the resources it requests."""
        for warning in page.warnings:
            self._report(Warned(f"{self._source.spec.name}: {warning}"))
        if isinstance(page.records, tuple | list):
            self._pages[part.role] = page
        return page.more

    def _refuse_older(self) -> None:
        """Refuse a state older than the one seen last, unless the profile requests a snapshot."""
        if self._source.spec.get("snapshot") is not None:
            return
        problems = tuple(find_rollbacks(self._state.seen, tuple(self._parts), self._source.spec))
        if problems:
            raise Rejected(problems, "source")
