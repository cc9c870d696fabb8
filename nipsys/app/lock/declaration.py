"""Read the profile that the user wrote, as it applies to this machine."""

import os

from nipsys.app.context import Context, detect_arch, read_hostname
from nipsys.effects import read_bytes
from nipsys.model.system import Profile
from nipsys.profile import read_profile
from nipsys.sources import KINDS


def load_profile(path: str, host: str | None = None) -> Profile:
    """Read the profile at ``path`` as it applies to ``host`` (default: this machine). Raise ``Rejected`` with every error in it."""
    return read_profile(path, read_bytes, host=host or read_hostname(), arch=detect_arch(), kinds=KINDS)


def last_applied_path(context: Context) -> str | None:
    """Return the path of the profile applied last in this root, or ``None`` when the file no longer exists."""
    try:
        path = read_bytes(context.layout.profile_file).decode().strip()
    except FileNotFoundError:
        return None
    return path if os.path.exists(path) else None
