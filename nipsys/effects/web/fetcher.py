"""Fetching: bounded, verified while streaming, resumed, retried, in parallel. Bad data is rejected with its origin and not kept.

How the app fetches::

    web = Fetcher(NetworkTransport(Patience()))          # or OfflineWeb(), or Fetcher(MemoryTransport({...})) in tests
    for fetched in web.fetch(resources, layout.downloads, report):
        ... fetched.resource, fetched.path               # in the order of completion

A file gets its name in the directory, its digest (``sha256-<hex>``), only after every byte was verified; an incomplete download is kept as
``*.part`` and resumed next time. A file that exists is hashed again, not fetched again.
"""

import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from nipsys.effects.threads import join_all
from nipsys.effects.web.failures import display_name_of, reject_unwritable
from nipsys.effects.web.network import NetworkTransport
from nipsys.effects.web.transfer import Fetched, Traffic, Transfer
from nipsys.effects.web.transport import FetchError, FetchPolicy, Reply, SystemTimer, Timer, Transport
from nipsys.model import Advanced, Began, Ended, Frozen, Problem, Rejected, Reporter, ignore_event
from nipsys.model.package import Resource

_TICK = 0.1
_BATCH_WAIT = 0.002
"""Seconds to wait after a finished file for others that finish at the same time."""
_GRACE = 0.5
"""Seconds that workers have to stop; one that still waits for a server stops when it answers, without writing anything."""
_MAX_FAILURES = 8
"""After this many failed resources the rest is not tried."""


class Web(Protocol):
    """Anything that fetches resources."""

    def fetch(
        self, resources: Iterable[Resource], directory: str, report: Reporter = ignore_event, stage: str = "fetch"
    ) -> Iterator["Fetched"]:
        """Yield each resource as a verified file in ``directory``, in the order of completion.

        Raises ``Rejected`` (kind ``source``) at the end when any failed, with a problem for each.
        """


class _Outcome(Frozen):
    """What a worker reports about one resource."""

    fetched: Fetched | None = None
    problems: tuple[Problem, ...] = ()
    crash: BaseException | None = None


class Fetcher:
    """Fetches resources over a transport, in parallel."""

    def __init__(
        self, transport: Transport | None = None, patience: FetchPolicy | None = None, workers: int = 6, pace: Timer | None = None
    ) -> None:
        """Fetch up to ``workers`` resources in parallel."""
        self.patience = patience or FetchPolicy()
        self.transport = transport or NetworkTransport(self.patience)
        self.workers, self.pace = workers, pace or SystemTimer()

    def fetch(
        self, resources: Iterable[Resource], directory: str, report: Reporter = ignore_event, stage: str = "fetch"
    ) -> Iterator[Fetched]:
        """Yield each resource as it completes; ending the iteration early stops the workers."""
        wanted = tuple(dict.fromkeys(resources))
        if not wanted:
            return
        try:
            os.makedirs(directory, exist_ok=True)
        except OSError as error:
            raise reject_unwritable(directory, error) from error
        traffic = Traffic()
        waiting: queue.SimpleQueue[Resource] = queue.SimpleQueue()
        for resource in wanted:
            waiting.put(resource)
        done: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        workers = [
            threading.Thread(target=self._work, args=(waiting, done, directory, traffic), daemon=True)
            for _ in range(min(self.workers, len(wanted)))
        ]
        what = f"{len(wanted)} files" if len(wanted) > 1 else display_name_of(wanted[0])
        report(Began(stage, sum(resource.size or 0 for resource in wanted), what))
        try:
            for worker in workers:
                worker.start()
            yield from self._collect(len(wanted), done, traffic, report, stage)
        finally:
            traffic.stop.set()
            join_all(workers, _GRACE)
        report(Ended(stage))

    def close(self) -> None:
        """Close idle connections."""
        self.transport.close()

    def _collect(
        self, expected: int, done: "queue.SimpleQueue[_Outcome]", traffic: Traffic, report: Reporter, stage: str
    ) -> Iterator[Fetched]:
        problems: list[Problem] = []
        failed = 0
        while expected and failed < _MAX_FAILURES:
            finished = _wait_for_outcomes(done)
            if moved := traffic.drain():
                report(Advanced(stage, moved))
            for one in finished:
                expected -= 1
                if one.crash is not None:
                    raise one.crash
                if one.fetched is not None:
                    yield one.fetched
                problems.extend(one.problems)
                failed += bool(one.problems)
        if problems:
            raise Rejected(problems, "source")

    def _work(self, waiting: "queue.SimpleQueue[Resource]", done: "queue.SimpleQueue[_Outcome]", directory: str, traffic: Traffic) -> None:
        """Fetch until the queue is empty; report an outcome for every resource taken from it."""
        transfer = Transfer(self.transport, self.patience, self.pace, directory, traffic)
        while not traffic.stop.is_set():
            try:
                resource = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put(_Outcome(transfer.fetch(resource)))
            except Rejected as error:
                done.put(_Outcome(problems=error.problems) if error.kind == "source" else _Outcome(crash=error))
            except BaseException as error:  # noqa: BLE001 - a bug is raised in the caller's thread
                done.put(_Outcome(crash=error))


def _wait_for_outcomes(done: "queue.SimpleQueue[_Outcome]") -> list[_Outcome]:
    """Wait briefly for finished resources and return all of them: to wake up for each small file would cost more than the file."""
    found = []
    try:
        found.append(done.get(timeout=_TICK))
        time.sleep(_BATCH_WAIT)
        while True:
            found.append(done.get_nowait())
    except queue.Empty:
        return found


class OfflineWeb:
    """No network: only what is in the cache or on this machine's disk is available."""

    def __init__(self) -> None:
        """Allow ``file://`` addresses only."""
        self._files = Fetcher(_OfflineTransport(), FetchPolicy(attempts=1))

    def fetch(
        self, resources: Iterable[Resource], directory: str, report: Reporter = ignore_event, stage: str = "fetch"
    ) -> Iterator[Fetched]:
        """Yield what is cached or has a ``file://`` address; raise one ``Rejected`` that names everything else."""
        yield from self._files.fetch(resources, directory, report, stage)


class _OfflineTransport(NetworkTransport):
    def __init__(self) -> None:
        super().__init__(FetchPolicy())

    def open(self, url: str, headers: Mapping[str, str]) -> Reply:
        if url.startswith("file:"):
            return super().open(url, headers)
        raise FetchError("offline", "it is not in the cache, and the network is off")


__all__ = ["FetchPolicy", "Fetcher", "NetworkTransport", "OfflineWeb", "Web"]
