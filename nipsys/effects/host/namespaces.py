"""What an unprivileged user may do with namespaces on this host, found out by trying.

Settings alone do not say: some kernels allow a user namespace to be created but refuse what it is for. So a child process
creates one, maps itself, mounts, binds and pivots; the first step that fails is the answer.
"""

import ctypes
import os
from collections.abc import Callable

from nipsys.model import Frozen

_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000
_BIND, _REC, _SLAVE, _DETACH = 0x1000, 0x4000, 1 << 19, 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_STEPS = (
    "make namespaces",
    "map the user",
    "detach mounts",
    "mount a tmpfs",
    "bind a directory",
    "pivot the root",
    "make a network namespace",
)


class Namespaces(Frozen):
    """The result of the probe."""

    open: bool
    """Views can be entered."""
    network: bool
    """A network namespace is available, so triggers and builds can be cut off from the network."""
    step: str = ""
    """The first step that failed."""
    reason: str = ""
    """The kernel's error for that step."""


def probe() -> Namespaces:
    """Try everything that entering a view needs, in a child process; the host is not changed.

    ``NIPSYS_NAMESPACES=off`` in the environment means a host without user namespaces: the user asks for relocated programs.
    """
    if os.environ.get("NIPSYS_NAMESPACES") == "off":
        return Namespaces(open=False, network=False, step="not tried", reason="NIPSYS_NAMESPACES is off")
    text = run_in_child(_try_steps)
    step, _, reason = text.partition("\n")
    if step == "":
        return Namespaces(open=True, network=True)
    if step == _STEPS[6]:
        return Namespaces(open=True, network=False, step=step, reason=reason)
    return Namespaces(open=False, network=False, step=step, reason=reason)


def list_steps(found: Namespaces) -> tuple[tuple[str, str], ...]:
    """Return every step of the probe with its result: ``done``, ``not needed`` (as root), the kernel's error, or ``not reached``."""
    reached = _STEPS.index(found.step) if found.step in _STEPS else 0 if found.step else len(_STEPS)
    went = ["done"] * reached + [found.reason] * (found.step in _STEPS)
    if reached > 1 and os.geteuid() == 0:
        went[1] = "not needed"
    return tuple(zip(_STEPS, went + ["not reached"] * (len(_STEPS) - len(went)), strict=True))


def run_in_child(trial: Callable[[], str]) -> str:
    """Run ``trial`` in a child process, where it may change its namespaces, and return its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "start\nthe probe died"
        try:
            os.close(reading)
            said = trial()
        finally:
            os.write(writing, said.encode() or b"\0")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text.rstrip("\0") if text else "start\nthe probe died"


def enter_user_namespace(inside: int | None = None) -> tuple[ctypes.CDLL, str]:
    """Unshare user and mount namespaces and map this user, as ``inside`` or to the same number.

    Returns the C library, and the step that failed and why, a line each (empty when none did).
    """
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if library.unshare(_NEWUSER | _NEWNS):
        return library, f"{_STEPS[0]}\n{os.strerror(ctypes.get_errno())}"
    try:
        _write_file("/proc/self/uid_map", f"{user if inside is None else inside} {user} 1\n")
        _write_file("/proc/self/setgroups", "deny")
        _write_file("/proc/self/gid_map", f"{group if inside is None else inside} {group} 1\n")
    except OSError as error:
        return library, f"{_STEPS[1]}\n{error.strerror}"
    return library, ""


def _try_steps() -> str:
    """Go through the steps; return the first that fails and why, a line each, or an empty text."""
    library = ctypes.CDLL(None, use_errno=True)

    def failed(result: int) -> bool:
        return result != 0

    def reason(step: int) -> str:
        return f"{_STEPS[step]}\n{os.strerror(ctypes.get_errno())}"

    if os.geteuid() != 0 or failed(library.unshare(_NEWNS)):
        library, refused = enter_user_namespace()
        if refused:
            return refused
    if failed(library.mount(b"none", b"/", None, _REC | _SLAVE, None)):
        return reason(2)
    if failed(library.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=64k")):
        return reason(3)
    os.mkdir("/tmp/host")  # noqa: S108 - inside the fresh tmpfs
    os.mkdir("/tmp/proc")  # noqa: S108 - the same
    if failed(library.mount(b"/proc", b"/tmp/proc", None, _BIND | _REC, None)):
        return reason(4)
    os.chdir("/tmp")  # noqa: S108 - the same
    if failed(library.syscall(_PIVOT_ROOT.get(os.uname().machine, 155), b".", b"host")):
        return reason(5)
    return reason(6) if failed(library.unshare(_NEWNET)) else ""


def _write_file(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
