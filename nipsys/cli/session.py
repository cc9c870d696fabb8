"""What every command receives: the root, the listener for events, and how to print the answer.

Every command imports this module at start, so it imports next to nothing itself.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app import Context
    from nipsys.effects.web import Fetched
    from nipsys.model import Reporter
    from nipsys.model.package import Resource


def find_default_root(environment: Mapping[str, str]) -> str:
    """Return the default root: ``NIPSYS_ROOT``, else ``nipsys`` in the user's data directory (XDG Base Directory Specification)."""
    if chosen := environment.get("NIPSYS_ROOT"):
        return os.path.abspath(chosen)
    data = environment.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "nipsys")


class Session:
    """One run of the command line."""

    def __init__(self, root: str, report: "Reporter", command: str, *, json: bool, offline: bool) -> None:
        """Work on the ``root`` (an absolute path) and send events to ``report``.

        ``json``: print the answer as one JSON value. ``offline``: do not use the network. ``command``: the command as typed, for the
        history and for processes that wait for the lock.
        """
        self.root = root
        self.report = report
        self.command = command
        self.json = json
        self.offline = offline

    def open_context(self) -> "Context":
        """Return the context of a use case: paths, web, clock and listener. The only place that builds it."""
        from nipsys.app import Context
        from nipsys.effects import SystemClock, add_journal
        from nipsys.model import Layout

        layout, clock = Layout(self.root), SystemClock()
        report = add_journal(layout.journal, self.command, clock, self.report)
        return Context(layout, _LazyWeb(offline=self.offline), clock, report, os.path.expanduser("~"), self.offline, self.command)

    def answer(self, value: object, text: str) -> None:
        """Print the answer on stdout: ``value`` as JSON with ``--json``, else ``text`` (nothing when it is empty)."""
        if self.json:
            text = json.dumps(value, indent=2, ensure_ascii=False)
        if text:  # bytes of a name that are not UTF-8 are printed as escapes, which are valid in JSON too
            sys.stdout.write((text.rstrip("\n") + "\n").encode("utf-8", "backslashreplace").decode())


class _LazyWeb:
    """The web port, imported on the first fetch: most commands fetch nothing."""

    def __init__(self, *, offline: bool) -> None:
        self.offline = offline

    def fetch(
        self, resources: "Iterable[Resource]", directory: str, report: "Reporter | None" = None, stage: str = "fetch"
    ) -> "Iterator[Fetched]":
        """Fetch, see ``nipsys.effects.web.fetcher.Web``."""
        from nipsys.effects.web import Fetcher, OfflineWeb
        from nipsys.model import ignore_event

        yield from (OfflineWeb() if self.offline else Fetcher()).fetch(resources, directory, report or ignore_event, stage)
