"""Read ELF files: machine, interpreter, needed libraries, the symbol versions they need and define.

Only headers and the dynamic segment are read, from a memory map with ``struct``: tens of thousands of files a second.
Formats: System V ABI (gabi, chapters 4 and 5), and the Linux Standard Base for symbol versions.
Odd files occur in practice: Guile's compiled ``.go`` files have no machine, separate debug files have a dynamic segment
outside the file, ``lib*.so`` may be a linker script; all of these give ``None`` or an empty result.
"""

import mmap
import os
import struct
from typing import NamedTuple

from nipsys.model import Frozen

MACHINES = {62: "x86_64", 183: "aarch64", 3: "i386", 40: "arm", 243: "riscv64", 21: "ppc64", 22: "s390x"}
"""nipsys's names of machines, by ``e_machine``."""

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 1, 5, 14, 15, 29
_VERDEF, _VERDEFNUM, _VERNEED, _VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
_WEAK = 2
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_ENTRY = struct.Struct("<qQ")


class NeededVersion(NamedTuple):
    """A symbol version that a file needs from a library."""

    library: str
    version: str
    weak: bool
    """Its absence is not an error."""


class Elf(Frozen):
    """The contents of an ELF file's headers."""

    machine: str
    kind: int
    """``e_type``: 2 program, 3 shared object or position-independent program."""
    interpreter: str = ""
    needed: tuple[str, ...] = ()
    soname: str = ""
    rpath: str | None = None
    runpath: str | None = None
    needed_versions: tuple[NeededVersion, ...] = ()
    defined_versions: frozenset[str] = frozenset()
    dynamic: bool = False
    segments: tuple[tuple[int, int, int], ...] = ()
    """(offset, address, alignment) of every loaded segment, in bytes."""

    @property
    def is_static(self) -> bool:
        """Return whether it is a program that starts without any other file."""
        return not self.interpreter and not self.needed and self.kind in {2, 3}

    @property
    def libc(self) -> str:
        """Return the family of C library it was built for: ``glibc``, ``musl`` or empty if unknown."""
        name = self.interpreter.rpartition("/")[2]
        if name.startswith("ld-musl") or "libc.so" in self.needed or any(one.startswith("libc.musl-") for one in self.needed):
            return "musl"
        if name.startswith(("ld-linux", "ld64")) or "libc.so.6" in self.needed:
            return "glibc"
        return "glibc" if any(one.version.startswith("GLIBC_") for one in self.needed_versions) else ""


def read_elf(path: str) -> Elf | None:
    """Read one file; ``None`` when it is not a 64-bit little-endian ELF file for a known machine."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if os.pread(file, 6, 0) != b"\x7fELF\x02\x01":
            return None
        with mmap.mmap(file, 0, prot=mmap.PROT_READ) as data:
            return parse_elf(data)
    except (OSError, ValueError, struct.error):
        return None
    finally:
        os.close(file)


def parse_elf(data: mmap.mmap | bytes) -> Elf | None:
    """Parse an ELF image; ``None`` as in ``read_elf``, ``struct.error`` or ``ValueError`` when it is truncated or inconsistent."""
    if len(data) < _HEADER.size or data[:6] != b"\x7fELF\x02\x01":
        return None
    _, kind, machine, _, _, offset, _, _, _, size, count, *_ = _HEADER.unpack_from(data)
    if machine not in MACHINES or (count and size != _PROGRAM.size):
        return None
    interpreter, dynamic, loads = "", None, []
    for place in range(count):
        what, _, start, address, _, length, _, alignment = _PROGRAM.unpack_from(data, offset + place * size)
        if what == _LOAD:
            loads.append((start, address, length, alignment))
        elif what == _INTERPRETER:
            interpreter = data[start : start + length].split(b"\0")[0].decode("utf-8", "surrogateescape")
        elif what == _DYNAMIC and length and start + length <= len(data):
            dynamic = (start, length)
    segments = tuple((start, address, alignment) for start, address, _, alignment in loads)
    if dynamic is None:
        return Elf(MACHINES[machine], kind, interpreter, segments=segments)
    return _read_dynamic(data, Elf(MACHINES[machine], kind, interpreter, dynamic=True, segments=segments), dynamic, loads)


def _read_dynamic(data: mmap.mmap | bytes, found: Elf, where: tuple[int, int], loads: list[tuple[int, int, int, int]]) -> Elf:
    values: dict[int, int] = {}
    needed: list[int] = []
    for tag, value in _ENTRY.iter_unpack(data[where[0] : where[0] + where[1] // 16 * 16]):
        if tag == 0:
            break
        if tag == _NEEDED:
            needed.append(value)
        else:
            values[tag] = value

    def position(address: int) -> int:
        for start, base, length, _ in loads:
            if base <= address < base + length:
                return address - base + start
        raise ValueError("an address is outside the file")

    if _STRTAB not in values:
        return found
    strings = position(values[_STRTAB])

    def text(at: int) -> str:
        end = data.find(b"\0", strings + at)
        return data[strings + at : end].decode("utf-8", "surrogateescape")

    def optional(tag: int) -> str | None:
        return text(values[tag]) if tag in values else None

    wants: list[NeededVersion] = []
    if _VERNEED in values:
        at = position(values[_VERNEED])
        for _ in range(values.get(_VERNEEDNUM, 0)):
            _, entries, library, first, following = struct.unpack_from("<HHIII", data, at)
            inner = at + first
            for _ in range(entries):
                _, flags, _, name, next_inner = struct.unpack_from("<IHHII", data, inner)
                wants.append(NeededVersion(text(library), text(name), bool(flags & _WEAK)))
                if next_inner == 0:
                    break
                inner += next_inner
            if following == 0:
                break
            at += following
    gives: set[str] = set()
    if _VERDEF in values:
        at = position(values[_VERDEF])
        for _ in range(values.get(_VERDEFNUM, 0)):
            _, _, _, _, _, first, following = struct.unpack_from("<HHHHIII", data, at)
            gives.add(text(struct.unpack_from("<I", data, at + first)[0]))
            if following == 0:
                break
            at += following
    return Elf(
        found.machine, found.kind, found.interpreter, tuple(text(at) for at in needed), optional(_SONAME) or "", optional(_RPATH),
        optional(_RUNPATH), tuple(wants), frozenset(gives), True, found.segments,
    )  # fmt: skip
