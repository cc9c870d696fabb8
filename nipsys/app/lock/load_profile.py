"""Read what the user declares, for this machine."""

import os

from nipsys.app.context import Site, hostname, machine
from nipsys.effects.files import read_bytes
from nipsys.model.system.profile import Profile
from nipsys.profile import read


def declared(path: str, host: str | None = None) -> Profile:
    """Read the profile at ``path`` as it holds for ``host`` (this machine when not given); ``Rejected`` names every mistake."""
    return read(path, read_bytes, host=host or hostname(), arch=machine())


def applied_last(site: Site) -> str | None:
    """Return the path of the profile applied last in this root, when it is still there."""
    try:
        path = read_bytes(site.layout.profile).decode().strip()
    except FileNotFoundError:
        return None
    return path if os.path.exists(path) else None
