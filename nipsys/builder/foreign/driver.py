"""The port every foreign tool stands behind, and what a build by it is known by."""

from typing import Protocol

from nipsys.builder.output.failure import wants_network
from nipsys.builder.sandbox.job import Circumstances, last_lines
from nipsys.model.digest import Digest, blake3_of, canonical
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Problem, Rejected
from nipsys.model.system.profile import Flag
from nipsys.model.value import Frozen


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
    needs: tuple[str, ...] = ()
    """Directories in the store of what was built for this one before."""
    provided: tuple[str, ...] = ()
    """What this machine itself gives, as category/name-version."""
    engine: str = ""
    """Path of Podman or Docker when the tool shall work in a container."""
    circumstances: Circumstances = Circumstances()

    def on(self) -> tuple[str, ...]:
        """Name the flags that are wanted."""
        return tuple(flag.name for flag in self.flags if flag.value == "on")

    def off(self) -> tuple[str, ...]:
        """Name the flags that are not wanted."""
        return tuple(flag.name for flag in self.flags if flag.value == "off")


class Need(Frozen):
    """A package of the same repository that has to be built first."""

    package: str
    flags: tuple[Flag, ...] = ()
    runs: bool = False
    """The result needs it to run; else only its build does."""


class Recipe(Frozen):
    """What a tool knows of a package before it is built."""

    name: str
    version: str
    identity: tuple[tuple[str, str], ...]
    """What decides the result: digests of the recipe's files and its sources, versions of tool and compiler."""
    needs: tuple[Need, ...] = ()
    sources: tuple[Resource, ...] = ()
    """What has to be fetched for it, each with its digest; the role is the name of the file."""


class Image(Frozen):
    """What a tool made."""

    path: str
    """The directory that stands for the wish's prefix."""
    missing: tuple[str, ...] = ()
    """Isolation that the host did not give."""
    seconds: float = 0.0
    clock: int = 0


class Driver(Protocol):
    """One foreign tool."""

    name: str
    """``gentoo``, ``pkgsrc`` or ``nix``."""

    def look(self, wish: Wish) -> Recipe:
        """Find the package and check its flags; ``Rejected`` (kind ``request``) when there is none or they cannot be."""

    def build(self, wish: Wish, recipe: Recipe, log: str) -> Image:
        """Build it from the files that ``distfiles`` of the work directory holds. ``Rejected`` (kind ``build``) when it fails."""


def distfiles(wish: Wish) -> str:
    """Return the directory that takes the fetched sources."""
    return f"{wish.work}/build/distfiles"


def broken(tool: str, wish: Wish, recipe: Recipe, log: str) -> Rejected:
    """Tell that a tool could not build: the last lines of its log, and where its work is."""
    lines = last_lines(log)
    notes = ("the last lines of the log:", *(f"    {line}" for line in lines), f"log: {log}", f"work directory kept: {wish.work}")
    code, hint = "build-step-failed", None
    if wants_network("\n".join(lines)):
        code, hint = "build-network", "a build has no network: the package must name what it downloads, with digests, as its sources"
    return Rejected((Problem(code, f"{tool} could not build `{recipe.name}` {recipe.version}", None, notes, hint),), "build")


def variant_key(source: str, recipe: Recipe, flags: tuple[Flag, ...], arch: str, below: tuple[Digest, ...] = ()) -> Digest:
    """Return the variant hash: what names the tree, so that its path is known before it is built; ``below`` are those of its needs."""
    settled = sorted((flag.name, flag.value) for flag in flags)
    sources = sorted([resource.role, resource.digest or ""] for resource in recipe.sources)
    identity = [source, recipe.name, recipe.version, arch, settled, sorted(recipe.identity), sources, sorted(below)]
    return blake3_of(canonical([2, *identity]))
