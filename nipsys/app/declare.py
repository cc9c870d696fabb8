"""Read what the user declares, for this machine."""

from nipsys.app.site import hostname, machine
from nipsys.effects.files import read_bytes
from nipsys.model.profile import Profile
from nipsys.profile import read


def declared(path: str, host: str | None = None) -> Profile:
    """Read the profile at ``path`` as it holds for ``host`` (this machine when not given); ``Rejected`` names every mistake."""
    return read(path, read_bytes, host=host or hostname(), arch=machine())
