"""Questions about a resolution: why a package is in it or not, what a further request would change, and the dependency graph."""

import os
import re
from collections.abc import Sequence

from nipsys.app.context import Context
from nipsys.app.lock import last_applied_path, load_lock, load_profile, lock_path, resolve_profile
from nipsys.app.sync import open_sources, open_worlds
from nipsys.effects import run
from nipsys.model import reject, replace
from nipsys.model.system import DOMAINS, Flag, Lock, Profile, Request
from nipsys.profile import require_range
from nipsys.resolve import WhatIf, World, simulate

_REQUEST = re.compile(r"([^=<>!~^\s]+)\s*((?:[=<>!~^]).*)?").fullmatch


def profile_path(context: Context, given: str | None) -> str:
    """Return the path of the profile a command applies to.

    It is ``given``, else the profile applied last, else the only profile of the working directory that has a lock.
    """
    if given:
        return given
    if applied := last_applied_path(context):
        return applied
    there = set(os.listdir())
    found = sorted(name for name in there if name.endswith((".kdl", ".toml")) and lock_path(name) in there)
    if len(found) != 1:
        what = "several profiles in this directory have locks" if found else "nothing has been applied yet, and no profile here has a lock"
        raise reject("request", "which-profile", what, *found, hint="pass `--profile FILE`, or run `nipsys lock FILE` first")
    return found[0]


def read_lock_of(context: Context, given: str | None) -> Lock:
    """Read the lock of the profile a command applies to."""
    path = profile_path(context, given)
    lock = load_lock(lock_path(path))
    if lock is None:
        raise reject("request", "no-lock", f"`{path}` has no lock file", hint=f"run `nipsys lock {path}`")
    return lock


def try_changes(context: Context, given: str | None, words: Sequence[str]) -> WhatIf:
    """Return what further requests (``PKG``, ``PKG=VERSION``, ``+flag``, ``-flag``, ``domain=value``) would change.

    A flag after a package is for that package, a flag before any package is for all. Nothing is written or fetched.
    """
    path = profile_path(context, given)
    profile = load_profile(path)
    requests, flags = read_requests(words, profile)
    known = open_worlds(context, open_sources(context, profile), refresh=False)
    return simulate(lambda asked, options: resolve_profile(known, asked, options)[0], profile, load_lock(lock_path(path)), requests, flags)


def read_requests(words: Sequence[str], profile: Profile) -> tuple[tuple[Request, ...], tuple[Flag, ...]]:
    """Parse words of a command line into requests and flags; a package already in ``profile`` keeps its other settings."""
    requests: list[Request] = []
    flags: list[Flag] = []
    for word in words:
        flag = _flag(word)
        if flag is not None and requests:
            others = tuple(one for one in requests[-1].flags if one.name != flag.name)
            requests[-1] = replace(requests[-1], flags=(*others, flag))
        elif flag is not None:
            flags.append(flag)
        else:
            found = _REQUEST(word)
            if not found:
                raise reject("request", "bad-name", f"`{word}` is neither a package nor a flag", hint="write `vim`, `vim=9.1` or `+python`")
            known = next((one for one in profile.requests if one.name == found[1]), Request(found[1]))
            requests.append(replace(known, range=require_range(found[2]) if found[2] else known.range))
    return tuple(requests), tuple(flags)


def _flag(word: str) -> Flag | None:
    if word[:1] in {"+", "-"} and len(word) > 1:
        return Flag(word[1:], "on" if word[0] == "+" else "off")
    name, equal, value = word.partition("=")
    if equal and name in DOMAINS and value:
        return Flag(name, value)
    return None


def draw_graph(text: str) -> str:
    """Render a graph (DOT) as SVG with Graphviz. Raise ``Rejected`` (kind ``host``) when that fails or Graphviz is not installed."""
    done = run(("dot", "-Tsvg"), input=text.encode(), apart=True)
    if done.code:
        raise reject(
            "host",
            "missing-program",
            "Graphviz could not draw the graph",
            done.errors.strip(),
            hint="install graphviz, or use `--format dot`",
        )
    return done.output


def load_worlds(context: Context, given: str | None) -> tuple[Profile, tuple[World, ...]]:
    """Read the profile a command applies to and open its sources as they were synced last."""
    profile = load_profile(profile_path(context, given))
    return profile, open_worlds(context, open_sources(context, profile), refresh=False)
