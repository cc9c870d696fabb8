"""Traits of Gentoo's binary hosts."""

from nipsys.model.system import Traits
from nipsys.sources.common import COMMON_SETTINGS

TRAITS = Traits(
    help="binary hosts of Gentoo",
    synonyms=("portage", "emerge"),
    purl="ebuild/gentoo",
    formats=("gpkg", "xpak"),
    version_order="PMS",
    programs=("gpgv", "emerge"),
    settings={
        **COMMON_SETTINGS,
        "prefix": "the EPREFIX the packages were built for; none when not given",
        "system": "packages added to every closure because none names them; glibc, and gcc where the index does not say which need it",
    },
)
