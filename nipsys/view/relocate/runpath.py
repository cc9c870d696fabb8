"""Relocation without namespaces: a twin of the view whose programs find their libraries and data at its path.

The twin is a hard-linked copy of the view below ``R/state/relocated``. Programs in it get their own loader, a search
path relative to themselves (DT_RPATH, so that their libraries inherit it) and the shim as first needed library; all
other files are unchanged. It is valid for this machine and this path of the root only: no digest covers it, and it can
be created again at any time. Patched files are cached by their inputs, and the next twin uses them again.
"""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from nipsys.effects import run
from nipsys.model import (
    Advanced,
    Began,
    Ended,
    Problem,
    Rejected,
    Reporter,
    blake3_of,
    ignore_event,
    reject,
    shorten_digest,
    to_canonical_json,
)
from nipsys.model.system import File
from nipsys.store import Store
from nipsys.view.compose import resolve_path
from nipsys.view.elf import Elf, read_elf
from nipsys.view.launcher import ensure_shim, find_patchelf
from nipsys.view.model import ViewPlan
from nipsys.view.relocate.copies import twin_path
from nipsys.view.skeleton import BUNDLE, HOST_FILES, LOCALTIME

SHIM = "libnipsys.so.0"
_MARK = b"@nipsys-root@\n\0\0"
_ROOM = 4080
_SKIPPED = {".run", ".share", ".root", ".host", "dev", "proc", "sys", "run", "tmp", "home", "root", "mnt", "media", "var"}
_LOADERS = {
    "x86_64": ("lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"),
    "aarch64": ("lib/ld-linux-aarch64.so.1", "lib/ld-musl-aarch64.so.1"),
}
"""Of glibc and of musl: a world has only one of them, which the check of its view ensures."""
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem")


class Patch(NamedTuple):
    """How to patch one file."""

    path: str
    """Relative to the root."""
    digest: str
    """Digest of the original file."""
    interpreter: str
    """The new loader; empty for a library."""
    rpath: str
    shim: bool


def relocate_runpath(plan: ViewPlan, store: Store, report: Reporter = ignore_event) -> str:
    """Create the relocated twin of a view in the store, unless it exists; return its path.

    ``Rejected`` (kind ``host``) when patchelf or the shim is missing, or when a patched file is wrong.
    """
    root = store.layout.root
    twin = twin_path(plan.directory, root)
    if os.path.isdir(twin):
        return twin
    merged = {entry.path: entry for entry in plan.entries}
    loader = next((found for path in _LOADERS.get(plan.arch, ()) if (found := resolve_path(merged, path))), None)
    if not loader:
        message = f"the programs of `{plan.world}` cannot be relocated: the world has no loader of glibc or musl"
        raise reject("host", "no-relocation", message)
    shim = ensure_shim(root, plan.arch)
    new = f"{twin}.new"
    shutil.rmtree(new, ignore_errors=True)
    report(Began("relocate", 0, plan.world))
    _link_files(store.path(plan.directory), new)
    _link_state(plan, root, new)
    _link_host_files(new)
    directories = find_library_directories(new, plan.arch)
    patches = plan_patches(plan, store, new, f"{store.layout.store}/{merged[loader].origin}", directories)
    _patch_all(patches, new, f"{root}/state/relocated/.patched", find_patchelf(), report)
    _place_shim(shim, f"{new}/{directories[0]}/{SHIM}", twin)
    os.rename(new, twin)
    _compiler_specs(twin, f"{store.layout.store}/{merged[loader].origin}", directories)
    report(Ended("relocate", f"{plan.world}: {len(patches)} files"))
    return twin


def _link_files(view: str, twin: str) -> None:
    os.makedirs(twin)
    stack = [""]
    while stack:
        below = stack.pop()
        for entry in os.scandir(view + below):
            if not below and entry.name in _SKIPPED:
                continue
            path = f"{below}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), twin + path)
            elif entry.is_dir():
                os.mkdir(twin + path)
                stack.append(path)
            else:
                os.link(entry.path, twin + path)


