"""Traits of Python package indexes."""

from nipsys.model import DefaultRegistry, HostNeeds, HostText
from nipsys.model.system import Traits
from nipsys.sources.common import COMMON_SETTINGS

_INDEX = r'PyPI = PackageIndex\(\s*"(https?://[^"]+)"'

TRAITS = Traits(
    help="programs of the Python Package Index",
    synonyms=("pip", "python"),
    prefix="/opt/nipsys/pypi",
    purl="pypi",
    formats=("wheel",),
    version_order="PEP 440",
    complete=False,
    interpreter="python",
    host=HostNeeds(
        texts=(HostText("/etc/pip.conf"), HostText("~/.pip/pip.conf"), HostText("~/.config/pip/pip.conf")),
        variables=("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
        registries=(
            DefaultRegistry("pip", "pip/_internal/models/index.py", _INDEX),
            DefaultRegistry("pip", "/usr/lib/python3/dist-packages/pip/_internal/models/index.py", _INDEX),
        ),
    ),
    programs=("python3",),
    settings={
        **COMMON_SETTINGS,
        **dict.fromkeys(("keyring", "key"), "refused: the index is not signed"),
        "signatures": "`none`, which every plan mentions; `required` is refused, as the index is not signed",
        "python": "what runs the programs: a package of the profile (`debian:python3.11`, `pacman:python=3.13`), or `3.11`: any on PATH",
        "glibc": "oldest glibc the programs must run with, `2.28` when not given; wheels that need a newer one are ignored",
        "libc": "`glibc` or `musl`",
        "versions": "how many of the newest versions of each requirement are considered, `6` when not given",
        "prereleases": "`true` treats pre-releases like any other version",
    },
)
