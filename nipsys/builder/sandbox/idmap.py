"""Mounts in which the files of root belong to another user (mount_setattr(2), "ID-mapped mounts"; Linux 5.12).

A build that root starts runs as an unprivileged id, which could not read an input below a directory of mode 0700. On the disk nothing
changes. Only the standard library is imported.
"""

import ctypes
import os
import signal
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 4
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_IDMAP = 1, 2, 4, 0x00100000
_CLONE_NEWUSER = 0x10000000


def open_id_map(owner: int) -> int | None:
    """Return a descriptor of a user namespace in which root's files belong to ``owner``; ``None`` where none can be made."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, b"y" if _LIBC.unshare(_CLONE_NEWUSER) == 0 else b"n")
        signal.pause()
        os._exit(0)
    try:
        os.close(writing)
        if os.read(reading, 1) != b"y":
            return None
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w", encoding="utf-8") as stream:
                stream.write(f"0 {owner} 1")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def bind_read_only(origin: str, target: str, id_map: int) -> bool:
    """Bind ``origin`` at ``target``, read-only and with the owners of ``id_map``; return whether the kernel and the file system can."""
    tree = _LIBC.syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(origin), ctypes.c_uint(_OPEN_TREE_CLONE | os.O_CLOEXEC))
    if tree < 0:
        return False
    try:
        attributes = struct.pack("QQQQ", _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV | _ATTR_IDMAP, 0, 0, id_map)
        if _LIBC.syscall(_MOUNT_SETATTR, tree, b"", ctypes.c_uint(_AT_EMPTY_PATH), attributes, ctypes.c_size_t(len(attributes))) != 0:
            return False
        return bool(_LIBC.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), ctypes.c_uint(_MOVE_MOUNT_F_EMPTY_PATH)) == 0)
    finally:
        os.close(tree)
