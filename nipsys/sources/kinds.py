"""The kinds of sources: every package in this folder that declares traits is one. It is imported when it is asked for.

A kind is one folder with a face (``TRAITS``, ``open_source``); nothing else lists it. The folder may also be in another directory of
``nipsys.sources.__path__``, or in a zip file: the import system finds it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from importlib import import_module
from operator import or_

from nipsys.model import HostFacts, HostNeeds, Problem, Rejected
from nipsys.model.system import SourceSpec, Traits
from nipsys.sources.port import Source

_HERE = __name__.rpartition(".")[0]


class Kinds(Mapping[str, Traits]):
    """Kind to traits. A look-up imports one face; only iterating, which is in alphabetical order, looks for all of them."""

    def __getitem__(self, kind: str) -> Traits:
        """Return the traits of a kind; ``KeyError`` when there is none of that name."""
        folder = f"{_HERE}.{kind}"
        if not kind.isidentifier():
            raise KeyError(kind)
        try:
            traits: Traits = import_module(f"{folder}.traits").TRAITS
        except ModuleNotFoundError as error:
            if error.name in {folder, f"{folder}.traits"}:
                raise KeyError(kind) from None
            raise
        return traits

    def __iter__(self) -> Iterator[str]:
        from pkgutil import iter_modules  # noqa: PLC0415 - only where all kinds are listed

        found = iter_modules(import_module(_HERE).__path__)
        return iter(sorted(module.name for module in found if module.ispkg and module.name in self))

    def __len__(self) -> int:
        return sum(1 for _ in self)


KINDS = Kinds()


def traits_of(kind: str) -> Traits:
    """Return the traits of a kind; the usual ones for a kind that this version does not know, as in the lock of another version."""
    return KINDS.get(kind, Traits())


def host_needs_of(kinds: Iterable[str]) -> HostNeeds:
    """Return what sources of these kinds need to know about the host, all together."""
    return reduce(or_, (traits_of(kind).host for kind in kinds), HostNeeds())


def find_host_source(host: HostFacts) -> SourceSpec | None:
    """Return the source that the host gets its own packages from; ``None`` when it is of no known kind."""
    finders = (traits.find_host_source for traits in KINDS.values())
    return next((spec for find in finders if find is not None and (spec := find(host)) is not None), None)


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> Source:
    """Open the source a profile names; ``Rejected`` (kind ``profile``) for an unknown kind or invalid settings."""
    if spec.kind not in KINDS:
        hint = "use one of " + ", ".join(f"`{kind}`" for kind in KINDS)
        raise Rejected((Problem("unknown-source-kind", f"unknown kind of source `{spec.kind}`", spec.span, hint=hint),), "profile")
    try:
        opened: Callable[[SourceSpec, HostFacts, str], Source] = import_module(f"{_HERE}.{spec.kind}").open_source
        return opened(spec, host, now)
    except ModuleNotFoundError as error:
        message = f"the source `{spec.name}` needs the Python module `{error.name}`"
        hint = "install nipsys with its `sources` extra: `pip install 'nipsys[sources]'`"
        raise Rejected((Problem("missing-module", message, spec.span, hint=hint),), "host") from error
