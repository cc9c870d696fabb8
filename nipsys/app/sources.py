"""What can be a source, and how the sources of this root stand."""

import os
from importlib import import_module
from typing import NamedTuple

from nipsys.app.site import Site, machine
from nipsys.effects.files import read_bytes, replace
from nipsys.effects.host import host_facts
from nipsys.model.problem import reject
from nipsys.sources.table import KINDS


class KindFacts(NamedTuple):
    """One kind of source."""

    kind: str
    help: str
    settings: dict[str, str]
    """What a profile may set, with a line of help each."""
    missing: tuple[str, ...]
    """Tools that its builds or signatures need and this host lacks."""


class Synced(NamedTuple):
    """One source of this root as it was seen last."""

    name: str
    kind: str
    date: str
    digest: str
    packages: int
    size: int
    """Bytes of its index."""


_TOOLS = {"debian": ("gpgv",), "pacman": ("gpgv",), "gentoo": ("emerge",), "nix": ("nix",), "pkgsrc": ("bmake",)}
"""What signatures (gpgv) and builds from source need; reading packages needs nothing else."""


def kinds() -> tuple[KindFacts, ...]:
    """Describe every kind."""
    tools = host_facts(machine()).tools
    return tuple(
        KindFacts(kind, told, _settings(kind), tuple(tool for tool in _TOOLS.get(kind, ()) if tool not in tools))
        for kind, told in KINDS.items()
    )


def synced(site: Site) -> tuple[Synced, ...]:
    """Describe every source that was synced here."""
    from nipsys.app.worlds import mapped  # noqa: PLC0415 - only when something was synced

    try:
        names = sorted(name for name in os.listdir(site.layout.indexes) if os.path.exists(f"{site.layout.indexes}/{name}/universe"))
    except FileNotFoundError:
        return ()
    rows = []
    for name in names:
        index = mapped(site, name)
        facts = index.snapshot
        size = os.path.getsize(f"{site.layout.indexes}/{name}/universe")
        rows.append(Synced(name, index.dialect, facts.date, facts.digest, index.size, size))
    return tuple(rows)


def index_nix(site: Site, path: str, cache: str, output: str) -> int:
    """Write the name index of a ``nix`` source from an evaluator's JSON or a list of store paths; gives how many names it holds."""
    from nipsys.sources.nix_index import from_evaluator, from_store_paths, write_index  # noqa: PLC0415 - only here

    try:
        text = read_bytes(path)
        system = f"{machine()}-linux"
        rows = tuple(from_evaluator(text, system, cache) if text.lstrip().startswith(b"{") else from_store_paths(text, cache))
        replace(output, write_index(rows, system, site.clock.now()[:10]))
    except OSError as error:
        raise reject(
            "host", "index-not-written", f"cannot write `{output}` from `{path}`: {(error.strerror or str(error)).lower()}"
        ) from error
    return len(rows)


def _settings(kind: str) -> dict[str, str]:
    try:
        module = import_module(f"nipsys.sources.{kind}")
    except ImportError:
        return {}
    found: dict[str, str] = getattr(module, "SETTINGS", {})
    return dict(found)
