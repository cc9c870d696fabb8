"""How programs for another architecture can run here, found out by trying: with binfmt_misc, or with qemu in front of each program.

A user namespace may have its own binfmt_misc (Linux 6.7); what is registered there also applies to the programs that programs start.
So a child process creates one and registers qemu as the launcher would; the first step that fails is the answer.
"""

import os
import shutil

from nipsys.effects.host.namespaces import enter_user_namespace, run_in_child
from nipsys.model import Frozen

MAGIC = "\\x7fELF\\x02\\x01\\x01" + "\\x00" * 9 + "\\x02\\x00"
MASK = "\\xff" * 7 + "\\x00" + "\\xff" * 8 + "\\xfe\\xff\\xff\\xff"
MACHINES = {"aarch64": "\\xb7\\x00", "x86_64": "\\x3e\\x00"}
"""``e_machine`` in the syntax of the register file (kernel documentation, "binfmt-misc")."""


class Emulation(Frozen):
    """How programs for one architecture run here."""

    qemu: str
    """Path of the emulator; empty when there is none and the programs cannot run."""
    nested: bool
    """Programs started by those programs run as well."""
    step: str = ""
    """The first step of the probe that failed."""
    reason: str = ""


def probe_emulation(arch: str) -> Emulation:
    """Find out how programs for ``arch`` run here, in a child process; the host is not changed.

    ``NIPSYS_NAMESPACES=off`` in the environment means a host without user namespaces.
    """
    name = f"qemu-{arch}-static"
    qemu = shutil.which(name)
    if qemu is None:
        return Emulation("", False, "find qemu", f"`{name}` is not on PATH")
    if os.environ.get("NIPSYS_NAMESPACES") == "off":
        return Emulation(qemu, False, "not tried", "NIPSYS_NAMESPACES is off")
    line = f":nipsys-{arch}:M::{MAGIC}{MACHINES[arch]}:{MASK}:{qemu}:FP"
    step, _, reason = run_in_child(lambda: _register(line)).partition("\n")
    return Emulation(qemu, not step, step, reason)


def _register(line: str) -> str:
    """Register in a new namespace; return the step that failed and why, a line each, or an empty text."""
    library, refused = enter_user_namespace(inside=0)
    if refused:
        return refused
    if library.mount(b"binfmt_misc", b"/proc/sys/fs/binfmt_misc", b"binfmt_misc", 0, None):
        return "mount binfmt_misc in the namespace\nthis kernel has no binfmt_misc per namespace (since Linux 6.7)"
    try:
        with open("/proc/sys/fs/binfmt_misc/register", "w", encoding="ascii") as file:
            file.write(line)
    except OSError as error:
        return f"register qemu\n{error.strerror}"
    return ""
