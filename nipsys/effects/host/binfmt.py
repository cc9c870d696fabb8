"""How programs of another machine can be run here, found out by doing it: by the kernel's binfmt_misc, or qemu before each.

A user namespace may have a binfmt_misc of its own (Linux 6.7): what is registered there holds for the programs that programs start,
too. So a child makes one and registers qemu as the launcher would; which step is refused is the answer.
"""

import os
import shutil

from nipsys.effects.host.namespaces import attempt, make_own
from nipsys.model.value import Frozen

HEAD = "\\x7fELF\\x02\\x01\\x01" + "\\x00" * 9 + "\\x02\\x00"
MASK = "\\xff" * 7 + "\\x00" + "\\xff" * 8 + "\\xfe\\xff\\xff\\xff"
MACHINES = {"aarch64": "\\xb7\\x00", "x86_64": "\\x3e\\x00"}
"""``e_machine`` as the register file wants it written (kernel documentation, "binfmt-misc")."""


class Emulation(Frozen):
    """The answer for one machine."""

    qemu: str
    """The emulator; empty when there is none, and the programs do not run."""
    whole: bool
    """The programs that its programs start run as well."""
    step: str = ""
    """The first step towards that which was refused."""
    reason: str = ""


def emulation(arch: str) -> Emulation:
    """Try how programs for ``arch`` run here; nothing outside of a child is touched.

    ``NIPSYS_NAMESPACES=off`` in the environment is taken for a closed host.
    """
    name = f"qemu-{arch}-static"
    qemu = shutil.which(name)
    if qemu is None:
        return Emulation("", False, "find qemu", f"`{name}` is not on PATH")
    if os.environ.get("NIPSYS_NAMESPACES") == "off":
        return Emulation(qemu, False, "not tried", "NIPSYS_NAMESPACES is off")
    line = f":nipsys-{arch}:M::{HEAD}{MACHINES[arch]}:{MASK}:{qemu}:FP"
    step, _, reason = attempt(lambda: _register(line)).partition("\n")
    return Emulation(qemu, not step, step, reason)


def _register(line: str) -> str:
    """Register in a namespace of our own; give the step that was refused and why, a line each, or nothing."""
    library, refused = make_own(inside=0)
    if refused:
        return refused
    if library.mount(b"binfmt_misc", b"/proc/sys/fs/binfmt_misc", b"binfmt_misc", 0, None):
        return "mount binfmt_misc in the namespace\nthis kernel has none of its own for a namespace (Linux 6.7)"
    try:
        with open("/proc/sys/fs/binfmt_misc/register", "w", encoding="ascii") as file:
            file.write(line)
    except OSError as error:
        return f"register qemu\n{error.strerror}"
    return ""
