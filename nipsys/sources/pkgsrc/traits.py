"""Traits of pkgsrc's binary packages."""

from nipsys.model.system import HOST_LIBC, Traits
from nipsys.sources.common import COMMON_SETTINGS

TRAITS = Traits(
    help="binary packages of pkgsrc",
    synonyms=("netbsd",),
    libc=HOST_LIBC,
    prefix="/usr/pkg",
    purl="pkgsrc",
    formats=("pkgsrc",),
    version_order="pkg_info",
    programs=("gpgv", "bmake"),
    settings={
        **COMMON_SETTINGS,
        "prefix": "the directory the packages were built for, `/usr/pkg` when not given",
        "system": "`Linux`: the system the packages are for (`OPSYS`)",
    },
)
