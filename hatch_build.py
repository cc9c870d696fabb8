"""Compile the launcher when the package is built or installed; without a C compiler the package is complete all the same.

The compiled program is static and knows no path, so a wheel that carries it is bound to the machine's architecture only.
"""

import os
import shutil
import subprocess
import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILERS = ("musl-gcc", "gcc", "clang", "cc")
"""The small library first: its static programs start quickest."""


class LauncherHook(BuildHookInterface[Any]):
    """Put ``nipsys/view/native/bin/launch-<machine>`` into the wheel, or beside the source of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Compile with the first compiler that manages; leave a pure package when none does."""
        if self.target_name != "wheel":
            return
        native = os.path.join(self.root, "nipsys", "view", "native")
        machine = os.uname().machine
        target = os.path.join(native, "bin", f"launch-{machine}")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not _compile(os.path.join(native, "launch.c"), target):
            self.app.display_warning("no C compiler makes a static program here: a Python launcher takes over, more slowly")
            return
        _compile_shim(os.path.join(native, "shim.c"), os.path.join(native, "bin", f"shim-{machine}.so"))
        build_data["artifacts"].append("nipsys/view/native/bin/*")
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")


SHIM_FLAGS = (
    "-Os", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip
"""As in ``nipsys.view.launcher``: without a C library, so that its references carry no version."""


def _compile_shim(source: str, target: str) -> None:
    """Compile the redirecting library; it is only needed where namespaces are closed, so its absence is no fault."""
    fresh = f"{target}.{os.getpid()}"
    for compiler in (os.environ.get("NIPSYS_CC", ""), "gcc", "clang", "cc"):
        if compiler and shutil.which(compiler):
            command = [compiler, *SHIM_FLAGS, "-o", fresh, source]
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.replace(fresh, target)
                return


def _compile(source: str, target: str) -> bool:
    fresh = f"{target}.{os.getpid()}"
    for compiler in (os.environ.get("NIPSYS_CC", ""), *COMPILERS):
        if compiler and shutil.which(compiler):
            command = [compiler, "-Os", "-static", "-s", "-o", fresh, source]
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                os.replace(fresh, target)
                return True
    return False
