"""What every command receives: the root to work in, and how to print the answer.

Every command imports this module at start, so it imports next to nothing itself.
"""

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.api import Root
    from nipsys.app import Context


class Session:
    """One run of the command line."""

    def __init__(self, root: "Root", *, json: bool) -> None:
        """Work in ``root``; with ``json``, print the answer as one JSON value."""
        self.root = root
        self.json = json

    def open_context(self) -> "Context":
        """Return the context of a use case that the public interface does not have."""
        from nipsys.app import open_context

        root = self.root
        return open_context(root.path, report=root.report, home=root.home, offline=root.offline, command=root.command)

    def answer(self, value: object, text: str) -> None:
        """Print the answer on stdout: ``value`` as JSON with ``--json``, else ``text`` (nothing when it is empty)."""
        if self.json:
            text = json.dumps(value, indent=2, ensure_ascii=False)
        if text:  # bytes of a name that are not UTF-8 are printed as escapes, which are valid in JSON too
            sys.stdout.write((text.rstrip("\n") + "\n").encode("utf-8", "backslashreplace").decode())
