"""Which foreign tool builds a package: the source that is asked for, or the first one available, with its tool and repository."""

import os

from nipsys.app.source_builds.tools import find_tool_home
from nipsys.builder.foreign import Bmake, Driver, Nix, Portage
from nipsys.model import Frozen, reject

AUTO_ORDER = ("nix", "pkgsrc", "gentoo")
"""The order in which ``auto`` tries the sources."""
TOOL_OF_SOURCE = {"gentoo": "portage", "pkgsrc": "pkgsrc", "nix": "nix"}
"""Source to the name of its tool in `nipsys bootstrap`."""
_REPOSITORIES = {"gentoo": "NIPSYS_GENTOO_REPOSITORY", "pkgsrc": "NIPSYS_PKGSRC", "nix": "NIPSYS_NIXPKGS"}


class ForeignRequest(Frozen):
    """What a foreign tool is asked to build."""

    source: str
    """``gentoo``, ``pkgsrc``, ``nix``, or ``auto``: the first whose tool and repository are available."""
    package: str
    flags: tuple[str, ...]
    """In nipsys's notation, such as ``+python``."""
    repository: str | None = None


def choose_source(root: str, order: ForeignRequest) -> str:
    """Resolve ``auto`` to the first source whose tool and repository are available."""
    if order.source != "auto":
        return order.source
    here = (
        name
        for name in AUTO_ORDER
        if find_tool_home(root, TOOL_OF_SOURCE[name]) and os.path.exists(repository_path(root, name, order.repository))
    )
    return next(here, "gentoo")


def tool_of(root: str, order: ForeignRequest) -> str:
    """Return the name of the tool that builds an order."""
    return TOOL_OF_SOURCE[choose_source(root, order)]


def list_other_sources(root: str, order: ForeignRequest) -> tuple[str, ...]:
    """Return the other sources whose tools are available."""
    return tuple(name for name in AUTO_ORDER if name != choose_source(root, order) and find_tool_home(root, TOOL_OF_SOURCE[name]))


def open_driver(root: str, source: str) -> Driver:
    """Return the driver of ``source``. Raise ``Rejected`` (kind ``host``), with ways to install its tool, when the tool is missing."""
    tool = TOOL_OF_SOURCE[source]
    home = find_tool_home(root, tool)
    if home is None:
        hint = (
            f"run `nipsys bootstrap install {tool}` (by hand: `nipsys bootstrap info {tool}`), or pass `--container` or another `--source`"
        )
        raise reject("host", "tool-missing", f"`{source}` builds need `{tool}`, which is not installed", hint=hint)
    if source == "gentoo":
        return Portage(home)
    return Bmake(home) if source == "pkgsrc" else Nix(home, f"{root}/tools/nix-root")


def repository_path(root: str, source: str, given: str | None) -> str:
    """Return the path of the ebuild repository, pkgsrc tree or Nix expression: ``given``, else from the environment, else the root's."""
    return os.path.abspath(given or os.environ.get(_REPOSITORIES[source]) or f"{root}/repositories/{source}")
