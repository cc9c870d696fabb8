"""A process that can start programs of aarch64 by qemu, whatever the host has registered: ``foreign.py COMMAND...``.

It stands in a user namespace of its own with a binfmt_misc of its own (Linux 6.7), as root there: qemu has threads, and a process with
threads cannot make a user namespace, so a launcher under qemu must be able to do without.
"""

import ctypes
import os
import shutil
import sys

NEWNS, NEWUSER, REC, PRIVATE = 0x00020000, 0x10000000, 0x4000, 1 << 18
PLACE = "/proc/sys/fs/binfmt_misc"
HEAD = "\\x7fELF\\x02\\x01\\x01" + "\\x00" * 9 + "\\x02\\x00\\xb7\\x00"
MASK = "\\xff" * 7 + "\\x00" + "\\xff" * 8 + "\\xfe\\xff\\xff\\xff"


def enter() -> str:
    """Make the namespace; give what was refused, or nothing."""
    library, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    qemu = shutil.which("qemu-aarch64-static")
    if qemu is None:
        return "qemu-user-static is missing"
    if library.unshare(NEWUSER | NEWNS):
        return f"user namespace: {os.strerror(ctypes.get_errno())}"
    for path, text in (("uid_map", f"0 {user} 1"), ("setgroups", "deny"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{path}", "w", encoding="ascii") as file:
            file.write(text)
    if library.mount(b"none", b"/", None, REC | PRIVATE, None) or library.mount(b"binfmt_misc", PLACE.encode(), b"binfmt_misc", 0, None):
        return f"binfmt_misc: {os.strerror(ctypes.get_errno())}"
    with open(f"{PLACE}/register", "w", encoding="utf-8") as file:
        file.write(f":aarch64:M::{HEAD}:{MASK}:{qemu}:FP")
    return ""


if __name__ == "__main__":
    if refused := enter():
        sys.exit(f"foreign.py: {refused}")
    os.execvp(sys.argv[1], sys.argv[1:])
