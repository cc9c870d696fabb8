"""Make the lock of a profile: the lock file is used as it is when up to date, resolved again otherwise. A failure keeps the old file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from nipsys.app.context import Context
from nipsys.app.lock.file import LockResult, load_lock, lock_path, write_lock
from nipsys.lock import carry_over
from nipsys.model import reject
from nipsys.model.system import Lock, Profile

if TYPE_CHECKING:
    from nipsys.app.sync import ProfileSources

ProofGoal = Literal["optimal", "minimal-change"]
"""The property of a resolution that clingo proves."""


def lock_profile(context: Context, profile: Profile, *, update: Sequence[str] | None = None, prove: ProofGoal | None = None) -> LockResult:
    """Return a lock for ``profile``, resolving only when its lock file is not up to date.

    ``update`` names the packages that may change version, all when empty; ``None`` keeps everything that still fits. ``prove`` always
    resolves, with clingo, and proves that nothing could be newer (``optimal``) or that the fewest packages change (``minimal-change``).
    """
    path = lock_path(profile.path)
    before = load_lock(path)
    if update is None and prove is None and before is not None and before.profile_digest == profile.digest:
        return LockResult(before, path, before, resolved=False)
    if update:
        _check_names(update, before, profile)
    from nipsys.app.sync import ProfileSources  # noqa: PLC0415 - a lock that is up to date needs neither sources nor resolver

    sources = ProfileSources(context, profile)
    lock = _resolve_again(context, profile, sources, before, update=update, prove=prove)
    write_lock(path, lock)
    return LockResult(lock, path, before, resolved=True, sources=sources)


def _resolve_again(
    context: Context,
    profile: Profile,
    sources: "ProfileSources",
    before: Lock | None,
    *,
    update: Sequence[str] | None,
    prove: ProofGoal | None,
) -> Lock:
    from nipsys.app.lock.renew import resolve_lock  # noqa: PLC0415 - see above
    from nipsys.resolve import Options  # noqa: PLC0415 - see above

    options = Options(locked=None if update is not None and not update else before, update=tuple(update or ()))
    options = options._replace(optimal=prove == "optimal", minimal_change=prove == "minimal-change")
    lock, _ = resolve_lock(context, profile, sources.opened, options)
    return lock if before is None or (update is not None and not update) else carry_over(before, lock, frozenset(update or ()))


def _check_names(names: Sequence[str], lock: Lock | None, profile: Profile) -> None:
    there = {package.name for package in lock.packages} | {package.id for package in lock.packages} if lock else set()
    missing = [name for name in names if name not in there and name not in {request.name for request in profile.requests}]
    if missing:
        what = ", ".join(f"`{name}`" for name in missing)
        raise reject("request", "not-locked", f"cannot update {what}: not in the lock", hint="`nipsys list` shows what is in the lock")
