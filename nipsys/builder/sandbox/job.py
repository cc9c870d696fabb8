"""The parent's side of a sandboxed build: describe the job, start the worker, read the outcome."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec

from nipsys.builder.sandbox.podman import VisiblePaths, build_container_command
from nipsys.model import Frozen, field
from nipsys.model.package import Link, Step, step_to_dict

_LIMITS = {"nproc": 4096, "nofile": 1024, "fsize": 8 << 30}
BUILD_ID = 1_900_000_042
"""The host's user and group id of builds that root starts: above the ranges that systemd and shadow hand out, so nobody's."""


class Variation(Frozen):
    """Conditions that must not change the result of a build, and are varied to check that."""

    uid: int = 1000
    """User id inside the sandbox."""
    jobs: int = 1
    host: str = "nipsys"
    shuffle: int | None = None
    """Seed of the order in which directories list their entries; none leaves the order alone."""
    clock: int = 0
    """Seconds by which the wall clock is shifted for programs."""


class Mount(Frozen):
    """A directory or file of the host bound into the sandbox."""

    target: str
    source: str
    kind: str
    """``ro`` or ``rw``; ``host`` is like ``ro`` and ``keep`` like ``rw``, but neither is copied to shuffle its entries."""


class Job(Frozen):
    """Everything that a worker needs to run one build."""

    work: str
    """A directory that only this build uses."""
    out: str
    mounts: tuple[Mount, ...]
    links: tuple[Link, ...]
    env: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    variation: Variation = Variation()
    time_limit: int = 3600
    engine: str = ""
    """Path of Podman or Docker when the worker is to run in a container."""


class Outcome(Frozen):
    """How a job ended."""

    status: str
    """``done``, ``failed`` (a step), ``closed`` (the host allows no sandbox), ``late`` (time limit) or ``died`` (no result)."""
    code: str = ""
    message: str = ""
    step: int = -1
    missing: tuple[str, ...] = ()
    """Namespaces that the host did not allow: the missing isolation."""
    executed: int = 0
    """Number of programs run."""
    generated: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    clock: int = 0
    """Seconds by which the wall clock was shifted; 0 when the host did not allow it."""
    log: str = field(default="", compare=False)


def run_in_sandbox(job: Job) -> Outcome:
    """Run a job in a sandbox; the log is the file ``log`` in its work directory."""
    for name in ("root", "build"):
        os.makedirs(f"{job.work}/{name}", exist_ok=True)
    log = f"{job.work}/log"
    variation = job.variation
    with open("/proc/self/uid_map", encoding="ascii") as stream:
        uid_map = stream.read()
    host_id = choose_host_id(os.geteuid(), uid_map)
    value = {
        "root": f"{job.work}/root",
        "host_id": host_id,
        "is_root": os.geteuid() == 0 and _outer_id_of_root(uid_map) == 0,
        "log": log,
        "out": job.out,
        "uid": variation.uid,
        "jobs": variation.jobs,
        "host": variation.host,
        "shuffle": variation.shuffle,
        "clock": variation.clock,
        "mounts": [[mount.target, mount.source, mount.kind] for mount in (*job.mounts, Mount("/build", f"{job.work}/build", "rw"))],
        "links": [[link.path, link.target] for link in job.links],
        "env": dict(job.env),
        "steps": [step_to_dict(step) for step in job.steps],
        "limits": _LIMITS,
    }
    path = f"{job.work}/job.json"
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
    writable = [f"{job.work}/build", *(mount.source for mount in job.mounts if mount.kind in {"rw", "keep"})]
    if host_id:
        _hand_over(writable, host_id)
    try:
        with open(log, "ab") as output:
            return _run_worker(job, path, output.fileno())
    finally:
        if host_id:
            _hand_over(writable, 0)


def _run_worker(job: Job, path: str, output: int) -> Outcome:
    spec = find_spec("nipsys")
    assert spec is not None
    assert spec.submodule_search_locations
    package = os.path.dirname(next(iter(spec.submodule_search_locations)))
    environment = {"PYTHONPATH": package, "LC_ALL": "C.UTF-8"}
    argv = [sys.executable, "-B", "-s", "-P", "-m", "nipsys.builder.sandbox.worker", path]
    log = f"{job.work}/log"
    if job.engine:
        seen = VisiblePaths((package, *(mount.source for mount in job.mounts if mount.kind in {"ro", "host"})), (job.work,))
        argv = build_container_command(job.engine, f"{os.path.dirname(job.work)}/.image", seen, argv, package)
        environment = dict(os.environ)
    try:
        subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=job.time_limit, check=False)
    except subprocess.TimeoutExpired:
        return Outcome("late", "build-time-limit", f"the build took longer than {job.time_limit} s", log=log)
    try:
        with open(f"{path}.result", encoding="utf-8") as stream:
            result = json.load(stream)
    except FileNotFoundError:
        return Outcome("died", "build-sandbox", "the sandbox ended without a result", log=log)
    return Outcome(
        status=result["status"],
        code=result["code"],
        message=result["message"],
        step=result.get("step", -1),
        missing=tuple(result.get("missing", ())),
        executed=result.get("executed", 0),
        generated=tuple((name, digest) for name, digest in result.get("generated", ())),
        seconds=result.get("seconds", 0.0),
        clock=result.get("clock", 0),
        log=log,
    )


def read_last_lines(log: str, count: int = 20) -> tuple[str, ...]:
    """Return the last ``count`` lines of a log, each cut to 400 characters; empty when there is no log."""
    try:
        with open(log, encoding="utf-8", errors="replace") as stream:
            return tuple(line.rstrip("\n")[:400] for line in stream.readlines()[-count:])
    except FileNotFoundError:
        return ()


def probe_sandbox(folder: str) -> Outcome:
    """Try the sandbox with an empty job; ``missing`` of the outcome lists the namespaces that this host does not allow."""
    os.makedirs(folder, exist_ok=True)
    return run_in_sandbox(Job(folder, "/build", (), (), (), (), time_limit=30))


def choose_host_id(euid: int, uid_map: str) -> int:
    """Return the host id for a build started by ``euid``: 0 to keep the user's own id, which is not root's.

    ``uid_map`` is the text of /proc/self/uid_map: in a container that does not have ``BUILD_ID``, its highest id is used.
    """
    if euid != 0:
        return 0
    ranges = [(int(first), int(count)) for first, _, count in (line.split() for line in uid_map.splitlines())]
    if any(first <= BUILD_ID < first + count for first, count in ranges):
        return BUILD_ID
    return max((first + count - 1 for first, count in ranges), default=0)


def _outer_id_of_root(uid_map: str) -> int | None:
    """Return the id that root of this user namespace has outside it; ``None`` when it has none."""
    rows = [tuple(map(int, line.split())) for line in uid_map.splitlines()]
    return next((outer for inner, outer, _ in rows if inner == 0), None)


def _hand_over(paths: Iterable[str], owner: int) -> None:
    """Make ``owner`` the owner of everything below ``paths``; links are not followed."""
    for path in paths:
        os.chown(path, owner, owner, follow_symlinks=False)
        for top, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(f"{top}/{name}", owner, owner, follow_symlinks=False)
