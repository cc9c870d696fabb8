"""The port every foreign tool stands behind, and what a build by it is known by."""

from typing import Protocol

from nipsys.build.sandbox import last_lines
from nipsys.model.digest import Digest, blake3_of, canonical
from nipsys.model.frozen import Frozen
from nipsys.model.problem import Problem, Rejected
from nipsys.model.profile import Flag


class Wish(Frozen):
    """One package to be built by a foreign tool."""

    package: str
    """In the tool's own words: ``app-misc/hello``, ``hello``."""
    flags: tuple[Flag, ...]
    """Under the tool's own names."""
    repository: str
    """Directory of ebuilds, pkgsrc tree or Nix expression."""
    prefix: str
    """The path in the store where the result will stand: programs are built for it."""
    work: str
    """A directory of this build alone."""
    jobs: int = 1

    def on(self) -> tuple[str, ...]:
        """Name the flags that are wanted."""
        return tuple(flag.name for flag in self.flags if flag.value == "on")

    def off(self) -> tuple[str, ...]:
        """Name the flags that are not wanted."""
        return tuple(flag.name for flag in self.flags if flag.value == "off")


class Recipe(Frozen):
    """What a tool knows of a package before it is built."""

    name: str
    version: str
    identity: tuple[tuple[str, str], ...]
    """What decides the result: digests of the recipe's files and its sources, versions of tool and compiler."""


class Driver(Protocol):
    """One foreign tool."""

    name: str
    """``gentoo``, ``pkgsrc`` or ``nix``."""

    def look(self, wish: Wish) -> Recipe:
        """Find the package and check its flags; ``Rejected`` (kind ``request``) when there is none or they cannot be."""

    def build(self, wish: Wish, recipe: Recipe, log: str) -> str:
        """Build it; give the directory that stands for ``wish.prefix``. ``Rejected`` (kind ``build``) when it fails."""


def broken(tool: str, wish: Wish, recipe: Recipe, log: str) -> Rejected:
    """Tell that a tool could not build: the last lines of its log, and where its work is."""
    lines = [f"    {line}" for line in last_lines(log)]
    notes = ("the last lines of the log:", *lines, f"log: {log}", f"work directory kept: {wish.work}")
    return Rejected((Problem("build-step-failed", f"{tool} could not build `{recipe.name}` {recipe.version}", None, notes),), "build")


def variant_key(source: str, recipe: Recipe, flags: tuple[Flag, ...], arch: str) -> Digest:
    """Give the variant hash: what names the tree, so that its path is known before it is built."""
    settled = sorted((flag.name, flag.value) for flag in flags)
    return blake3_of(canonical([1, source, recipe.name, recipe.version, arch, settled, sorted(recipe.identity)]))
