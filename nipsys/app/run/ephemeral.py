"""Packages without a generation: resolved, fetched and composed as usual, linked in a separate directory, recorded nowhere.

Their trees stay in the store until the next ``gc``, so a second run needs no download.
"""

import os
from collections.abc import Sequence

from nipsys.app.context import Context, detect_arch
from nipsys.app.lock import load_profile, resolve_lock
from nipsys.app.realize import check_views, fetch_trees, find_trees, plan_views
from nipsys.app.root import hold_root
from nipsys.app.sync import ProfileSources
from nipsys.effects.host import read_host_facts
from nipsys.model import Frozen, blake3_of, reject, replace, shorten_digest, to_canonical_json
from nipsys.model.system import ANY_VERSION, Profile, Request
from nipsys.profile import require_range
from nipsys.resolve import Options
from nipsys.sources import KINDS, find_host_source, host_needs_of
from nipsys.store import Store
from nipsys.view import ViewPlan, build_view, executable_links_of


class ProvidedPackages(Frozen):
    """Packages that are ready to run."""

    packages: tuple[str, ...]
    plans: tuple[ViewPlan, ...]
    executables: str
    """Directory of links to their programs."""


def provide_packages(context: Context, names: Sequence[str], profile_path: str | None) -> ProvidedPackages:
    """Make packages ready to run, from the sources of the profile, or without one from the host's own distribution."""
    base = load_profile(profile_path) if profile_path else _host_profile()
    requests = tuple(_read_request(name) for name in sorted(set(names)))
    digest = blake3_of(to_canonical_json([base.digest, [[one.name, one.range.text, one.source or ""] for one in requests]]))
    profile = replace(base, name="shell", requests=requests, files=(), services=(), digest=digest)
    sources = ProfileSources(context, profile)
    lock, _ = resolve_lock(context, profile, sources.opened, Options())
    with hold_root(context):
        store = Store(context.root, report=context.report)
        trees = fetch_trees(context, store, sources, lock, find_trees(store, lock))
        plans = plan_views(context, profile, lock, trees)
        check_views(context, store, profile, lock, plans)
        for plan in plans:
            build_view(plan, store, context.report)
    return ProvidedPackages(tuple(names), plans, _link_programs(context, plans))


def _read_request(name: str) -> Request:
    """Parse ``name``, ``source/name`` or ``name=version``."""
    source, slash, rest = name.rpartition("/")
    bare, equals, version = rest.partition("=")
    return Request(bare, require_range(f"={version}") if equals else ANY_VERSION, source=source if slash else None)


def _host_profile() -> Profile:
    spec = find_host_source(read_host_facts(detect_arch(), host_needs_of(KINDS)))
    if spec is None:
        raise reject(
            "request",
            "no-source",
            "a profile is needed to know where packages come from",
            hint="pass `--profile FILE`, or set NIPSYS_PROFILE",
        )
    digest = blake3_of(to_canonical_json(["host", spec.kind, *(str(value) for _, value in spec.settings)]))
    return Profile(name="shell", arch=detect_arch(), sources=(spec,), digest=digest)


def _link_programs(context: Context, plans: Sequence[ViewPlan]) -> str:
    name = shorten_digest(blake3_of(to_canonical_json([plan.directory for plan in plans])))
    place = f"{context.layout.state}/shell/{name}"
    os.makedirs(place, exist_ok=True)
    for plan in plans:
        for link in executable_links_of(plan.stubs):
            at = f"{place}/{link.path.rpartition('/')[2]}"
            if not os.path.lexists(at):
                os.symlink(f"{context.layout.store}/{plan.directory}/.run{link.target.partition('/.run')[2]}", at)
    return place
