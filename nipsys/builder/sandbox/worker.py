"""The child process of a build: enter the namespaces, then run the steps. Run as ``python -m nipsys.builder.sandbox.worker JOB``.

It reads the job as JSON from the path JOB and writes the result to ``JOB.result``. Only the standard library is imported. The order
matters: namespaces, root, devices, limits, identity, then the steps; a build never sees the host's /dev, network or processes.

A build never runs as the host's root. When root starts it, the root file system is prepared with root's rights; then the process becomes
an unprivileged host id for good, in a user namespace in which that id has the number the job asks for.
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

from nipsys.builder.sandbox.idmap import bind_read_only, open_id_map
from nipsys.builder.sandbox.seccomp import leave_keyring, refuse_calls
from nipsys.builder.sandbox.steps import StepContext, StepFailed
from nipsys.builder.sandbox.time_shift import Tracer, allow_tracing, attach, can_shift_time, trap_time_calls

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_FLAGS = {"user": 0x10000000, "mount": 0x00020000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x08000000, "uts": 0x04000000}
"""CLONE_NEW... of unshare(2)."""
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITIES = 64
"""More than any kernel has: dropping one that does not exist fails harmlessly."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PROC_READ_ONLY = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "asound", "scsi", "mtrr", "driver")
"""Below /proc: settings of the whole host, which runc(8) also shows read-only or not at all."""
_PROC_HIDDEN = ("kcore", "kmsg", "keys", "key-users", "kallsyms", "timer_list", "sched_debug", "latency_stats", "slabinfo", "vmallocinfo")
"""Below /proc: what tells of the host's kernel and of other users' keys."""


def main(path: str) -> int:
    """Run the job at ``path`` and write the result to ``path`` plus ``.result``; return the exit status, always 0."""
    with open(path, encoding="utf-8") as stream:
        job = json.load(stream)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The child's new root becomes the root of this process too, and the child loses the right to create files in this directory:
    # from then on only these descriptors reach the result.
    place = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    name = os.path.basename(path) + ".result"
    answer = os.open(name + ".new", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600, dir_fd=place)
    job["id_map"] = open_id_map(job["host_id"]) if job["host_id"] else None  # while /proc still shows the processes that it makes
    try:
        missing = _unshare(job)
    except OSError as error:
        _write(answer, {"status": "closed", "code": "build-sandbox", "message": str(error.strerror), "missing": sorted(_CLONE_FLAGS)})
        os.rename(name + ".new", name, src_dir_fd=place, dst_dir_fd=place)
        return 0
    allow_tracing()
    gate, opener = os.pipe()
    child = os.fork()
    if not child:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        job["clock"] = job["clock"] if os.read(gate, 1) == b"t" else 0
        _write(answer, _run_steps(job, missing))
        os._exit(0)
    traced = job["clock"] != 0 and can_shift_time() and attach(child)
    os.write(opener, b"t" if traced else b"-")
    status = os.waitstatus_to_exitcode(Tracer(job["clock"]).serve(child) if traced else os.waitpid(child, 0)[1])
    if status != 0:
        message = f"the sandbox ended with {status}"
        _write(answer, {"status": "died", "code": "build-sandbox", "message": message, "missing": missing})
    os.rename(name + ".new", name, src_dir_fd=place, dst_dir_fd=place)
    return 0


def _write(answer: int, result: dict[str, Any]) -> None:
    """Write the result to the descriptor ``answer``, in place of what a dead process may have left there."""
    os.ftruncate(answer, 0)
    os.pwrite(answer, json.dumps(result).encode("utf-8"), 0)


def _unshare(job: dict[str, Any]) -> list[str]:
    """Enter new namespaces; return the names of those that the host does not allow. ``OSError`` without a mount namespace."""
    uid, gid = os.geteuid(), os.getegid()
    missing: list[str] = []
    if job["host_id"] and _LIBC.unshare(_CLONE_FLAGS["mount"]) == 0:
        pass  # root prepares everything and becomes ``host_id`` before the first step
    elif _LIBC.unshare(_CLONE_FLAGS["user"] | _CLONE_FLAGS["mount"]) == 0:
        _map_ids(uid, gid, job["uid"])
        job["host_id"] = 0
        missing += ["identity"] * job["is_root"]
    elif _LIBC.unshare(_CLONE_FLAGS["mount"]) == 0:
        missing += ["user", *["identity"] * job["is_root"]]
        job["host_id"] = 0
    else:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    missing += [name for name in ("pid", "net", "ipc", "uts") if _LIBC.unshare(_CLONE_FLAGS[name]) != 0]
    return missing


def _map_ids(uid: int, gid: int, inside: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="utf-8") as stream:
            stream.write(text)


