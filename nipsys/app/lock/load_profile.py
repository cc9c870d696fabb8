"""Read the profile that the user wrote, as it applies to this machine."""

import os

from nipsys.app.context import Site, hostname, machine
from nipsys.effects.files import read_bytes
from nipsys.model.system.profile import Profile
from nipsys.profile import read


def declared(path: str, host: str | None = None) -> Profile:
    """Read the profile at ``path`` as it applies to ``host`` (default: this machine). Raise ``Rejected`` with every error in it."""
    return read(path, read_bytes, host=host or hostname(), arch=machine())


def applied_last(context: Site) -> str | None:
    """Return the path of the profile applied last in this root, or ``None`` when the file no longer exists."""
    try:
        path = read_bytes(context.layout.profile).decode().strip()
    except FileNotFoundError:
        return None
    return path if os.path.exists(path) else None
