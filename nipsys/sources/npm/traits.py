"""Traits of npm registries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nipsys.model import DefaultRegistry, HostNeeds, HostText
from nipsys.model.system import Traits
from nipsys.sources.common import COMMON_SETTINGS

if TYPE_CHECKING:
    from nipsys.model.system import LockedPackage, Tree


def _link_packages(packages: "Iterable[LockedPackage]") -> "Tree":
    from nipsys.sources.npm.node_modules import build_links  # noqa: PLC0415 - only when a view is composed

    return build_links(packages)


_REGISTRY_LINES = r"\s*(@[^:=\s]+:)?registry\s*="
"""Of a file that may hold passwords, only the lines that name a registry are read."""

TRAITS = Traits(
    help="programs of the npm registry",
    synonyms=("node",),
    prefix="/opt/nipsys/npm",
    purl="npm",
    formats=("npm",),
    version_order="Semantic Versioning",
    complete=False,
    interpreter="node",
    host=HostNeeds(
        texts=tuple(HostText(path, _REGISTRY_LINES) for path in ("/usr/etc/npmrc", "/etc/npmrc", "~/.npmrc")),
        variables=("NPM_CONFIG_REGISTRY", "npm_config_registry"),
        registries=tuple(
            DefaultRegistry("npm", f"{place}/@npmcli/config/lib/definitions/definitions.js", r"'registry', \{\s*default: '([^']+)'")
            for place in ("/usr/lib/node_modules/npm/node_modules", "/usr/local/lib/node_modules/npm/node_modules", "/usr/share/nodejs")
        ),
    ),
    programs=("node",),
    link_packages=_link_packages,
    settings={
        **COMMON_SETTINGS,
        "keyring": "paths or addresses of lists of keys: a registry's list is at `/-/npm/v1/keys`",
        "key": "trusted keys themselves, in base 64 as in such a list",
        "signatures": "`required` (every version by one of the keys; the default when keys are given), or `none`",
        "node": "what runs the programs: a package of the profile (`pacman:nodejs=22.1`) or a version; compatible versions are preferred",
        "libc": "`glibc` or `musl`",
        "versions": "how many of the newest versions of each range are considered, `2` when not given",
        "recommends": "`false` omits optional dependencies",
    },
)
