"""What every command gets: where the root is, who listens, and how to answer."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from nipsys.model.event import Report


def default_root(environment: Mapping[str, str]) -> str:
    """Give the root for an environment: ``NIPSYS_ROOT``, else the user's data directory (XDG base directories)."""
    if chosen := environment.get("NIPSYS_ROOT"):
        return os.path.abspath(chosen)
    data = environment.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "nipsys")


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    root: str
    """Absolute path of the root R."""
    report: Report
    """Hears every event of the library."""
    json: bool
    """The answer is wanted as one JSON value."""
    offline: bool
    """No network."""

    def answer(self, value: object, text: str) -> None:
        """Print the answer on stdout: ``value`` when JSON is wanted, else ``text`` (nothing when empty)."""
        if self.json:
            sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        elif text:
            sys.stdout.write(text.rstrip("\n") + "\n")
