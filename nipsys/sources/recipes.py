"""The project's own recipes as a source: what can be built, with every choice of flags as a candidate of its own.

``source "recipes" path="../recipes"``: the directory holds recipe files and ``index.json``, which `nipsys bootstrap recipes --write-index`
makes of them. The index is what is read here; a recipe itself is read by the room that builds it. A locked recipe names the digest of
itself and of every recipe below it, so that a changed recipe is a changed lock.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, BinaryIO

from nipsys.model.container import Container
from nipsys.model.digest import blake3_of, canonical, digest_of
from nipsys.model.frozen import Frozen
from nipsys.model.host import HostFacts
from nipsys.model.lock import LockedPackage
from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.profile import SourceSpec
from nipsys.model.record import Atom, Clause, Provide, Record, Snapshot
from nipsys.model.resource import Resource
from nipsys.sources.mirrors import beside, unknown_settings
from nipsys.sources.source import Page
from nipsys.versions import debian

SETTINGS = {"path": "directory of recipes with its index.json, beside the profile"}
_LIMIT = 16 << 20
_MOST = 64
"""A recipe with more combinations of flags than this is offered with its default flags alone."""
_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]*").fullmatch


def open_(spec: SourceSpec, host: HostFacts, now: str) -> "Recipes":
    """Take a directory of recipes; ``Rejected`` (kind ``profile``) when the profile names none."""
    del now
    problems = unknown_settings(spec, SETTINGS)
    path = str(spec.get("path", ""))
    if not path:
        message = f"the source `{spec.name}` names no directory of recipes"
        problems.append(Problem("no-path", message, spec.span, hint='add `path="recipes"`'))
    if problems:
        raise Rejected(problems, "profile")
    return Recipes(spec, beside(path, spec, host), host.arch)


class Recipes(Frozen):
    """A directory of recipes."""

    spec: SourceSpec
    path: str
    arch: str

    complete = True

    @property
    def dialect(self) -> "RecipeDialect":
        """Versions as Debian orders them; a dependency is a recipe's name."""
        return RecipeDialect()

    def ask(self, names: tuple[str, ...] = ()) -> tuple[Resource, ...]:
        """Ask for the index."""
        del names
        return (Resource("index", (f"file://{self.path}/index.json",), _LIMIT),)

    def read(self, resource: Resource, body: BinaryIO | None) -> Page:
        """Give a record for every recipe that this machine can use, and every choice of its flags."""
        del resource
        text = body.read() if body else b""
        try:
            rows = json.loads(text)["recipes"]
            records = tuple(record for row in rows if row["arch"] in {self.arch, ""} for record in _records(row))
        except (ValueError, KeyError, TypeError) as error:
            raise reject("source", "bad-index", f"`{self.path}/index.json` is no index of recipes: {error}") from None
        return Page(records, snapshot=Snapshot(self.spec.name, digest_of(text, "sha256")))

    def artifact(self, package: Record | LockedPackage) -> Resource:
        """Refuse: a recipe is built, there is nothing to fetch."""
        raise reject("bug", "recipe-not-built", f"`{package.name}` is built from its recipe, there is nothing to fetch")

    def container(self, package: Record | LockedPackage) -> Container:
        """Refuse: a recipe is built, there is no artifact to open."""
        raise reject("bug", "recipe-not-built", f"`{package.name}` is built from its recipe, there is nothing to open")


def _records(row: Mapping[str, Any]) -> Iterator[Record]:
    axes: Mapping[str, list[str]] = row["axes"]
    choices = list(product(*([(name, value) for value in values] for name, values in sorted(axes.items()))))
    if len(choices) > _MOST:
        choices = [tuple((name, values[0]) for name, values in sorted(axes.items()))]
    for choice in choices:
        flags = tuple(_flag(name, value) for name, value in choice)
        # What was built already by the tool of another world is known by the variant hash it was built under.
        variant = row.get("variant") or blake3_of(canonical([row["name"], row["version"], row["closure"], list(flags)]))
        yield Record(
            name=row["name"],
            version=row["version"],
            arch=row["arch"],
            needs=tuple(row["needs"]),
            format="recipe",
            summary=row["summary"],
            flags=flags,
            facts=(("closure", row["closure"]), ("recipe", row["path"]), ("variant", variant)),
        )


def _flag(name: str, value: str) -> str:
    return {"on": f"+{name}", "off": f"-{name}"}.get(value, f"{name}={value}")


class RecipeDialect:
    """How recipes name versions and each other."""

    name = "recipes"

    def key(self, version: str) -> bytes:
        """Give bytes that sort as versions do."""
        return debian.key(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Tell whether a version fits."""
        return not atom.relation or (bool(version) and debian.satisfies(version, atom.relation, atom.version))

    def clause(self, text: str) -> Clause:
        """Read a recipe's name with the flags asked of it: ``dropbear libc=musl``."""
        name, *flags = text.split()
        return (Atom(self.provide(name).name, flags=tuple(flags)),)

    def provide(self, text: str) -> Provide:
        """Read a name."""
        if not _NAME(text.strip()):
            raise ValueError(f"`{text}` is no name of a recipe")
        return Provide(text.strip())
