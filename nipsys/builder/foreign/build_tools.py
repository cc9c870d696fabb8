"""The foreign build tools: which kind of source each builds for, how it is found and installed, and how its packages are named."""

from collections.abc import Callable

from nipsys.builder.foreign.driver import Driver
from nipsys.builder.foreign.gentoo import Portage
from nipsys.builder.foreign.nix import Nix, make_profile
from nipsys.builder.foreign.pkgsrc import Bmake
from nipsys.model import Frozen, HostFacts


class BuildTool(Frozen):
    """One build tool."""

    source: str
    """The kind of source whose packages it builds; `nipsys build --source` names it."""
    name: str
    """Its name in `nipsys bootstrap`."""
    summary: str
    program: str
    """Path below its home that exists when the tool is installed."""
    method: str
    """How it is installed: ``venv`` (its own Python environment), ``graft`` (its own small root) or ``tree`` (built from a user's tree)."""
    by_hand: tuple[str, ...]
    """The steps to install it without nipsys."""
    repository_variable: str
    """The environment variable that names its ebuild repository, pkgsrc tree or Nix expression."""
    open: Callable[[str, str], Driver]
    """Returns the driver of the tool at a home directory, with a directory for its own store."""
    categories: bool = True
    """Its packages are named with their category, which is also their directory in the repository."""
    host_provides: bool = False
    """Packages that this machine itself provides are passed to it."""
    make_profile: Callable[[HostFacts], str] | None = None
    """Returns the profile that is applied to the small root of a graft."""


def _open_portage(home: str, _: str) -> Driver:
    return Portage(home)


def _open_bmake(home: str, _: str) -> Driver:
    return Bmake(home)


BUILD_TOOLS: tuple[BuildTool, ...] = (
    BuildTool(
        "gentoo",
        "portage",
        "Gentoo's builder, in its own Python environment",
        "lib/portage/bin/ebuild",
        "venv",
        ("python3 -m venv DIR", "DIR/bin/pip install portage", "link DIR to R/tools/portage"),
        "NIPSYS_GENTOO_REPOSITORY",
        _open_portage,
        host_provides=True,
    ),
    BuildTool(
        "nix",
        "nix",
        "the Nix builder, from a source that packages it, with a store below the root",
        "bin/nix-build",
        "graft",
        ("apt-get install nix-bin, or install nix in another way", "put nix-build on PATH"),
        "NIPSYS_NIXPKGS",
        Nix,
        categories=False,
        make_profile=make_profile,
    ),
    BuildTool(
        "pkgsrc",
        "pkgsrc",
        "pkgsrc's bmake, bootstrapped from your pkgsrc tree (NIPSYS_PKGSRC)",
        "bin/bmake",
        "tree",
        (
            "get a pkgsrc tree",
            "apt-get install bmake, for a tree that needs no pkg_install",
            "or CFLAGS=-fcommon TREE/bootstrap/bootstrap --unprivileged --prefix=DIR",
            "link DIR to R/tools/pkgsrc",
        ),
        "NIPSYS_PKGSRC",
        _open_bmake,
    ),
)
AUTO_ORDER = ("nix", "pkgsrc", "gentoo")
"""The order in which ``auto`` tries the sources."""


def build_tool_of(source: str) -> BuildTool:
    """Return the tool that builds packages of a kind of source; ``KeyError`` when there is none."""
    return {tool.source: tool for tool in BUILD_TOOLS}[source]
