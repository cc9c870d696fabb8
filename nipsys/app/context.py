"""What every use case works with: the root, the web, the clock and the event listener."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nipsys.effects import Clock, SystemClock, add_journal
from nipsys.model import Frozen, Layout, Reporter, ignore_event

if TYPE_CHECKING:
    from nipsys.effects.web import Fetched, Web
    from nipsys.model.package import Resource


class Context(Frozen):
    """One root and its surroundings."""

    layout: Layout
    web: "Web"
    clock: Clock
    report: Reporter
    home: str
    """The directory that ``~`` stands for."""
    offline: bool = False
    """Indexes are used as they are, and every request to the web is refused."""
    command: str = ""
    """The command as typed: shown to processes that wait for this one, and recorded in the history."""

    @property
    def root(self) -> str:
        """Absolute path of the root."""
        return self.layout.root


def open_context(root: str, *, report: Reporter, home: str, offline: bool, command: str) -> Context:
    """Return the context of use cases in ``root`` (an absolute path), with the real web and clock; events go to the journal as well."""
    layout, clock = Layout(root), SystemClock()
    return Context(layout, _LazyWeb(offline), clock, add_journal(layout.journal, command, clock, report), home, offline, command)


class _LazyWeb(NamedTuple):
    """The web port, imported on the first fetch: most use cases fetch nothing."""

    offline: bool

    def fetch(
        self, resources: "Iterable[Resource]", directory: str, report: Reporter | None = None, stage: str = "fetch"
    ) -> "Iterator[Fetched]":
        """Fetch, see ``nipsys.effects.web.Web``."""
        from nipsys.effects.web import Fetcher, OfflineWeb  # noqa: PLC0415 - see above

        yield from (OfflineWeb() if self.offline else Fetcher()).fetch(resources, directory, report or ignore_event, stage)


def detect_arch() -> str:
    """Return the architecture of this machine in the profile's terms: ``x86_64``, ``aarch64``."""
    return os.uname().machine


def read_hostname() -> str:
    """Return the host name that ``host`` blocks of a profile are matched against."""
    return os.uname().nodename
