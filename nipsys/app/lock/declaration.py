"""Read the profile that the user wrote, as it applies to this machine."""

import os

from nipsys.app.context import Context, detect_arch, read_hostname
from nipsys.effects import read_bytes
from nipsys.model.system import Profile
from nipsys.profile import read_profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from nipsys.model.system import Traits


def load_profile(path: str, host: str | None = None) -> Profile:
    """Read the profile at ``path`` as it applies to ``host`` (default: this machine). Raise ``Rejected`` with every error in it."""
    return read_profile(path, read_bytes, host=host or read_hostname(), arch=detect_arch(), load_kinds=load_kinds)


def load_kinds() -> "Mapping[str, Traits]":
    """Return the kinds of sources there are, by name; a profile that is read needs them for hints, and for kinds in no schema."""
    from nipsys.sources import KINDS  # noqa: PLC0415 - most profiles do not need them

    return KINDS


def last_applied_path(context: Context) -> str | None:
    """Return the path of the profile applied last in this root, or ``None`` when the file no longer exists."""
    try:
        path = read_bytes(context.layout.profile_file).decode().strip()
    except FileNotFoundError:
        return None
    return path if os.path.exists(path) else None
