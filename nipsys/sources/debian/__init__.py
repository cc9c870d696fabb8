"""Debian and other apt repositories: Release files, package lists, source packages and the host's apt configuration."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.debian.apt_configuration import read_configuration
    from nipsys.sources.debian.source import open_source
    from nipsys.sources.debian.traits import TRAITS
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "apt_configuration": ("read_configuration",),
            "source": ("open_source",),
            "traits": ("TRAITS",),
        },
    )

__all__ = ["TRAITS", "open_source", "read_configuration"]
