"""Plan and apply: compare a lock with the current generation, then carry out the difference."""

import contextlib
import os

from nipsys.app.apply import home_files
from nipsys.app.apply.post_switch import activate, resume
from nipsys.app.context import Context
from nipsys.app.realize import DesiredSystem, find_trees, realize
from nipsys.app.root import hold_root
from nipsys.app.sync import ProfileSources
from nipsys.effects import read_bytes, replace_file
from nipsys.effects.host import probe
from nipsys.generation import Generations, Summary
from nipsys.model import Rejected, Warned, reject
from nipsys.model.system import Lock, Plan, Profile, System
from nipsys.plan import make_plan
from nipsys.store import Store, translate_errors


class PreparedPlan(DesiredSystem):
    """A plan with what it was made from: shown first, then applied."""

    plan: Plan


def prepare_plan(
    context: Context, profile: Profile, lock: Lock, keep: str | None = None, sources: ProfileSources | None = None
) -> PreparedPlan:
    """Compare ``lock`` with the current generation and return the plan; nothing is changed.

    ``keep`` is the path of the lock file, when ``apply`` may record the chosen alternatives in it; ``sources`` are those with which the
    lock was made, if it was made now.
    """
    with translate_errors(f"the root `{context.root}`"):
        current = Generations(context.root, clock=context.clock).current()
        found = find_trees(Store(context.root), lock)
    names = {key: name.digest for key, name in found.items() if name is not None}
    plan = make_plan(profile, lock, current.system if current else None, names.get)
    return PreparedPlan(profile, lock, sources or ProfileSources(context, profile), found, current, keep, plan)


def apply(context: Context, ready: PreparedPlan, *, allow_empty: bool = False) -> Summary | None:
    """Carry out a plan as a new generation and return its summary; ``None`` when there is nothing to do.

    ``Rejected`` leaves the current generation and the store unchanged. An empty profile removes everything, so it needs
    ``allow_empty``.
    """
    system = ready.current.system if ready.current else None
    if ready.plan.is_empty:
        with translate_errors(f"the root `{context.root}`"):
            resume(context, home_files.targets_of(system) if system else ())
        _ensure_startable(context, system)
        _remember(context, ready.profile)
        return None
    if not ready.lock.packages and system and system.packages and not allow_empty:
        raise reject(
            "request", "empty-profile", f"`{ready.profile.path}` requests no packages, so this would remove all {len(ready.plan.removed)}",
            hint="to remove everything, pass `--allow-empty`",
        )  # fmt: skip
    with hold_root(context):
        generations = Generations(context.root, clock=context.clock)
        generations.sweep()
        if generations.current_number() != (ready.current and ready.current.number):  # another process applied while this one waited
            ready = prepare_plan(context, ready.profile, ready.lock, ready.keep, ready.sources)
        return None if ready.plan.is_empty else _carry_out(context, generations, ready)


def _carry_out(context: Context, generations: Generations, ready: PreparedPlan) -> Summary:
    """Make the planned system the current one and activate it; the caller holds the root's lock."""
    store = Store(context.root, report=context.report)
    store.remove_debris()
    placed = generations.find_placed()
    home_files.check_unobstructed(context, (file.target for file in ready.profile.files))
    done = realize(context, store, generations, ready)
    activate(context, placed, home_files.targets_of(done.system))
    _remember(context, ready.profile)
    return done.summary


def _ensure_startable(context: Context, system: System | None) -> None:
    """Relocate the current programs if the host disabled namespaces since the last apply: an unchanged system must still start."""
    if not probe().open:
        from nipsys.app.doctor import relocate_programs  # noqa: PLC0415 - few hosts need it

        try:
            relocate_programs(context, system)
        except Rejected as rejected:
            for problem in rejected.problems:
                context.report(Warned(problem.message, problem.hint))


def _remember(context: Context, profile: Profile) -> None:
    """Record which profile was applied, as the default profile of other commands; a root that is not writable keeps the old record."""
    path = f"{os.path.abspath(profile.path)}\n".encode()
    with contextlib.suppress(OSError):
        if not os.path.exists(context.layout.profile_file) or read_bytes(context.layout.profile_file) != path:
            replace_file(context.layout.profile_file, path)
