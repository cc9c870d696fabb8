"""Where a use case works and with what: the root, the web, the clock, the listener. Put together once, by the command line."""

import os
from typing import TYPE_CHECKING

from nipsys.effects.clock import Clock
from nipsys.model.event import Report
from nipsys.model.layout import Layout
from nipsys.model.value import Frozen

if TYPE_CHECKING:
    from nipsys.effects.web.fetcher import Web


class Site(Frozen):
    """One root and the world around it."""

    layout: Layout
    web: "Web"
    clock: Clock
    report: Report
    home: str
    """Where ``~`` is."""
    offline: bool = False
    """Indexes are taken as they are; the web refuses."""
    command: str = ""
    """What to tell others who wait for this process, and what the history records."""

    @property
    def root(self) -> str:
        """Absolute path of the root."""
        return self.layout.root


def machine() -> str:
    """Return the architecture of this machine in the profile's words: ``x86_64``, ``aarch64``."""
    return os.uname().machine


def hostname() -> str:
    """Return the name by which ``host`` blocks know this machine."""
    return os.uname().nodename
