"""The interface of every foreign tool, and the variant hash of its builds."""

from typing import Protocol

from nipsys.builder.output import is_network_failure
from nipsys.builder.sandbox import Variation, read_last_lines
from nipsys.model import Digest, Frozen, Problem, Rejected, blake3_of, to_canonical_json
from nipsys.model.package import Resource
from nipsys.model.system import Flag


class BuildRequest(Frozen):
    """One package to be built by a foreign tool."""

    package: str
    """As the tool names it: ``app-misc/hello``, ``hello``."""
    flags: tuple[Flag, ...]
    """With the tool's own flag names."""
    repository: str
    """Path of an ebuild repository, a pkgsrc tree or a Nix expression."""
    prefix: str
    """The path that the result will have in the store: programs are built for it."""
    work: str
    """A directory that only this build uses."""
    dependency_paths: tuple[str, ...] = ()
    """Directories in the store of the dependencies built before."""
    provided: tuple[str, ...] = ()
    """Packages that this machine itself provides, as category/name-version."""
    engine: str = ""
    """Path of Podman or Docker when the tool is to run in a container."""
    variation: Variation = Variation()

    def enabled_flags(self) -> tuple[str, ...]:
        """Return the names of the flags that are on."""
        return tuple(flag.name for flag in self.flags if flag.value == "on")

    def disabled_flags(self) -> tuple[str, ...]:
        """Return the names of the flags that are off."""
        return tuple(flag.name for flag in self.flags if flag.value == "off")


class BuildDependency(Frozen):
    """A package of the same repository that must be built first."""

    package: str
    flags: tuple[Flag, ...] = ()
    runtime: bool = False
    """Needed at run time; else only for the build."""


class ForeignRecipe(Frozen):
    """What a tool knows about a package before the build."""

    name: str
    version: str
    identity: tuple[tuple[str, str], ...]
    """What decides the result: digests of the recipe's files and the version of the compiler, or the digest of a derivation."""
    depends: tuple[BuildDependency, ...] = ()
    sources: tuple[Resource, ...] = ()
    """Files to fetch, each with its digest; the role is the file name."""


class BuiltImage(Frozen):
    """The result of a tool."""

    path: str
    """The directory whose content belongs at the requested prefix."""
    missing: tuple[str, ...] = ()
    """Namespaces that the host did not allow."""
    seconds: float = 0.0
    clock: int = 0


class Driver(Protocol):
    """One foreign tool."""

    name: str
    """``gentoo``, ``pkgsrc`` or ``nix``."""

    def find_recipe(self, request: BuildRequest) -> ForeignRecipe:
        """Find the package and check its flags; ``Rejected`` (kind ``request``) when it is missing or they are invalid."""

    def build(self, request: BuildRequest, recipe: ForeignRecipe, log: str) -> BuiltImage:
        """Build it from the fetched sources (``distfiles_path``), with the output in ``log``. ``Rejected`` (kind ``build``) on failure."""


def distfiles_path(request: BuildRequest) -> str:
    """Return the directory for the fetched sources."""
    return f"{request.work}/build/distfiles"


def describe_tool_failure(tool: str, request: BuildRequest, recipe: ForeignRecipe, log: str) -> Rejected:
    """Return the problem of a failed tool, with the last lines of its log and its work directory."""
    lines = read_last_lines(log)
    notes = ("the last lines of the log:", *(f"    {line}" for line in lines), f"log: {log}", f"work directory kept: {request.work}")
    code, hint = "build-step-failed", None
    if is_network_failure("\n".join(lines)):
        code, hint = "build-network", "a build has no network: the package must list what it downloads, with digests, as its sources"
    return Rejected((Problem(code, f"{tool} could not build `{recipe.name}` {recipe.version}", None, notes, hint),), "build")


def compute_variant_hash(source: str, recipe: ForeignRecipe, flags: tuple[Flag, ...], arch: str, below: tuple[Digest, ...] = ()) -> Digest:
    """Return the variant hash: it names the tree, so the path is known before the build. ``below`` are the hashes of its dependencies."""
    settled = sorted((flag.name, flag.value) for flag in flags)
    sources = sorted([resource.role, resource.digest or ""] for resource in recipe.sources)
    identity = [source, recipe.name, recipe.version, arch, settled, sorted(recipe.identity), sources, sorted(below)]
    return blake3_of(to_canonical_json([2, *identity]))
