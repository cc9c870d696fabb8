"""What every use case works with: the root, the web, the clock and the event listener. The command line creates it once."""

import os
from typing import TYPE_CHECKING

from nipsys.effects import Clock
from nipsys.model import Frozen, Layout, Reporter

if TYPE_CHECKING:
    from nipsys.effects.web import Web


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


def detect_arch() -> str:
    """Return the architecture of this machine in the profile's terms: ``x86_64``, ``aarch64``."""
    return os.uname().machine


def read_hostname() -> str:
    """Return the host name that ``host`` blocks of a profile are matched against."""
    return os.uname().nodename
