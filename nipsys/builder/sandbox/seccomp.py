"""Refuse system calls that no build needs and that reach beyond a sandbox: keys, kernel modules, clocks, page faults of the kernel.

A filter of seccomp(2) in classic BPF answers them with ``EPERM``; the default profile of container engines refuses the same ones. Programs
of a call table that is not known here are refused wholly. Only the standard library is imported.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Mapping

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_SECCOMP, _FILTER = 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT_1 = 0, 4, 24
"""Offsets in struct seccomp_data; the argument's lower half, on little-endian machines."""
_X32_BIT = 0x40000000
_REFUSE = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_KEYCTL_JOIN_SESSION_KEYRING = 1

MACHINES: Mapping[str, tuple[str, ...]] = {"x86_64": ("x86_64", "i386"), "aarch64": ("aarch64",)}
"""The call tables that programs of a machine use."""
_AUDIT = {"x86_64": 0xC000003E, "i386": 0x40000003, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_... of <linux/audit.h>."""
_IOCTL = {"x86_64": 16, "i386": 54, "aarch64": 29}
_KEYCTL = {"x86_64": 250, "aarch64": 219}

REFUSED: Mapping[str, Mapping[str, int]] = {
    "x86_64": {
        "acct": 163, "settimeofday": 164, "swapon": 167, "swapoff": 168, "reboot": 169, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "syslog": 103, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305,
        "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    },
    "i386": {
        "acct": 51, "settimeofday": 79, "swapon": 87, "swapoff": 115, "reboot": 88, "iopl": 110, "ioperm": 101, "init_module": 128,
        "delete_module": 129, "quotactl": 131, "syslog": 103, "clock_settime": 264, "clock_settime64": 404, "kexec_load": 283,
        "add_key": 286, "request_key": 287, "keyctl": 288, "perf_event_open": 336, "name_to_handle_at": 341, "open_by_handle_at": 342,
        "clock_adjtime": 343,
        "clock_adjtime64": 405, "finit_module": 350, "bpf": 357, "userfaultfd": 374, "stime": 25,
    },
    "aarch64": {
        "acct": 89, "settimeofday": 170, "swapon": 224, "swapoff": 225, "reboot": 142, "init_module": 105, "delete_module": 106,
        "quotactl": 60, "syslog": 116, "clock_settime": 112, "kexec_load": 104, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "finit_module": 273,
        "kexec_file_load": 294, "bpf": 280, "userfaultfd": 282,
    },
}  # fmt: skip
"""By call table: the system calls and their numbers (syscalls(2))."""


def leave_keyring() -> None:
    """Join a new, empty session keyring (keyrings(7)): the one of the caller may hold keys of the host."""
    number = _KEYCTL.get(os.uname().machine)
    if number is not None:
        _LIBC.syscall(number, _KEYCTL_JOIN_SESSION_KEYRING, None)


def refuse_calls() -> bool:
    """Refuse the calls from here on, in this process and all it starts; return whether the kernel has the filter."""
    machine = os.uname().machine
    if machine not in MACHINES:
        return False
    instructions = build_filter(machine)
    block = ctypes.create_string_buffer(instructions, len(instructions))
    program = struct.pack("HxxxxxxQ", len(instructions) // 8, ctypes.addressof(block))
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(program), 0, 0) == 0)


def build_filter(machine: str) -> bytes:
    """Return the filter for a machine, one struct sock_filter of 8 bytes for each instruction."""
    code: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, _ARCHITECTURE)]
    for table in MACHINES[machine]:
        block = _build_block(table)
        code += [(_EQUAL, 0, len(block), _AUDIT[table]), *block]
    return b"".join(struct.pack("HBBI", *step) for step in [*code, _REFUSE])


def _build_block(table: str) -> list[tuple[int, int, int, int]]:
    """Return the instructions for the calls of one table; every path through them returns."""
    code: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, _NUMBER)]
    if table == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32_BIT), _REFUSE]
    for number in sorted(REFUSED[table].values()):
        code += [(_EQUAL, 0, 1, number), _REFUSE]
    code += [(_EQUAL, 0, 4, _IOCTL[table]), (_LOAD, 0, 0, _ARGUMENT_1)]
    return [*code, (_EQUAL, 1, 0, _TIOCSTI), (_EQUAL, 0, 1, _TIOCLINUX), _REFUSE, (_RETURN, 0, 0, _ALLOW)]
