"""Compile the launcher and the disk's library when the package is built or installed; without a C compiler it is complete all the same.

The compiled program is static and knows no path, and the libraries ask for no version of a C library: a wheel that carries them is bound
to the machine's architecture only.
"""

import os
import shutil
import subprocess
import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILERS = ("musl-gcc", "gcc", "clang", "cc")
"""The small library first: its static programs start quickest."""


class NativeHook(BuildHookInterface[Any]):
    """Put ``nipsys/{view,effects}/native/bin/*-<machine>`` into the wheel, or beside the source of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Compile with the first compiler that manages; leave a pure package when none does."""
        if self.target_name != "wheel":
            return
        machine = os.uname().machine
        view, effects = (os.path.join(self.root, "nipsys", room, "native") for room in ("view", "effects"))
        for native in (view, effects):
            os.makedirs(os.path.join(native, "bin"), exist_ok=True)
        library = _compile_library(os.path.join(effects, "disk.c"), os.path.join(effects, "bin", f"disk-{machine}.so"), DISK_FLAGS)
        if not library:
            self.app.display_warning("no C compiler makes a library here: files are written and read by Python, more slowly")
        launcher = _compile(os.path.join(view, "launch.c"), os.path.join(view, "bin", f"launch-{machine}"))
        if not launcher:
            self.app.display_warning("no C compiler makes a static program here: a Python launcher takes over, more slowly")
        else:  # the redirecting library is only needed where namespaces are closed, so its absence is no fault
            _compile_library(os.path.join(view, "shim.c"), os.path.join(view, "bin", f"shim-{machine}.so"), SHIM_FLAGS)
        if library or launcher:
            build_data["artifacts"] += ["nipsys/view/native/bin/*", "nipsys/effects/native/bin/*"]
            build_data["pure_python"] = False
            build_data["tag"] = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")


SHIM_FLAGS = (
    "-Os", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip
"""As in ``nipsys.view.launcher``: without a C library, so that its references carry no version."""


DISK_FLAGS = (
    "-O2", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys-disk.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip


def _compile_library(source: str, target: str, flags: tuple[str, ...]) -> bool:
    fresh = f"{target}.{os.getpid()}"
    for compiler in (os.environ.get("NIPSYS_CC", ""), "gcc", "clang", "cc"):
        if compiler and shutil.which(compiler):
            command = [compiler, *flags, "-o", fresh, source]
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.replace(fresh, target)
                return True
    return False


def _compile(source: str, target: str) -> bool:
    fresh = f"{target}.{os.getpid()}"
    for compiler in (os.environ.get("NIPSYS_CC", ""), *COMPILERS):
        if compiler and shutil.which(compiler):
            command = [compiler, "-Os", "-static", "-s", "-o", fresh, source]
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.replace(fresh, target)
                return True
    return False
