"""Environment variables that make the current generation available in a login session."""

from collections.abc import Mapping

from nipsys.app.context import Context
from nipsys.app.run.start import read_current_system


def build_variables(context: Context, env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set: the search paths with the root's directories first, and the variables of the profile.

    Idempotent: a directory that is already in a search path is not added again.
    """
    links = f"{context.root}/System/Links"
    shared = f"{links}/Shared"
    found = {
        "PATH": _prepend(f"{links}/Executables", env.get("PATH") or "/usr/local/bin:/usr/bin:/bin"),
        "XDG_DATA_DIRS": _prepend(shared, env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"),
        "MANPATH": _prepend(f"{shared}/man", env.get("MANPATH") or "") or ":",
        "INFOPATH": _prepend(f"{shared}/info", env.get("INFOPATH") or ""),
    }
    system = read_current_system(context)
    return found | dict(system.env if system else ())


def list_completions(context: Context, shell: str) -> tuple[str, ...]:
    """Return the directories with completions to add to a running zsh or fish; bash finds them by itself."""
    places = {"zsh": ("zsh/vendor-completions", "zsh/site-functions"), "fish": ("fish/vendor_completions.d",)}
    return tuple(f"{context.root}/System/Links/Shared/{place}" for place in places.get(shell, ()))


def _prepend(place: str, path: str) -> str:
    """Put ``place`` first; an empty path keeps its meaning (the built-in directories follow)."""
    rest = [part for part in path.split(":") if part != place]
    return ":".join([place, *rest]) if path else f"{place}:"
