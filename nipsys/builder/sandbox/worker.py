"""The child process of a build: enter the namespaces, then run the steps. Run as ``python -m nipsys.builder.sandbox.worker JOB``.

It reads the job as JSON from the path JOB and writes the result to ``JOB.result``. Only the standard library is imported. The order
matters: namespaces, root, devices, limits, then the steps; a build never sees the host's /dev, network or processes.
"""

import ctypes
import fcntl
import json
import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import time
from typing import Any

from nipsys.builder.sandbox.steps import StepContext, StepFailed
from nipsys.builder.sandbox.time_shift import Tracer, allow_tracing, attach, can_shift_time, trap_time_calls

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_FLAGS = {"user": 0x10000000, "mount": 0x00020000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x08000000, "uts": 0x04000000}
"""CLONE_NEW... of unshare(2)."""
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_DEVICES = ("null", "zero", "full", "random", "urandom")


def main(path: str) -> int:
    """Run the job at ``path`` and write the result to ``path`` plus ``.result``; return the exit status, always 0."""
    with open(path, encoding="utf-8") as stream:
        job = json.load(stream)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The child's new root becomes the root of this process too: from then on only this descriptor reaches the result.
    place = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    name = os.path.basename(path) + ".result"
    try:
        missing = _unshare(job)
    except OSError as error:
        _write_result(
            place, name, {"status": "closed", "code": "build-sandbox", "message": str(error.strerror), "missing": sorted(_CLONE_FLAGS)}
        )
        return 0
    allow_tracing()
    gate, opener = os.pipe()
    child = os.fork()
    if not child:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        job["clock"] = job["clock"] if os.read(gate, 1) == b"t" else 0
        _write_result(place, name, _run_steps(job, missing))
        os._exit(0)
    traced = job["clock"] != 0 and can_shift_time() and attach(child)
    os.write(opener, b"t" if traced else b"-")
    status = os.waitstatus_to_exitcode(Tracer(job["clock"]).serve(child) if traced else os.waitpid(child, 0)[1])
    if name not in os.listdir(place):
        message = f"the sandbox ended with {status}"
        _write_result(place, name, {"status": "died", "code": "build-sandbox", "message": message, "missing": missing})
    return 0


def _write_result(place: int, name: str, result: dict[str, Any]) -> None:
    """Write the result in one rename, into the directory of the descriptor ``place``."""
    answer = os.open(name + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644, dir_fd=place)
    with os.fdopen(answer, "w", encoding="utf-8") as stream:
        json.dump(result, stream)
    os.rename(name + ".new", name, src_dir_fd=place, dst_dir_fd=place)


def _unshare(job: dict[str, Any]) -> list[str]:
    """Enter new namespaces; return the names of those that the host does not allow. ``OSError`` without a mount namespace."""
    uid, gid = os.geteuid(), os.getegid()
    missing: list[str] = []
    if _LIBC.unshare(_CLONE_FLAGS["user"] | _CLONE_FLAGS["mount"]) == 0:
        _map_ids(uid, gid, job["uid"])
    elif _LIBC.unshare(_CLONE_FLAGS["mount"]) == 0:
        missing.append("user")
    else:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    missing += [name for name in ("pid", "net", "ipc", "uts") if _LIBC.unshare(_CLONE_FLAGS[name]) != 0]
    return missing


