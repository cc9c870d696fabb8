"""A host with nothing: run a command where there is only busybox, a static bash and what is bound in.

``bare.py [--closed] [--bind DIR]... WORK COMMAND...``: the command starts in WORK, in a root of its own that has no C
library, no /usr and no /lib, with processes and a network of its own that end with it. With ``--closed`` no further
user namespace can be made there.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

NEWNS, NEWUSER, NEWPID, NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
BIND, REC, PRIVATE, DETACH = 0x1000, 0x4000, 1 << 18, 2
TOOLS = {"busybox": "/bin/busybox", "bash": "/bin/bash-static"}
RUN_IN_VIEW = """#!/bin/sh
# run-in-view PROGRAM ARGS...: start a program that is not exposed, in the view named by $VIEW
if [ -n "${CLOSED:-}" ]; then
    case $1 in /*) ;; */*) exec "$@" ;; esac
fi
case $1 in
    /*) program=$1 ;;
    */*) program=$PWD/$1 ;;
    *) program=/usr/bin/$1 ;;
esac
exec "$LAUNCH" "$VIEW" "$program" "$@"
"""


def missing() -> str:
    return ", ".join(path for path in TOOLS.values() if not os.access(path, os.X_OK))


def main(arguments: list[str]) -> None:
    closed = arguments[0] == "--closed"
    arguments = arguments[closed:]
    binds = []
    while arguments[0] == "--bind":
        binds.append(arguments[1])
        arguments = arguments[2:]
    work, *command = arguments
    root = f"{work}.bare"
    enter_namespaces(closed)
    make_root(root)
    library = ctypes.CDLL(None, use_errno=True)
    must(library.mount(b"proc", f"{root}/proc".encode(), b"proc", 0, None), "proc")
    for path in [*binds, work, "/dev", "/sys"]:
        os.makedirs(root + path, exist_ok=True)
        must(library.mount(path.encode(), (root + path).encode(), None, BIND | REC, None), f"bind {path}")
    raise_loopback()
    os.chdir(root)
    pivot = 155 if os.uname().machine == "x86_64" else 41
    must(library.syscall(pivot, b".", b"."), "pivot")
    must(library.umount2(b".", DETACH), "umount")
    os.chdir(work)
    os.execve(command[0], command, dict(os.environ))


def must(result: int, step: str) -> None:
    if result:
        sys.exit(f"bare host: {step}: {os.strerror(ctypes.get_errno())}")


def enter_namespaces(closed: bool) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    must(library.unshare(NEWUSER | NEWNS | NEWPID | NEWNET), "unshare")
    write("/proc/self/uid_map", f"{user} {user} 1")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/gid_map", f"{group} {group} 1")
    must(library.mount(b"none", b"/", None, REC | PRIVATE, None), "private")
    if closed:
        write("/proc/sys/user/max_user_namespaces", "0")
        write("/proc/sys/user/max_mnt_namespaces", "0")  # root needs no user namespace for a mount namespace
    child = os.fork()  # the first process of the new process namespace: when it ends, so does everything in there
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)


def raise_loopback() -> None:
    with socket.socket() as file:
        fcntl.ioctl(file, 0x8914, struct.pack("16sH14x", b"lo", 1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def make_root(root: str) -> None:
    os.makedirs(root, exist_ok=True)
    must(ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", root.encode(), b"tmpfs", 0, b"mode=755"), "tmpfs")
    for name in ("bin", "etc", "tmp", "home", "proc", "sys", "dev"):
        os.mkdir(f"{root}/{name}")
    os.chmod(f"{root}/tmp", 0o1777)
    for name, path in TOOLS.items():
        with open(path, "rb") as source, open(f"{root}/bin/{name}", "wb") as target:
            target.write(source.read())
        os.chmod(f"{root}/bin/{name}", 0o755)
    applets = subprocess.run([f"{root}/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in set(applets) - set(TOOLS):
        os.symlink("busybox", f"{root}/bin/{name}")
    write(f"{root}/bin/run-in-view", RUN_IN_VIEW)
    os.chmod(f"{root}/bin/run-in-view", 0o755)
    write(f"{root}/etc/passwd", f"root:x:0:0:root:/root:/bin/sh\nme:x:{os.getuid()}:{os.getgid()}:me:/home:/bin/sh\n")
    write(f"{root}/etc/group", f"root:x:0:\nme:x:{os.getgid()}:\n")
    write(f"{root}/etc/hosts", "127.0.0.1 localhost\n")


if __name__ == "__main__":
    main(sys.argv[1:])
