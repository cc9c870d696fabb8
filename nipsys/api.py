"""The public interface: what ``nipsys lock``, ``plan``, ``apply``, ``rollback``, ``status`` and ``search`` do, for programs.

A profile declares a system, a lock is that profile resolved, and a root is a directory that holds systems::

    >>> from nipsys import api
    >>> root = api.Root("root")
    >>> profile = api.load_profile("greet.kdl")
    >>> prepared = api.plan(root, profile)
    >>> [change.id for change in prepared.plan.added]
    ['greet/greet']
    >>> api.apply(root, prepared).number
    1
    >>> api.status(root).packages
    1

What goes wrong is a ``Rejected``, the only exception that leaves this module on purpose. It carries every problem found, each with a stable
``code``::

    >>> try:
    ...     api.rollback(root, 9)
    ... except api.Rejected as rejected:
    ...     print(rejected.kind, [problem.code for problem in rejected.problems])
    request ['unknown-generation']

Nothing is printed. ``Root(report=...)`` gets an ``Event`` for each step of the work. Names, parameters and the fields of values that are
listed in ``__all__`` stay as they are within a major version; whatever is imported from elsewhere below ``nipsys`` may change at any time.
"""

import os

from nipsys.model.face import lazy_face

TYPE_CHECKING = False  # `typing` and the rooms below are imported when they are needed: `status` needs almost nothing
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nipsys.app import Context
    from nipsys.app.apply import PreparedPlan
    from nipsys.app.lock import LockResult, ProofGoal
    from nipsys.app.query import Hit, SearchResult
    from nipsys.generation import Summary
    from nipsys.generation.quick_status import QuickStatus
    from nipsys.model import Advanced, Began, Ended, Event, Problem, Rejected, Reporter, Span, Waiting, Warned
    from nipsys.model.system import Lock, LockedPackage, PackageChange, Plan, Profile
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "app.apply": ("PreparedPlan",),
            "app.lock": ("LockResult", "ProofGoal"),
            "app.query": ("Hit", "SearchResult"),
            "generation": ("Summary",),
            "generation.quick_status": ("QuickStatus",),
            "model": ("Advanced", "Began", "Ended", "Event", "Problem", "Rejected", "Reporter", "Span", "Waiting", "Warned"),
            "model.system": ("Lock", "LockedPackage", "PackageChange", "Plan", "Profile"),
        },
        below="nipsys",
    )

__all__ = [
    "Advanced",
    "Began",
    "Ended",
    "Event",
    "Hit",
    "Lock",
    "LockResult",
    "LockedPackage",
    "PackageChange",
    "Plan",
    "PreparedPlan",
    "Problem",
    "Profile",
    "ProofGoal",
    "QuickStatus",
    "Rejected",
    "Reporter",
    "Root",
    "SearchResult",
    "Span",
    "Summary",
    "Waiting",
    "Warned",
    "apply",
    "find_lock",
    "load_profile",
    "lock",
    "lock_path",
    "plan",
    "rollback",
    "search",
    "status",
]


class Root:
    """A directory that holds systems, and how to work in it. Opening it reads and creates nothing.

    >>> api.Root("root", offline=True).path == os.path.abspath("root")
    True
    """

    __slots__ = ("command", "home", "offline", "path", "report")

    def __init__(
        self,
        path: str | None = None,
        *,
        report: "Reporter | None" = None,
        offline: bool = False,
        home: str | None = None,
        command: str = "nipsys.api",
    ) -> None:
        """Open the root at ``path`` (default: ``$NIPSYS_ROOT``, else ``nipsys`` in the user's data directory).

        ``report`` gets every event (default: nobody does). With ``offline``, every request to the web is refused. ``home`` is the directory
        that ``~`` stands for in profiles (default: the user's own). ``command`` is what the history and waiting processes show.
        """
        self.path = os.path.abspath(path) if path else _find_default_root(os.environ)
        self.report = report or _ignore_event
        self.offline = offline
        self.home = home or os.path.expanduser("~")
        self.command = command


def load_profile(path: str, *, host: str | None = None) -> "Profile":
    """Read the profile at ``path`` as it applies to ``host`` (default: this machine). Raise ``Rejected`` with every error in it.

    >>> [request.name for request in api.load_profile("both.kdl").requests]
    ['count', 'greet']
    """
    from nipsys.app.lock import load_profile

    return load_profile(path, host)


def lock_path(profile: str) -> str:
    """Return the path of the lock file of the profile at a path.

    >>> api.lock_path("both.kdl")
    'both.lock.kdl'
    """
    from nipsys.app.lock import lock_path

    return lock_path(profile)