def _map_ids(uid: int, gid: int, inside: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
            stream.write(text)


def _run_steps(job: dict[str, Any], missing: list[str]) -> dict[str, Any]:
    """Build the root, enter it and run the steps; return the result."""
    log = open(job["log"], "ab", buffering=0)  # noqa: SIM115 - open until the process ends
    bench = StepContext(out=job["out"], jobs=job["jobs"], env=job["env"], log=log)
    number = -1
    started = time.monotonic()
    try:
        _enter_root(job, missing)
        _set_limits(job)
        if job["clock"] and not trap_time_calls():
            job["clock"] = 0
        for number, step in enumerate(job["steps"]):
            log.write(f"--- {number + 1}: {step['do']} {_describe_step(step)}\n".encode("utf-8", "surrogateescape"))
            bench.execute(step)
        status, code, message = "done", "", ""
    except StepFailed as failed:
        status, code, message = "failed", failed.code, str(failed)
    except OSError as error:
        status, code, message = "closed", "build-sandbox", f"{error.strerror} ({error.filename})"
    return {
        "status": status,
        "code": code,
        "message": message,
        "step": number,
        "missing": missing,
        "executed": bench.executed,
        "generated": bench.generated,
        "clock": job["clock"],
        "seconds": time.monotonic() - started,
    }


def _describe_step(step: dict[str, Any]) -> str:
    words = step.get("argv") or [step.get("path") or step.get("origin") or ""]
    return " ".join(words)[:500]


def _enter_root(job: dict[str, Any], missing: list[str]) -> None:
    """Build the new root on a private tmpfs from declared inputs only, and pivot into it."""
    root = job["root"]
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755")
    for name in ("build", "tmp", "dev", "proc", "store", "src"):
        os.mkdir(f"{root}/{name}")
    _mount("tmpfs", f"{root}/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=1777")  # noqa: S108 - the sandbox's own
    for target, origin, kind in job["mounts"]:
        _mount_entry(root + target, origin, kind, job["shuffle"])
    _make_devices(f"{root}/dev")
    if "pid" not in missing and _LIBC.mount(b"proc", f"{root}/proc".encode(), b"proc", _MS_NOSUID | _MS_NODEV, None) != 0:
        missing.append("proc")
    os.chdir(root)
    if _LIBC.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b".") != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "pivot_root")
    if _LIBC.umount2(b".", _MNT_DETACH) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "umount")
    for path, target in job["links"]:  # in the new root, where no path can lead to the host, whatever links the mounts contain
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)
    os.chdir("/build")
    if "uts" not in missing:
        socket.sethostname(job["host"])
    if "net" not in missing:
        _enable_loopback()


def _mount_entry(target: str, origin: str, kind: str, shuffle: int | None) -> None:
    """Mount one directory or file in the root; with ``shuffle``, ``ro`` and ``rw`` directories are copies in another order."""
    if os.path.isdir(origin):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb"):
            pass
    if shuffle is not None and os.path.isdir(origin) and kind in {"ro", "rw"}:
        _mount("tmpfs", target, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755")
        _copy_shuffled(origin, target, random.Random(shuffle))  # noqa: S311 - no secret: another order is wanted
        if kind == "ro":
            _mount(None, target, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
        return
    _mount(origin, target, None, _MS_BIND | _MS_REC)
    if kind in {"ro", "host"}:
        _mount(None, target, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(target))


def _locked_flags(path: str) -> int:
    """Return the locked mount flags (mount_namespaces(7)) that a remount in a user namespace must repeat."""
    flags = os.statvfs(path).f_flag
    kept = {os.ST_NOSUID: 2, os.ST_NODEV: 4, os.ST_NOEXEC: 8, os.ST_NOATIME: 1024, os.ST_NODIRATIME: 2048, os.ST_RELATIME: 1 << 21}
    return sum(mount for flag, mount in kept.items() if flags & flag)


def _copy_shuffled(origin: str, target: str, order: random.Random) -> None:
    """Copy a directory so that its entries are listed in another order: a tmpfs lists the newest entry first."""
    names = os.listdir(origin)
    order.shuffle(names)
    for name in names:
        here, there = f"{origin}/{name}", f"{target}/{name}"
        if os.path.islink(here):
            os.symlink(os.readlink(here), there)
        elif os.path.isdir(here):
            os.mkdir(there)
            _copy_shuffled(here, there, order)
        else:
            shutil.copyfile(here, there)
            shutil.copystat(here, there)


def _make_devices(folder: str) -> None:
    """Bind the few device nodes that every program may use from the host into a private tmpfs."""
    _mount("tmpfs", folder, "tmpfs", _MS_NOSUID, "mode=755")
    for name in _DEVICES:
        with open(f"{folder}/{name}", "wb"):
            pass
        _mount(f"/dev/{name}", f"{folder}/{name}", None, _MS_BIND)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{folder}/{name}")
    os.mkdir(f"{folder}/shm")


def _mount(origin: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [word.encode("utf-8", "surrogateescape") if word is not None else None for word in (origin, target, kind, data)]
    if _LIBC.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), f"mount {target}")


def _enable_loopback() -> None:
    """Set the loopback interface up: it is the only network of a build."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def _set_limits(job: dict[str, Any]) -> None:
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, value in job["limits"].items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