def _link_state(plan: ViewPlan, root: str, twin: str) -> None:
    """Link ``/var`` to the world's state, except for the output of triggers, which comes from the view."""
    overs = {path for step in plan.steps for path in step.writes if path.startswith("var/")}
    state, view = f"{root}/state/{plan.world}", f"{root}/store/{plan.directory}"

    def show(path: str) -> None:
        if path == "var/tmp":
            os.symlink("/var/tmp", f"{twin}/{path}")  # noqa: S108 - the host's own
        elif path in overs:
            if os.path.isdir(f"{view}/{path}"):
                shutil.copytree(f"{view}/{path}", f"{twin}/{path}", symlinks=True)
            else:
                os.mkdir(f"{twin}/{path}")
        elif any(over.startswith(f"{path}/") for over in overs) or path == "var":
            os.mkdir(f"{twin}/{path}")
            for name in sorted({*os.listdir(f"{state}/{path}"), *os.listdir(f"{view}/{path}")}):
                show(f"{path}/{name}")
        else:
            os.symlink(f"{state}/{path}", f"{twin}/{path}")

    show("var")


def _link_host_files(twin: str) -> None:
    """Link the files that are the host's to the host."""
    for name in HOST_FILES:
        _replace_link(f"{twin}/etc/{name}", f"/etc/{name}")
    if bundle := next((path for path in _BUNDLES if os.path.isfile(path)), None):
        _replace_link(f"{twin}/{BUNDLE}", bundle)
    if os.path.lexists("/etc/localtime"):
        _replace_link(f"{twin}/{LOCALTIME}", "/etc/localtime")


def _replace_link(path: str, target: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(target, path)


def find_library_directories(root: str, arch: str) -> tuple[str, ...]:
    """Return the directories, relative to the root, in which its loader searches for libraries, the default ones last.

    Formats: ld.so.conf(5), and musl's path file (directories separated by newlines or colons).
    """
    found = [f"usr/lib/{arch}-linux-gnu"]
    files = [f"{root}/etc/ld.so.conf", f"{root}/etc/ld-musl-{arch}.path"]
    if os.path.isdir(more := f"{root}/etc/ld.so.conf.d"):
        files += [f"{more}/{name}" for name in sorted(os.listdir(more)) if name.endswith(".conf")]
    for path in files:
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                found += [part.strip().lstrip("/") for line in file for part in line.split(":") if part.startswith("/")]
    found += ["usr/lib64", "usr/lib"]
    placed = [re.sub(r"^lib(?=/|64|$)", "usr/lib", path) for path in found]
    return tuple(path for path in dict.fromkeys(placed) if os.path.isdir(f"{root}/{path}"))


def plan_patches(plan: ViewPlan, store: Store, root: str, loader: str, directories: tuple[str, ...]) -> tuple[Patch, ...]:
    """Return the patches to make: of every program with a loader, and of every library with its own search path."""
    tree = store.read_manifest(plan.directory)
    digests = {entry.path: entry.digest for entry in tree.entries if isinstance(entry, File)} if tree else {}
    patches = []
    for path, digest in digests.items():
        if path.split("/", 1)[0] in _SKIPPED or (elf := read_elf(f"{root}/{path}")) is None:
            continue
        if elf.machine != plan.arch or (elf.interpreter and elf.soname) or not elf.dynamic:
            continue
        if elf.interpreter or (elf.needed and (elf.rpath is not None or elf.runpath is not None)):
            rpath = search_path_of(path, elf, directories)
            patches.append(Patch(path, digest, loader if elf.interpreter else "", rpath, bool(elf.interpreter)))
    return tuple(patches)


def search_path_of(path: str, elf: Elf, directories: tuple[str, ...]) -> str:
    """Return the new DT_RPATH: the file's own, moved into the root, then the root's directories, all relative to the file."""
    here = os.path.dirname(path)
    asked = elf.runpath if elf.runpath is not None else elf.rpath or ""
    wanted = []
    for part in asked.split(":"):
        if part.startswith("/"):
            wanted.append(f"$ORIGIN/{os.path.relpath(part.lstrip('/'), here)}")
        elif part.startswith("$"):
            wanted.append(part)
    wanted += [f"$ORIGIN/{os.path.relpath(directory, here)}" for directory in directories]
    return ":".join(dict.fromkeys(wanted))


def _patch_all(patches: tuple[Patch, ...], root: str, kept: str, program: str, report: Reporter) -> None:
    os.makedirs(kept, exist_ok=True)
    problems: list[Problem] = []

    def one(patch: Patch) -> None:
        name = shorten_digest(blake3_of(to_canonical_json([1, *patch])))
        ready = f"{kept}/{name}"
        if not os.path.exists(ready):
            said = _patch(patch, f"{root}/{patch.path}", ready, program)
            if said:
                problems.append(Problem("patch-failed", f"`/{patch.path}` cannot be relocated: {said}"))
                return
        os.unlink(f"{root}/{patch.path}")
        os.link(ready, f"{root}/{patch.path}")
        report(Advanced("relocate", 1, patch.path))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, patches))
    if problems:
        raise Rejected(problems, "host")