def find_lock(profile: "Profile") -> "Lock | None":
    """Return the lock next to ``profile`` if it is up to date, that is, made from exactly this profile; else ``None``.

    >>> [package.id for package in api.find_lock(api.load_profile("greet.kdl")).packages]
    ['greet/greet']
    """
    from nipsys.app.lock import find_matching_lock

    return find_matching_lock(profile)


def lock(root: Root, profile: "Profile", *, update: "Sequence[str] | None" = None, prove: "ProofGoal | None" = None) -> "LockResult":
    """Resolve ``profile`` and write its lock file, unless that is up to date. Raise ``Rejected`` with the reasons when it cannot be done.

    ``update`` names the packages that may change version, all when empty; ``None`` keeps everything that still fits. ``prove`` resolves
    with clingo, and proves that nothing could be newer (``"optimal"``) or that the fewest packages change (``"minimal-change"``).

    >>> result = api.lock(api.Root("root"), api.load_profile("both.kdl"))
    >>> result.path, result.changed, len(result.lock.packages)
    ('both.lock.kdl', True, 2)
    """
    from nipsys.app.lock import lock_profile

    return lock_profile(_open_context(root), profile, update=update, prove=prove)


def plan(root: Root, profile: "Profile", *, lock: "LockResult | None" = None, locked: bool = False, check: bool = True) -> "PreparedPlan":
    """Compare the lock of ``profile`` with the current generation. No package is fetched, and no generation is made.

    Without ``lock``, a lock that is missing or out of date is made first, or ``Rejected`` with ``locked``. With ``check``, everything that
    can be known before packages are fetched is checked, and what has to wait is in the plan's notes; ``apply`` checks it all in any case.

    >>> prepared = api.plan(api.Root("root"), api.load_profile("both.kdl"))
    >>> [change.id for change in prepared.plan.added], [artifact.id for artifact in prepared.plan.fetch]
    (['count/count'], ['count/count'])
    """
    from nipsys.app.apply import check_plan, prepare_plan
    from nipsys.app.lock import lock_profile, require_lock

    context = _open_context(root)
    if lock is None:
        lock = require_lock(profile) if locked else lock_profile(context, profile)
    prepared = prepare_plan(context, profile, lock.lock, None if locked else lock.path, lock.sources)
    return check_plan(context, prepared) if check else prepared


def apply(root: Root, prepared: "PreparedPlan", *, allow_empty: bool = False) -> "Summary | None":
    """Carry out a plan as a new generation, switch to it in one step, and return its summary; ``None`` when there is nothing to do.

    ``Rejected`` leaves the current generation unchanged. A profile without packages removes everything, so it needs ``allow_empty``.

    >>> root, profile = api.Root("root"), api.load_profile("both.kdl")
    >>> api.apply(root, api.plan(root, profile)).number
    2
    >>> print(api.apply(root, api.plan(root, profile)))
    None
    """
    from nipsys.app.apply import apply

    return apply(_open_context(root), prepared, allow_empty=allow_empty)


def rollback(root: Root, number: int | None = None) -> "Summary":
    """Switch to generation ``number`` (default: the one before the current) and return its summary. Raise ``Rejected`` without one.

    >>> api.rollback(api.Root("root")).number
    1
    """
    from nipsys.app.generations import roll_back

    return roll_back(_open_context(root), number)


def status(root: Root) -> "QuickStatus | None":
    """Return the current generation and how the machine differs from it; ``None`` when nothing has been applied yet.

    >>> current = api.status(api.Root("root"))
    >>> current.number, current.profile, current.drift
    (1, 'greet', ())
    """
    from nipsys.generation.quick_status import read_quick_status

    return read_quick_status(root.path, root.home)


def search(root: Root, words: "Sequence[str]", *, profile: str | None = None, limit: int = 50) -> "SearchResult":
    """Find packages whose name or summary contains all ``words``, best first, in the sources of a profile as they were synced last.

    ``profile`` is a path (default: the profile applied last). At most ``limit`` packages are returned, with the number of all.

    >>> api.search(api.Root("root"), ["gre"]).hits[0].name
    'greet'
    """
    from nipsys.app.query import load_worlds, search_packages

    _, worlds = load_worlds(_open_context(root), profile)
    return search_packages(worlds, words, limit)


def _open_context(root: Root) -> "Context":
    from nipsys.app import open_context

    return open_context(root.path, report=root.report, home=root.home, offline=root.offline, command=root.command)


def _ignore_event(_: "Event") -> None:
    """Ignore an event."""


def _find_default_root(environment: "Mapping[str, str]") -> str:
    """Return the default root: ``NIPSYS_ROOT``, else ``nipsys`` in the user's data directory (XDG Base Directory Specification)."""
    if chosen := environment.get("NIPSYS_ROOT"):
        return os.path.abspath(chosen)
    data = environment.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(data, "nipsys")
