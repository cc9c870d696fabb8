"""Environment variables that make the current generation available in a login session."""

from collections.abc import Mapping

from nipsys.app.context import Site
from nipsys.app.run.start import current_system


def variables(context: Site, env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set: the search paths with the root's directories first, and the variables of the profile.

    Idempotent: a directory that is already in a search path is not added again.
    """
    links = f"{context.root}/System/Links"
    shared = f"{links}/Shared"
    found = {
        "PATH": _before(f"{links}/Executables", env.get("PATH") or "/usr/local/bin:/usr/bin:/bin"),
        "XDG_DATA_DIRS": _before(shared, env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"),
        "MANPATH": _before(f"{shared}/man", env.get("MANPATH") or "") or ":",
        "INFOPATH": _before(f"{shared}/info", env.get("INFOPATH") or ""),
    }
    system = current_system(context)
    return found | dict(system.env if system else ())


def completions(context: Site, shell: str) -> tuple[str, ...]:
    """Return the directories with completions to add to a running zsh or fish; bash finds them by itself."""
    places = {"zsh": ("zsh/vendor-completions", "zsh/site-functions"), "fish": ("fish/vendor_completions.d",)}
    return tuple(f"{context.root}/System/Links/Shared/{place}" for place in places.get(shell, ()))


def _before(place: str, path: str) -> str:
    """Put ``place`` first; an empty path keeps its meaning (the built-in directories follow)."""
    rest = [part for part in path.split(":") if part != place]
    return ":".join([place, *rest]) if path else f"{place}:"
