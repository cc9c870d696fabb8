"""The kinds of sources: a literal table, and the module of a kind is imported when a profile asks for it."""

from importlib import import_module
from typing import cast

from nipsys.model.host import HostFacts
from nipsys.model.problem import Problem, Rejected
from nipsys.model.profile import SourceSpec
from nipsys.sources.source import Source

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
    """Open the source a profile names; ``Rejected`` (kind ``profile``) for an unknown kind or settings that cannot be taken."""
    if spec.kind not in KINDS:
        known = ", ".join(f"`{kind}`" for kind in KINDS)
        raise Rejected(
            (Problem("unknown-source-kind", f"no source is of the kind `{spec.kind}`", spec.span, hint=f"take one of {known}"),), "profile"
        )
    try:
        module = import_module(f"nipsys.sources.{spec.kind}")
    except ModuleNotFoundError as error:
        if error.name != f"nipsys.sources.{spec.kind}":
            missing = Problem(
                "missing-module",
                f"the source `{spec.name}` needs the Python module `{error.name}`",
                spec.span,
                hint="install nipsys with its `sources` extra: `pip install 'nipsys[sources]'`",
            )
            raise Rejected((missing,), "host") from error
        raise Rejected(
            (Problem("unknown-source-kind", f"this nipsys carries no source of the kind `{spec.kind}`", spec.span),), "profile"
        ) from error
    return cast("Source", module.open_(spec, host, now))
