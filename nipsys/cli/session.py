"""What every command gets: where the root is, who listens, and how to answer.

Every start pays for what is imported here, so it is next to nothing.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nipsys.app.context import Site
    from nipsys.effects.web.transfer import Fetched
    from nipsys.model.event import Report
    from nipsys.model.package.resource import Resource


def default_root(environment: Mapping[str, str]) -> str:
    """Return the root for an environment: ``NIPSYS_ROOT``, else the user's data directory (XDG base directories)."""
    if chosen := environment.get("NIPSYS_ROOT"):
        return os.path.abspath(chosen)
    data = environment.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "nipsys")


class Session(NamedTuple):
    """One run of the command line."""

    root: str
    """Absolute path of the root R."""
    report: "Report"
    """Hears every event of the library."""
    json: bool
    """The answer is wanted as one JSON value."""
    offline: bool
    """No network."""

    command: str
    """What was typed, for others who wait and for the history."""

    def site(self) -> "Site":
        """Put together the world a use case works in; the only place that does."""
        from nipsys.app.context import Site
        from nipsys.effects.clock import SystemClock
        from nipsys.effects.journal import journal
        from nipsys.model.layout import Layout

        layout, clock = Layout(self.root), SystemClock()
        report = journal(layout.journal, self.command, clock, self.report)
        return Site(layout, _Web(offline=self.offline), clock, report, os.path.expanduser("~"), self.offline, self.command)

    def answer(self, value: object, text: str) -> None:
        """Print the answer on stdout: ``value`` when JSON is wanted, else ``text`` (nothing when empty)."""
        if self.json:
            text = json.dumps(value, indent=2, ensure_ascii=False)
        if text:  # a name whose bytes are no UTF-8 is shown by an escape, which JSON has as well
            sys.stdout.write((text.rstrip("\n") + "\n").encode("utf-8", "backslashreplace").decode())


class _Web(NamedTuple):
    """The web, loaded when something is first fetched: most commands fetch nothing."""

    offline: bool

    def fetch(
        self, resources: "Iterable[Resource]", directory: str, report: "Report | None" = None, stage: str = "fetch"
    ) -> "Iterator[Fetched]":
        """Fetch, see ``nipsys.effects.web.fetcher.Web``."""
        from nipsys.effects.web.fetcher import Fetcher, OfflineWeb
        from nipsys.model.event import silent

        yield from (OfflineWeb() if self.offline else Fetcher()).fetch(resources, directory, report or silent, stage)
