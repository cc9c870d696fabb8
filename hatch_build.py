"""Compile the launcher and the libraries when the package is built or installed; without a C compiler it is complete all the same.

The compiled program is static and knows no path, and the libraries ask for no version of a C library. A wheel carries them for every
machine that a compiler is at hand for, so that one wheel does for all of them; an editable installation has those of its own machine.
"""

import os
import shutil
import subprocess
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILERS = {
    "x86_64": ("x86_64-linux-musl-gcc", "x86_64-linux-gnu-gcc"),
    "aarch64": ("aarch64-linux-musl-gcc", "aarch64-linux-gnu-gcc"),
}
"""Of the machines a wheel is made for."""

OWN = ("musl-gcc", "gcc", "clang", "cc")
"""For the machine that builds. The small library first: its static programs start quickest."""


class NativeHook(BuildHookInterface[Any]):
    """Put ``nipsys/{view,effects}/native/bin/*-<machine>`` into the wheel, or beside the source of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile with the first compiler that manages; leave a pure package when none does."""
        if self.target_name != "wheel":
            return
        own = os.uname().machine
        machines = [own, *(() if version == "editable" else sorted(COMPILERS.keys() - {own}))]
        made = [machine for machine in machines if self._make(machine, (OWN if machine == own else ()) + COMPILERS.get(machine, ()))]
        if made:
            build_data["artifacts"] += ["nipsys/view/native/bin/*", "nipsys/effects/native/bin/*"]
            build_data["pure_python"] = False
            build_data["tag"] = "py3-none-" + ".".join(f"linux_{machine}" for machine in sorted(made))

    def _make(self, machine: str, compilers: tuple[str, ...]) -> bool:
        """Compile for one machine; tell whether anything was made. What was not, is said."""
        view, effects = (os.path.join(self.root, "nipsys", room, "native") for room in ("view", "effects"))
        for native in (view, effects):
            os.makedirs(os.path.join(native, "bin"), exist_ok=True)
        if machine == os.uname().machine:
            compilers = (os.environ.get("NIPSYS_CC", ""), *compilers)
        plain = tuple(name for name in compilers if "musl" not in name)  # the shim declares what musl's headers lack
        library = _compile(plain, DISK_FLAGS, os.path.join(effects, "disk.c"), os.path.join(effects, "bin", f"disk-{machine}.so"))
        if not library:
            self.app.display_warning(f"no C compiler makes a library for {machine}: files are written and read by Python, more slowly")
        launcher = _compile(compilers, LAUNCH_FLAGS, os.path.join(view, "launch.c"), os.path.join(view, "bin", f"launch-{machine}"))
        if not launcher:
            self.app.display_warning(f"no C compiler makes a static program for {machine}: a Python launcher takes over, more slowly")
        # the redirecting library is only needed where namespaces are closed, so its absence is no fault
        shim = _compile(plain, SHIM_FLAGS, os.path.join(view, "shim.c"), os.path.join(view, "bin", f"shim-{machine}.so"))
        return library or launcher or shim


LAUNCH_FLAGS = ("-Os", "-static", "-s")

SHIM_FLAGS = (
    "-Os", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip
"""As in ``nipsys.view.launcher.binary``: without a C library, so that its references carry no version."""


DISK_FLAGS = (
    "-O2", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys-disk.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip


def _compile(compilers: tuple[str, ...], flags: tuple[str, ...], source: str, target: str) -> bool:
    fresh = f"{target}.{os.getpid()}"
    for compiler in compilers:
        if compiler and shutil.which(compiler):
            command = [compiler, *flags, "-o", fresh, source]
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.replace(fresh, target)
                return True
    if os.path.exists(target):  # of an older source
        os.unlink(target)
    return False
