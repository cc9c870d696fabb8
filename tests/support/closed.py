"""A process that no user namespace can be made from, whatever the host allows: ``closed.py COMMAND...``.

It stands in a user namespace of its own whose limits are 0, as on a host where the administrator set ``user.max_user_namespaces``;
nothing outside of it changes.
"""

import ctypes
import os
import sys

NEWUSER = 0x10000000


def close() -> None:
    """Close namespaces for this process and all that it starts."""
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(NEWUSER):
        sys.exit(f"closed.py: {os.strerror(ctypes.get_errno())}")
    for path, text in (
        ("/proc/self/uid_map", f"{user} {user} 1"),
        ("/proc/self/setgroups", "deny"),
        ("/proc/self/gid_map", f"{group} {group} 1"),
        ("/proc/sys/user/max_user_namespaces", "0"),
        ("/proc/sys/user/max_mnt_namespaces", "0"),  # root needs no user namespace for a mount namespace
    ):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


if __name__ == "__main__":
    close()
    os.execvp(sys.argv[1], sys.argv[1:])
