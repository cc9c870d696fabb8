"""Strict reading of a lock: only the exact output of the writer is accepted.

The parsed value is written again and compared, so every lock that can be read is, byte for byte, the canonical text of its value. Only
when that fails are the errors and their lines searched for.
"""

import ckdl

from nipsys.lock import parse as nodes
from nipsys.lock.validate import is_valid
from nipsys.lock.write import format_lock
from nipsys.model import Rejected
from nipsys.model.system import Lock


def read_lock(text: str, path: str) -> Lock:
    """Read the lock ``text`` of the file ``path``.

    Raises ``Rejected`` of kind ``profile``, with every error and its line, unless the text is canonical and every dependency is locked.
    """
    try:
        lock = nodes.parse_document(text)
        if format_lock(lock) == text and is_valid(lock):
            return lock
    except (nodes.InvalidNode, ckdl.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        pass
    from nipsys.lock.diagnose import find_problems  # noqa: PLC0415 - only when something is wrong

    raise Rejected(find_problems(text, path), "profile")
