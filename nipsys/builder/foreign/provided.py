"""Find what this machine provides to ebuilds, as ``category/name-version``: its tools, and what the user says it has.

Gentoo calls this package.provided. Tools are asked for their version; a library cannot be asked, so only the user can list one.
"""

import os
import re
import shutil

from nipsys.effects import run

_TOOLS = {
    "bash": "app-shells/bash",
    "bison": "sys-devel/bison",
    "bzip2": "app-arch/bzip2",
    "cmake": "dev-build/cmake dev-util/cmake",
    "autoconf": "dev-build/autoconf sys-devel/autoconf",
    "automake": "dev-build/automake sys-devel/automake",
    "diff": "sys-apps/diffutils",
    "find": "sys-apps/findutils",
    "flex": "sys-devel/flex",
    "gawk": "sys-apps/gawk",
    "gcc": "sys-devel/gcc",
    "git": "dev-vcs/git",
    "grep": "sys-apps/grep",
    "gzip": "app-arch/gzip",
    "ld": "sys-devel/binutils",
    "ls": "sys-apps/coreutils",
    "m4": "sys-devel/m4",
    "make": "dev-build/make sys-devel/make",
    "makeinfo": "sys-apps/texinfo",
    "meson": "dev-build/meson dev-util/meson",
    "msgfmt": "sys-devel/gettext",
    "ninja": "dev-build/ninja dev-util/ninja app-alternatives/ninja",
    "patch": "sys-devel/patch",
    "perl": "dev-lang/perl",
    "pkg-config": "dev-util/pkgconf virtual/pkgconfig",
    "python3": "dev-lang/python",
    "sed": "sys-apps/sed",
    "tar": "app-arch/tar",
    "xz": "app-arch/xz-utils",
    "zstd": "app-arch/zstd",
}
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")
_LINE = re.compile(r"[a-z0-9+_.-]+/[A-Za-z0-9+_.-]+-\d\S*")


def find_provided(text: str) -> tuple[str, ...]:
    """Return what this machine provides: the lines of a package.provided file's ``text``, its tools, its C library and its headers."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = [line for line in lines if _LINE.fullmatch(line)]
    for program, names in _TOOLS.items():
        path = shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        version = _VERSION.search(run([path, "--version"], seconds=10).output) if path else None
        if version:
            found += [f"{name}-{version[0]}" for name in names.split()]
    kind, _, version_text = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    if kind == "glibc" and os.path.exists("/usr/include/stdio.h"):
        found += [f"sys-libs/glibc-{version_text}", "virtual/libc-1"]
    return tuple(dict.fromkeys((*found, *_kernel_headers())))


def _kernel_headers() -> tuple[str, ...]:
    try:
        with open("/usr/include/linux/version.h", encoding="utf-8") as stream:
            version = re.search(r"LINUX_VERSION_CODE (\d+)", stream.read())
    except OSError:
        return ()
    return (f"sys-kernel/linux-headers-{int(version[1]) >> 16}.{int(version[1]) >> 8 & 255}",) if version else ()
