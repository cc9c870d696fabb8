"""The project's own recipes as a source: what can be built, with every combination of flags as a separate candidate.

``source "recipes" path="../recipes"``: the directory has recipe files and ``index.json``, which `nipsys bootstrap recipes --write-index`
makes from them. Only the index is read here; ``nipsys.builder`` reads the recipes. A locked recipe has the digest of itself and of all
its dependencies, so that a changed recipe changes the lock.

A build involves two machines: its tools run on the build machine, its libraries are for the host machine, on which the result runs. So
every recipe is also offered as an input, named with the machine its result runs on, ``gcc:x86_64``: the same recipe for two machines is
two candidates, and a tool that only exists for the wrong machine is a conflict, reported before anything is built.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, BinaryIO, NamedTuple

from nipsys.model import Frozen, HostFacts, Problem, Rejected, blake3_of, digest_of, reject, to_canonical_json
from nipsys.model.package import Atom, Clause, Dialect, PackageRecord, Provide, Resource, Snapshot, UnpackSpec
from nipsys.model.system import LockedPackage, SourceSpec
from nipsys.sources.common import find_unknown_settings, resolve_path
from nipsys.sources.port import Page
from nipsys.sources.recipes.traits import TRAITS
from nipsys.versions import debian

_BUILD = "x86_64"
_LIMIT = 16 << 20
_CHOICE_LIMIT = 64
"""A recipe with more combinations of flags than this is offered with its default flags only."""
_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]*(?::[a-z0-9_]+)?").fullmatch


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> "Recipes":
    """Open a directory of recipes; ``Rejected`` (kind ``profile``) for invalid settings or no directory."""
    del now
    problems = find_unknown_settings(spec, TRAITS.settings)
    path = str(spec.get("path", ""))
    if not path:
        message = f"the source `{spec.name}` has no `path`"
        problems.append(Problem("missing-setting", message, spec.span, hint='add `path="recipes"`'))
    if problems:
        raise Rejected(problems, "profile")
    return Recipes(spec, resolve_path(path, spec, host), host.arch, str(spec.get("build") or _BUILD))


class Recipes(Frozen):
    """A directory of recipes."""

    spec: SourceSpec
    path: str
    arch: str
    """The machine the results are for."""
    build: str = _BUILD
    """The machine the tools run on."""

    complete = TRAITS.complete

    @property
    def dialect(self) -> "RecipeDialect":
        """Return how versions (ordered like Debian's) and dependencies (names of recipes) are read."""
        return RecipeDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Request the index."""
        del names
        return (Resource("index", (f"file://{self.path}/index.json",), _LIMIT),)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Return a record for every recipe that this machine can use, and every combination of its flags."""
        del resource
        text = body.read() if body else b""
        try:
            rows = json.loads(text)["recipes"]
            records = tuple(self._build_records(rows))
        except (ValueError, KeyError, TypeError) as error:
            raise reject("source", "bad-index", f"`{self.path}/index.json` is not an index of recipes: {error}") from None
        return Page(records, snapshot=Snapshot(self.spec.name, digest_of(text, "sha256")))

    def _build_records(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[PackageRecord]:
        """Yield the recipes for the profile's machine, and all recipes as inputs for the machines they run on."""
        libcs = {row["name"] for row in rows if row.get("libc") or "libc" in row["axes"]}
        for row in rows:
            if row["arch"] in {self.arch, ""}:
                yield from _iter_records(row, "", _Machines(row["arch"] or self.arch, self.build, libcs))
            for arch in dict.fromkeys([row["arch"]] if row["arch"] else [self.build, self.arch]):
                yield from _iter_records(row, arch, _Machines(arch, self.build, libcs))

    def artifact(self, package: PackageRecord | LockedPackage) -> Resource:
        """Raise: a recipe is built, not fetched."""
        raise reject("bug", "recipe-not-built", f"`{package.name}` is built from its recipe, not fetched")

    def container(self, package: PackageRecord | LockedPackage) -> UnpackSpec:
        """Raise: a recipe is built, not unpacked."""
        raise reject("bug", "recipe-not-built", f"`{package.name}` is built from its recipe, not unpacked")


class _Machines(NamedTuple):
    """The machines of one build."""

    host: str
    """The result and the libraries it links to are for it."""
    build: str
    """The tools run on it."""
    libc_bound: Collection[str]
    """Recipes whose result is bound to a C library."""


def _iter_records(row: Mapping[str, Any], domain: str, domains: _Machines) -> Iterator[PackageRecord]:
    """Yield a record for every combination of a recipe's flags: as itself, or as an input for the machine ``domain``."""
    axes: Mapping[str, list[str]] = row["axes"]
    choices = list(product(*([(name, value) for value in values] for name, values in sorted(axes.items()))))
    if len(choices) > _CHOICE_LIMIT:
        choices = [tuple((name, values[0]) for name, values in sorted(axes.items()))]
    for choice in choices:
        flags = tuple(_spell_flag(name, value) for name, value in choice)
        # A package built earlier by a foreign tool keeps the variant hash it was built under.
        variant = row.get("variant") or blake3_of(to_canonical_json([row["name"], row["version"], row["closure"], list(flags)]))
        libc = dict(choice).get("libc") or row.get("libc", "")
        facts = (("closure", row["closure"]), ("libc", libc), ("recipe", row["path"]), ("variant", variant))
        yield PackageRecord(
            name=f"{row['name']}:{domain}" if domain else row["name"],
            version=row["version"],
            arch=domain or row["arch"],
            depends=(*(_for_machine(need, domain) for need in row["needs"]), *_iter_inputs(row, domains, libc)),
            format="recipe",
            summary=row["summary"],
            flags=(*flags, f"libc={libc}") if domain and libc and "libc" not in axes else flags,
            facts=tuple(fact for fact in facts if fact[1]),
        )


def _iter_inputs(row: Mapping[str, Any], domains: _Machines, libc: str) -> Iterator[str]:
    """Yield the inputs of a build: tools for the build machine, libraries for the host machine, bound to its C library."""
    for tool in row.get("tools", ()):
        yield _for_machine(tool, domains.build)
    for library in row.get("libraries", ()):
        name = library.split(" ", 1)[0]
        bound = f" libc={libc}" if libc and name in domains.libc_bound and " libc=" not in library else ""
        yield _for_machine(library, domains.host) + bound


def _for_machine(need: str, machine: str) -> str:
    """Write a dependency as an input for a machine; unchanged, as a run-time dependency, when ``machine`` is empty."""
    name, space, flags = need.partition(" ")
    return f"{name}:{machine}{space}{flags}" if machine else need


def _spell_flag(name: str, value: str) -> str:
    return {"on": f"+{name}", "off": f"-{name}"}.get(value, f"{name}={value}")


class RecipeDialect(Dialect):
    """Versions of recipes, and how they name each other."""

    name = "recipes"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as versions do."""
        return debian.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches."""
        return not atom.relation or (bool(version) and debian.satisfies(version, atom.relation, atom.version))

    def parse_clause(self, text: str) -> Clause:
        """Read a recipe's name with the requested flags: ``dropbear libc=musl``; as an input for a machine, ``gcc:x86_64``."""
        name, *flags = text.split()
        return (Atom(self.parse_provide(name).name, flags=tuple(flags)),)

    def parse_provide(self, text: str) -> Provide:
        """Read a name."""
        if not _NAME(text.strip()):
            raise ValueError(f"`{text}` is not the name of a recipe")
        return Provide(text.strip())

    def is_build_input(self, name: str) -> bool:
        """Return whether a name is only an input of builds, which is never part of a closure."""
        return ":" in name

    def siblings_prefix(self, text: str) -> str:
        """Return what the names of a recipe's inputs for all machines begin with: ``gcc:``."""
        return text.split(" ", 1)[0].partition(":")[0] + ":"

    def describe(self, text: str) -> str:
        """Return a dependency in words, for messages."""
        name, *flags = text.split()
        plain, _, machine = name.partition(":")
        bound = [flag.removeprefix("libc=") for flag in flags if flag.startswith("libc=")]
        rest = [flag for flag in flags if not flag.startswith("libc=")]
        words = [f"`{' '.join((plain, *rest))}`", *([f"for {machine}"] if machine else []), *(f"bound to {libc}" for libc in bound)]
        return " ".join(words)
