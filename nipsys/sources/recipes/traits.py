"""Traits of the project's own recipes."""

from nipsys.model import HostNeeds
from nipsys.model.system import UNBOUND, Traits
from nipsys.sources.common import APT_TEXTS

TRAITS = Traits(
    help="the project's own recipes, built from source",
    synonyms=("recipe",),
    libc=UNBOUND,
    version_order="dpkg",
    built=True,
    host=HostNeeds(texts=APT_TEXTS),
    settings={
        "path": "directory of recipes with its index.json, relative to the profile",
        "prefix": "the directory of its programs when they use this machine's own /usr: for what was built with this machine's tools",
        "build": "the machine that builds, `x86_64` when not given: the tools of a recipe must run on it",
    },
)
