"""Turn the output of a build into a Tree: normalize it, hash it, and search it for paths that must not be in it."""

import os
import re
import struct
from collections.abc import Iterable, Iterator

from nipsys.model import make_hasher
from nipsys.model.system import Directory, Entry, File, Link, Tree

_BLOCK = 1 << 20
MTIME = 1
"""Modification time of every built file: 1 s after the epoch, since some programs take 0 to mean no time."""


def normalize_tree(folder: str) -> None:
    """Set mode 444 or 555 and the time ``MTIME`` on files, and mode 755 on directories."""
    for top, _, files in os.walk(folder):
        os.chmod(top, 0o755)  # noqa: S103 - the store seals it
        for name in files:
            path = f"{top}/{name}"
            if not os.path.islink(path):
                os.chmod(path, 0o555 if os.stat(path).st_mode & 0o111 else 0o444)
            os.utime(path, (MTIME, MTIME), follow_symlinks=False)


def capture_tree(folder: str) -> Tree:
    """Read a normalized directory as a Tree; file digests are BLAKE3."""
    return Tree.from_entries(_iter_entries(folder, ""))


def _iter_entries(folder: str, prefix: str) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        for entry in found:
            path = prefix + entry.name
            if entry.is_symlink():
                yield Link(path, os.readlink(entry.path))
            elif entry.is_dir(follow_symlinks=False):
                yield Directory(path)
                yield from _iter_entries(entry.path, path + "/")
            else:
                status = entry.stat(follow_symlinks=False)
                yield File(path, _hash_file(entry.path), status.st_size, bool(status.st_mode & 0o111), int(status.st_mtime))


def _hash_file(path: str) -> str:
    hashing = make_hasher("blake3")
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            hashing.update(block)
    return hashing.hexdigest()


def find_texts(folder: str, texts: Iterable[str]) -> dict[str, str]:
    """Search all files and link targets for texts; an absolute path counts only where a path begins.

    Returns for each text found the first path, in sorted order, that contains it.
    """
    wanted = [(text, _compile_pattern(text)) for text in texts]
    found: dict[str, str] = {}
    for top, names, files in os.walk(folder):
        names.sort()
        for name in sorted([*files, *(name for name in names if os.path.islink(f"{top}/{name}"))]):
            body = _read_content(f"{top}/{name}")
            for text, pattern in wanted:
                if text not in found and pattern.search(body):
                    found[text] = os.path.relpath(f"{top}/{name}", folder)
    return found


def _compile_pattern(text: str) -> re.Pattern[bytes]:
    """Return a pattern for a text; an absolute path matches only where a path begins, not inside a longer one or in ``*/build/*``."""
    escaped = re.escape(text.encode("utf-8", "surrogateescape"))
    return re.compile(rb"(?<![*>)}\]?.~$-])(?:(?<!\w)|(?<=-[ILB]))" + escaped if text.startswith("/") else escaped)


def _read_content(path: str) -> bytes:
    if os.path.islink(path):
        return os.readlink(path).encode("utf-8", "surrogateescape")
    with open(path, "rb") as stream:
        return stream.read()


def find_dynamic_programs(folder: str) -> list[str]:
    """Return the 64-bit ELF files that have a program interpreter, relative to ``folder`` and sorted."""
    found = []
    for top, _, files in os.walk(folder):
        for name in files:
            path = f"{top}/{name}"
            if not os.path.islink(path) and interpreter_of(path):
                found.append(os.path.relpath(path, folder))
    return sorted(found)


def interpreter_of(path: str) -> str:
    """Return the program interpreter of an ELF file (PT_INTERP); empty for a static program or any other file."""
    return _read_segment(path, 3).rstrip(b"\0").decode("utf-8", "replace")


def is_dynamic(path: str) -> bool:
    """Return whether an ELF file has an interpreter or needs libraries (DT_NEEDED); a static program has neither."""
    table = _read_segment(path, 2)
    tags = (struct.unpack_from("<Q", table, place)[0] for place in range(0, len(table) - 15, 16))
    return bool(interpreter_of(path)) or any(tag == 1 for tag in tags)


def _read_segment(path: str, wanted: int) -> bytes:
    """Return the bytes of the first segment of type ``wanted`` in a 64-bit ELF file; empty when there is none."""
    with open(path, "rb") as stream:
        head = stream.read(64)
        if head[:6] != b"\x7fELF\x02\x01" or len(head) < 64:
            return b""
        offset, each, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        stream.seek(offset)
        table = stream.read(each * count)
        for number in range(count):
            kind, _, at, _, _, size = struct.unpack_from("<IIQQQQ", table, number * each)
            if kind == wanted:
                stream.seek(at)
                return stream.read(size)
    return b""


def describe_difference(one: Tree, other: Tree) -> str:
    """Describe the first difference of two trees, in order of paths; empty when they are equal."""
    left, right = {entry.path: entry for entry in one.entries}, {entry.path: entry for entry in other.entries}
    for path in sorted(left.keys() | right.keys()):
        if path not in right:
            return f"`{path}` is in the first only"
        if path not in left:
            return f"`{path}` is in the second only"
        if left[path] != right[path]:
            return f"`{path}`: {_describe_entry(left[path])} in the first, {_describe_entry(right[path])} in the second"
    return ""


def _describe_entry(entry: Entry) -> str:
    match entry:
        case File():
            return f"{entry.size} bytes blake3 {entry.digest[:16]}{' executable' if entry.executable else ''}"
        case Link():
            return f"a link to `{entry.target}`"
        case Directory():
            return "a directory"
