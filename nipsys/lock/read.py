"""A lock's text back to the value, strictly: only what the writer writes is taken.

The value is written again and compared, so a lock that reads at all is byte for byte the canonical text of its value. Whatever is wrong
is looked for, with its line, only when that fails.
"""

import ckdl

from nipsys.lock import parse as nodes
from nipsys.lock.validate import sound
from nipsys.lock.write import write
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import Lock


def read(text: str, path: str) -> Lock:
    """Read the lock ``text`` that stands at ``path``.

    Raises ``Rejected`` of kind ``profile`` with every mistake and its line unless the text is what ``write`` gives and every need is met.
    """
    try:
        lock = nodes.lock(text)
        if write(lock) == text and sound(lock):
            return lock
    except (nodes.Mistake, ckdl.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        pass
    from nipsys.lock.diagnose import problems  # noqa: PLC0415 - only when something is wrong

    raise Rejected(problems(text, path), "profile")
