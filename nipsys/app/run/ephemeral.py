"""Packages without a generation: resolved, fetched and composed as usual, linked in a separate directory, recorded nowhere.

Their trees stay in the store until the next ``gc``, so a second run needs no download.
"""

import os
from collections.abc import Mapping, Sequence

from nipsys.app.context import Site, machine
from nipsys.app.lock.load_profile import declared
from nipsys.app.lock.make import resolved
from nipsys.app.realize.publish import trees
from nipsys.app.realize.views import planned, prove
from nipsys.app.sync.worlds import opened
from nipsys.effects.filelock import guard
from nipsys.model.digest import blake3_of, canonical, short
from nipsys.model.problem import reject
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.model.value import Frozen, replace
from nipsys.resolve import Options
from nipsys.store.trees import Store
from nipsys.view.assemble import build
from nipsys.view.exposure import executable_links
from nipsys.view.model import ViewPlan


class Brought(Frozen):
    """Packages that are ready to run."""

    packages: tuple[str, ...]
    plans: tuple[ViewPlan, ...]
    executables: str
    """Directory of links to their programs."""


def bring(context: Site, names: Sequence[str], profile_path: str | None) -> Brought:
    """Make packages ready to run, from the sources of the profile, or without one from the host's own distribution."""
    base = declared(profile_path) if profile_path else _host_profile()
    requests = tuple(_request(name) for name in sorted(set(names)))
    digest = blake3_of(canonical([base.digest, [[one.name, one.range, one.source or ""] for one in requests]]))
    profile = replace(base, name="shell", requests=requests, files=(), services=(), digest=digest)
    lock, _ = resolved(context, profile, opened(context, profile), Options())
    with guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report):
        store = Store(context.root, report=context.report)
        placed = trees(context, store, profile, lock)
        plans = planned(context, store, profile, lock, placed)
        prove(context, store, profile, lock, plans)
        for plan in plans:
            build(plan, store, context.report)
    return Brought(tuple(names), plans, _links(context, plans))


def _request(name: str) -> Request:
    """Parse ``name``, ``source/name`` or ``name=version``."""
    source, slash, rest = name.rpartition("/")
    bare, equals, version = rest.partition("=")
    return Request(bare, f"={version}" if equals else "", source=source if slash else None)


def _host_profile() -> Profile:
    facts = _os_release()
    if facts.get("ID") != "debian":
        raise reject(
            "request",
            "no-source",
            "a profile is needed to know where packages come from",
            hint="pass `--profile FILE`, or set NIPSYS_PROFILE",
        )
    suite = facts.get("VERSION_CODENAME", "stable")
    spec = SourceSpec("debian", "debian", settings=(("suite", suite),))
    return Profile(name="shell", arch=machine(), sources=(spec,), digest=blake3_of(canonical(["host", "debian", suite])))


def _os_release() -> Mapping[str, str]:
    """Read os-release(5); empty when the file does not exist."""
    try:
        with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
            return {key: value.strip().strip('"') for key, _, value in (line.partition("=") for line in file)}
    except OSError:
        return {}


def _links(context: Site, plans: Sequence[ViewPlan]) -> str:
    name = short(blake3_of(canonical([plan.directory for plan in plans])))
    place = f"{context.layout.state}/shell/{name}"
    os.makedirs(place, exist_ok=True)
    for plan in plans:
        for link in executable_links(plan.stubs):
            at = f"{place}/{link.path.rpartition('/')[2]}"
            if not os.path.lexists(at):
                os.symlink(f"{context.layout.store}/{plan.directory}/.run{link.target.partition('/.run')[2]}", at)
    return place
