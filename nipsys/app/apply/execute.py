"""Plan and apply: compare a lock with the current generation, then carry out the difference."""

import contextlib
import os

from nipsys.app.apply import home_files
from nipsys.app.apply.post_switch import activate, resume
from nipsys.app.context import Context
from nipsys.app.realize import realize
from nipsys.effects import hold_lock, raise_on_signals, read_bytes, replace_file
from nipsys.effects.host import probe
from nipsys.generation import Generations, Summary
from nipsys.model import Frozen, Rejected, Warned, reject
from nipsys.model.system import Generation, Lock, Plan, Profile
from nipsys.plan import make_plan
from nipsys.store import Store, translate_errors


class PreparedPlan(Frozen):
    """A plan with what it was made from: shown first, then applied."""

    profile: Profile
    lock: Lock
    plan: Plan
    current: Generation | None
    keep: str | None = None
    """Path of the lock file, if ``apply`` may record the chosen alternatives in it."""


def prepare_plan(context: Context, profile: Profile, lock: Lock, keep: str | None = None) -> PreparedPlan:
    """Compare ``lock`` with the current generation and return the plan; nothing is changed. Warn about every unsigned source.

    ``keep`` is the path of the lock file, when ``apply`` may write it.
    """
    for warning in find_unsigned(profile, lock):
        context.report(warning)
    return _plan_against_current(context, profile, lock, keep)


def _plan_against_current(context: Context, profile: Profile, lock: Lock, keep: str | None) -> PreparedPlan:
    with translate_errors(f"the root `{context.root}`"):
        current = Generations(context.root, clock=context.clock).current()
        store = Store(context.root)

    def stored(digest: str) -> str | None:
        tree = store.find(digest)
        return tree.digest if tree else None

    return PreparedPlan(profile, lock, make_plan(profile, lock, current.system if current else None, stored), current, keep)


def find_unsigned(profile: Profile, lock: Lock) -> tuple[Warned, ...]:
    """Return a warning for every source of ``lock`` whose packages are not covered by a signature."""
    loose = {spec.name for spec in profile.sources if spec.get("signatures") == "none"}
    found = []
    for source in lock.sources:
        said = "signatures are not verified" if source.name in loose else dict(source.snapshot.facts).get("warning")
        if said:
            found.append(Warned(f"`{source.name}`: {said}"))
    return tuple(found)


def apply(context: Context, ready: PreparedPlan, *, allow_empty: bool = False) -> Summary | None:
    """Carry out a plan as a new generation and return its summary; ``None`` when there is nothing to do.

    ``Rejected`` leaves the current generation and the store unchanged. An empty profile removes everything, so it needs
    ``allow_empty``.
    """
    if ready.plan.is_empty:
        with translate_errors(f"the root `{context.root}`"):
            earlier = Generations(context.root, clock=context.clock).find_left_behind()
            resume(context, earlier, home_files.targets_of(ready.current.system) if ready.current else ())
        _ensure_startable(context)
        _remember(context, ready.profile)
        return None
    if not ready.lock.packages and ready.current and ready.current.system.packages and not allow_empty:
        raise reject(
            "request", "empty-profile", f"`{ready.profile.path}` requests no packages, so this would remove all {len(ready.plan.removed)}",
            hint="to remove everything, pass `--allow-empty`",
        )  # fmt: skip
    with (
        translate_errors(f"the root `{context.root}`"),
        raise_on_signals(),
        hold_lock(context.layout.lock_file, command=context.command, clock=context.clock, report=context.report),
    ):
        store = Store(context.root, report=context.report)
        generations = Generations(context.root, clock=context.clock)
        store.remove_debris()
        generations.sweep()
        before = generations.current()
        if (before and before.number) != (ready.current and ready.current.number):  # another process applied while this one waited
            ready = _plan_against_current(context, ready.profile, ready.lock, ready.keep)
            if ready.plan.is_empty:
                return None
        left = generations.find_left_behind()
        home_files.check_unobstructed(context, (file.target for file in ready.profile.files))
        done = realize(context, store, generations, ready.profile, ready.lock, keep=ready.keep)
        activate(context, (*left, *(home_files.targets_of(before.system) if before else ())), home_files.targets_of(done.system))
        _remember(context, ready.profile)
        return done.summary


def _ensure_startable(context: Context) -> None:
    """Relocate the current programs if the host disabled namespaces since the last apply: an unchanged system must still start."""
    if not probe().open:
        from nipsys.app.doctor import relocate_programs  # noqa: PLC0415 - few hosts need it

        try:
            relocate_programs(context)
        except Rejected as rejected:
            for problem in rejected.problems:
                context.report(Warned(problem.message, problem.hint))


def _remember(context: Context, profile: Profile) -> None:
    """Record which profile was applied, as the default profile of other commands; a root that is not writable keeps the old record."""
    path = f"{os.path.abspath(profile.path)}\n".encode()
    with contextlib.suppress(OSError):
        if not os.path.exists(context.layout.profile_file) or read_bytes(context.layout.profile_file) != path:
            replace_file(context.layout.profile_file, path)