def _patch(patch: Patch, source: str, target: str, program: str) -> str:
    """Patch a copy and check it; return what is wrong, or an empty string."""
    fresh = f"{target}.{os.getpid()}"
    shutil.copy2(source, fresh)
    os.chmod(fresh, 0o700)
    argv = [program, "--force-rpath", "--set-rpath", patch.rpath]
    argv += ["--set-interpreter", patch.interpreter] if patch.interpreter else []
    argv += ["--add-needed", SHIM] if patch.shim else []
    before = read_elf(source)
    done = run([*argv, fresh])
    if done.code:
        return done.output.strip()[-200:]
    os.utime(fresh, (os.stat(source).st_atime, os.stat(source).st_mtime))
    os.chmod(fresh, 0o555)  # noqa: S103 - a program for everybody
    if said := check_patched(before, read_elf(fresh), patch):
        os.unlink(fresh)
        return said
    os.rename(fresh, target)
    return ""


def check_patched(before: Elf | None, after: Elf | None, patch: Patch) -> str:
    """Check a patched file, because patchelf has damaged files before; return what is wrong, or an empty string."""
    if before is None or after is None:
        return "it is not an ELF file any more"
    if patch.interpreter and after.interpreter != patch.interpreter:
        return "its loader was not set"
    if after.rpath != patch.rpath or after.runpath is not None:
        return "its search path was not set"
    if set(after.needed) != {*before.needed, *([SHIM] if patch.shim else [])}:
        return "what it needs has changed"
    if (after.soname, after.needed_versions, after.defined_versions, after.kind) != (
        before.soname,
        before.needed_versions,
        before.defined_versions,
        before.kind,
    ):
        return "its symbol versions have changed"
    if any(alignment > 1 and (address - offset) % alignment for offset, address, alignment in after.segments):
        return "a segment is not aligned"
    return ""


def _place_shim(shim: str, target: str, twin: str) -> None:
    """Write the shim with the path of the twin in its slot."""
    with open(shim, "rb") as file:
        data = file.read()
    at = data.find(_MARK)
    text = os.fsencode(twin)
    if at < 0 or len(text) >= _ROOM:
        raise reject("host", "no-relocation", "the path of the root is too long for the shim", hint="choose a shorter `--root`")
    at += len(_MARK)
    with open(target, "wb") as file:
        file.write(data[:at] + text + b"\0" * (_ROOM - len(text)) + data[at + _ROOM :])
    os.chmod(target, 0o555)  # noqa: S103 - a library for everybody


def _compiler_specs(twin: str, loader: str, directories: tuple[str, ...]) -> None:
    """Write specs for the twin's GCC with the loader and libraries of the twin, because its programs run outside any root."""
    base = f"{twin}/usr/lib/gcc"
    if not os.path.isdir(base):
        return
    for machine in os.listdir(base):
        for version in os.listdir(f"{base}/{machine}"):
            compiler = next((path for name in ("gcc", "cpp") if os.path.exists(path := f"{twin}/usr/bin/{machine}-{name}-{version}")), None)
            if compiler is None:
                continue
            specs = run([compiler, "-dumpspecs"], apart=True)
            rpath = " ".join(f"-rpath {twin}/{directory}" for directory in directories)
            text = re.sub(r"/lib64/ld-linux-x86-64\.so\.2|/lib/ld-linux-aarch64[^ };]*\.so\.1", loader, specs.output)
            text = re.sub(r"(?m)^(\*link:\n)", rf"\1--disable-new-dtags {rpath} ", text)
            if specs.code == 0:
                with open(f"{base}/{machine}/{version}/specs", "w", encoding="utf-8") as file:
                    file.write(text)
