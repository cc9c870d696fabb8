"""Which foreign tool builds a package: the source that is asked for, or the first one available, with its tool and repository."""

import os

from nipsys.app.source_builds.tools import find_tool_home
from nipsys.builder.foreign import AUTO_ORDER, Driver, build_tool_of
from nipsys.model import Frozen, reject


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
        if find_tool_home(root, build_tool_of(name).name) and os.path.exists(repository_path(root, name, order.repository))
    )
    return next(here, AUTO_ORDER[-1])


def tool_of(root: str, order: ForeignRequest) -> str:
    """Return the name of the tool that builds an order."""
    return build_tool_of(choose_source(root, order)).name


def list_other_sources(root: str, order: ForeignRequest) -> tuple[str, ...]:
    """Return the other sources whose tools are available."""
    return tuple(name for name in AUTO_ORDER if name != choose_source(root, order) and find_tool_home(root, build_tool_of(name).name))


def open_driver(root: str, source: str) -> Driver:
    """Return the driver of ``source``. Raise ``Rejected`` (kind ``host``), with ways to install its tool, when the tool is missing."""
    tool = build_tool_of(source)
    home = find_tool_home(root, tool.name)
    if home is None:
        hint = (
            f"run `nipsys bootstrap install {tool.name}` (by hand: `nipsys bootstrap info {tool.name}`), "
            "or pass `--container` or another `--source`"
        )
        raise reject("host", "tool-missing", f"`{source}` builds need `{tool.name}`, which is not installed", hint=hint)
    return tool.open(home, f"{root}/tools/{tool.name}-root")


def repository_path(root: str, source: str, given: str | None) -> str:
    """Return the path of the ebuild repository, pkgsrc tree or Nix expression: ``given``, else from the environment, else the root's."""
    return os.path.abspath(given or os.environ.get(build_tool_of(source).repository_variable) or f"{root}/repositories/{source}")