def _run_steps(job: dict[str, Any], missing: list[str]) -> dict[str, Any]:
    """Build the root, enter it and run the steps; return the result."""
    log = open(job["log"], "ab", buffering=0)  # noqa: SIM115 - open until the process ends
    step_context = StepContext(out=job["out"], jobs=job["jobs"], env=job["env"], log=log)
    number = -1
    started = time.monotonic()
    try:
        leave_keyring()
        _enter_root(job, missing)
        _set_limits(job)
        if job["host_id"]:
            _become_unprivileged(job, missing)
        if not refuse_calls():
            missing.append("seccomp")
        if job["clock"] and not trap_time_calls():
            job["clock"] = 0
        for number, step in enumerate(job["steps"]):
            log.write(f"--- {number + 1}: {step['do']} {_describe_step(step)}\n".encode("utf-8", "surrogateescape"))
            step_context.execute(step)
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
        "executed": step_context.executed,
        "generated": step_context.generated,
        "clock": job["clock"],
        "seconds": time.monotonic() - started,
    }


def _become_unprivileged(job: dict[str, Any], missing: list[str]) -> None:
    """Drop root for good: become ``host_id``, without capabilities, shown as ``uid`` in a user namespace of its own."""
    ids = job["host_id"]
    os.setgroups([])
    for capability in range(_CAPABILITIES):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setresgid(ids, ids, ids)
    os.setresuid(ids, ids, ids)
    # the kernel clears both when the user changes; /proc/self belongs to root until the process is dumpable again
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    if "proc" not in missing and "pid" not in missing and _LIBC.unshare(_CLONE_FLAGS["user"]) == 0:
        _map_ids(ids, ids, job["uid"])
    else:
        missing.append("user")


def _describe_step(step: dict[str, Any]) -> str:
    words = step.get("argv") or [step.get("path") or step.get("origin") or ""]
    return " ".join(words)[:500]


def _enter_root(job: dict[str, Any], missing: list[str]) -> None:
    """Build the new root on a private tmpfs from declared inputs only, and pivot into it."""
    root, owner = job["root"], job["host_id"]
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode=755,uid={owner},gid={owner}" if owner else "mode=755")
    for name in ("build", "tmp", "dev", "proc", "store", "src"):
        os.mkdir(f"{root}/{name}")
        if owner:
            os.chown(f"{root}/{name}", owner, owner)
    _mount("tmpfs", f"{root}/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=1777")  # noqa: S108 - the sandbox's own
    for target, origin, kind in job["mounts"]:
        _mount_entry(root + target, origin, kind, job)
    _make_devices(f"{root}/dev")
    if "pid" not in missing and _LIBC.mount(b"proc", f"{root}/proc".encode(), b"proc", _MS_NOSUID | _MS_NODEV, None) != 0:
        missing.append("proc")
    _protect_proc(f"{root}/proc")
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


def _mount_entry(target: str, origin: str, kind: str, job: dict[str, Any]) -> None:
    """Mount one directory or file in the root; with ``shuffle``, ``ro`` and ``rw`` directories are copies in another order.

    For a build with a ``host_id`` the files of root are that id's: by an id-mapped mount, or in the copy.
    """
    shuffle, owner, id_map = job["shuffle"], job["host_id"], job["id_map"]
    if os.path.isdir(origin):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb"):
            pass
    if shuffle is not None and os.path.isdir(origin) and kind in {"ro", "rw"}:
        _mount("tmpfs", target, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755")
        _copy_shuffled(origin, target, random.Random(shuffle))  # noqa: S311 - no secret: another order is wanted
        if owner:
            _hand_over(target, owner)
        if kind == "ro":
            _mount(None, target, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
        return
    if kind == "ro" and id_map is not None and bind_read_only(origin, target, id_map):
        return
    _mount(origin, target, None, _MS_BIND | _MS_REC)
    if kind in {"ro", "host"}:
        _mount(None, target, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(target))


def _hand_over(path: str, owner: int) -> None:
    os.chown(path, owner, owner)
    for top, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(f"{top}/{name}", owner, owner, follow_symlinks=False)


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
        # a read-only mount keeps mode and owner of the host's node; data still passes
        _mount(None, f"{folder}/{name}", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(f"{folder}/{name}"))
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{folder}/{name}")
    os.mkdir(f"{folder}/shm")
    _mount("tmpfs", f"{folder}/shm", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=1777")
    _mount(None, folder, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(folder))


def _protect_proc(proc: str) -> None:
    """Make the host's settings below /proc read-only and hide what tells of its kernel."""
    for name in _PROC_READ_ONLY:
        if os.path.exists(f"{proc}/{name}"):
            _mount(f"{proc}/{name}", f"{proc}/{name}", None, _MS_BIND | _MS_REC)
            _mount(None, f"{proc}/{name}", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(f"{proc}/{name}"))
    for name in _PROC_HIDDEN:
        if os.path.exists(f"{proc}/{name}"):
            _mount("/dev/null", f"{proc}/{name}", None, _MS_BIND)
            _mount(None, f"{proc}/{name}", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _locked_flags(f"{proc}/{name}"))


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
