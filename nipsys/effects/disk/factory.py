"""Which implementation does the bulk work of real disks here: the compiled library where one works, else Python."""

import os
from functools import cache

from nipsys.effects.disk.native import DiskLibrary

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "native", "bin", f"disk-{os.uname().machine}.so")
"""Path of the library when the package was built with a C compiler."""


@cache
def load_library() -> DiskLibrary | None:
    """Load the library, once; ``None`` when there is none that works here.

    The environment variable ``NIPSYS_NATIVE`` names another one, or is ``off`` to use none.
    """
    chosen = os.environ.get("NIPSYS_NATIVE", LIBRARY)
    if chosen == "off":
        return None
    try:
        return DiskLibrary(chosen)
    except (OSError, AttributeError):
        return None
