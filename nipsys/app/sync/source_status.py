"""The kinds of sources, and the state of the sources of this root."""

import os
import shutil
from typing import NamedTuple

from nipsys.app.context import Context, detect_arch
from nipsys.effects import read_bytes, replace_file
from nipsys.model import reject
from nipsys.sources import KINDS, traits_of


class KindInfo(NamedTuple):
    """One kind of source."""

    kind: str
    help: str
    settings: dict[str, str]
    """The settings a profile may use, each with a line of help."""
    missing: tuple[str, ...]
    """Tools that its signatures, builds or programs need and that are missing on this host."""
    version_order: str
    """Whose order of versions it follows."""
    formats: tuple[str, ...]
    """The formats of its artifacts; none when its packages are built from recipes."""


class SyncedSource(NamedTuple):
    """One source of this root as of its last sync."""

    name: str
    kind: str
    date: str
    digest: str
    packages: int
    size: int
    """Size of its index in bytes."""
    stale: bool
    """The index is damaged or written by another version; the next sync rebuilds it."""


def list_kinds() -> tuple[KindInfo, ...]:
    """Describe every kind."""
    return tuple(
        KindInfo(
            kind,
            traits.help,
            dict(traits.settings),
            tuple(name for name in traits.programs if not shutil.which(name)),
            traits.version_order,
            traits.formats,
        )
        for kind, traits in KINDS.items()
    )


def list_synced(context: Context) -> tuple[SyncedSource, ...]:
    """Describe every source that was synced in this root."""
    from nipsys.app.sync.worlds import try_map_index, universe_path  # noqa: PLC0415 - only when something was synced

    try:
        names = sorted(name for name in os.listdir(context.layout.indexes) if os.path.exists(universe_path(context, name)))
    except FileNotFoundError:
        return ()
    rows = []
    for name in names:
        index, size = try_map_index(universe_path(context, name)), os.path.getsize(universe_path(context, name))
        if index is None:
            rows.append(SyncedSource(name, "", "", "", 0, size, stale=True))
        else:
            rows.append(SyncedSource(name, index.dialect, index.snapshot.date, index.snapshot.digest, index.size, size, stale=False))
    return tuple(rows)


def index_names(context: Context, kind: str, path: str, cache: str, output: str) -> int:
    """Write the name index that a source of this kind needs to ``output``, and return the number of names in it.

    ``path`` is a listing as the kind reads it, or an expression (``.nix``, or a directory) that the host's nix evaluates to one.
    """
    make_index = traits_of(kind).index_names
    if make_index is None:
        able = ", ".join(f"`{name}`" for name, traits in KINDS.items() if traits.index_names is not None)
        raise reject("request", "usage", f"a source of kind `{kind}` needs no name index", hint=f"kinds that need one: {able}")
    try:
        listing = _evaluate(context, path) if path.endswith(".nix") or os.path.isdir(path) else read_bytes(path)
        index, count = make_index(listing, cache, detect_arch(), context.clock.now())
        replace_file(output, index)
    except ValueError as error:
        hint = "pass the output of `nix-env -qaP --json --out-path`, a list of store paths, or an expression"
        raise reject("request", "bad-index", f"`{path}` cannot be read: {error}", hint=hint) from error
    except OSError as error:
        raise reject("host", "not-writable", f"cannot write `{output}` from `{path}`: {(error.strerror or str(error)).lower()}") from error
    return count


def _evaluate(context: Context, path: str) -> bytes:
    """Evaluate an expression with the host's nix, in a separate store below the root's cache: ``/nix`` is never created."""
    from nipsys.effects import run  # noqa: PLC0415 - only where an expression is given

    home = os.path.abspath(f"{context.layout.root}/cache/nix")
    os.makedirs(home, exist_ok=True)
    environment = {**os.environ, "NIX_REMOTE": home, "HOME": home, "XDG_CACHE_HOME": home}
    argv = ("nix-env", "-f", os.path.abspath(path), "-qaP", "--json", "--out-path", "--meta")
    done = run(argv, env=environment, seconds=3600, apart=True)
    if done.code == 127:
        hint = "install nix, or pass the output of `nix-env -qaP --json --out-path` from another machine"
        raise reject("host", "missing-program", f"`{path}` must be evaluated, but `nix-env` is not installed", hint=hint)
    if done.code:
        raise reject("request", "not-evaluated", f"nix cannot evaluate `{path}`", *done.errors.splitlines()[-5:])
    return done.output.encode()
