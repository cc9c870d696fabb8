"""The kinds of sources: a literal table. The module of a kind is imported when a profile uses it."""

from importlib import import_module
from typing import cast

from nipsys.model import HostFacts, Problem, Rejected
from nipsys.model.system import SourceSpec
from nipsys.sources.port import Source

KINDS: dict[str, str] = {
    "alpine": "musl packages of Alpine Linux",
    "debian": "Debian, its derivatives and any signed apt repository",
    "gentoo": "binary hosts of Gentoo",
    "nix": "binary caches of Nix",
    "npm": "programs of the npm registry",
    "pacman": "Arch Linux and its derivatives",
    "pkgsrc": "binary packages of pkgsrc",
    "pypi": "programs of the Python Package Index",
    "recipes": "the project's own recipes, built from source",
    "url": "single archives and static programs by address and digest",
}
"""Kind to one line of help; the module is ``nipsys.sources.<kind>``."""


def open_source(spec: SourceSpec, host: HostFacts, now: str) -> Source:
    """Open the source a profile names; ``Rejected`` (kind ``profile``) for an unknown kind or invalid settings."""
    if spec.kind not in KINDS:
        raise _unknown_kind(spec)
    name = f"nipsys.sources.{spec.kind}.source"
    try:
        module = import_module(name)
        return cast("Source", module.open_(spec, host, now))
    except ModuleNotFoundError as error:
        raise (_unknown_kind(spec) if error.name == name else _missing_module(spec, str(error.name))) from error


def _unknown_kind(spec: SourceSpec) -> Rejected:
    hint = "use one of " + ", ".join(f"`{kind}`" for kind in KINDS)
    return Rejected((Problem("unknown-source-kind", f"unknown kind of source `{spec.kind}`", spec.span, hint=hint),), "profile")


def _missing_module(spec: SourceSpec, module: str) -> Rejected:
    message = f"the source `{spec.name}` needs the Python module `{module}`"
    hint = "install nipsys with its `sources` extra: `pip install 'nipsys[sources]'`"
    return Rejected((Problem("missing-module", message, spec.span, hint=hint),), "host")
