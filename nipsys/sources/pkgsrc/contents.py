"""The metadata inside a pkgsrc package: ``+CONTENTS`` (pkg_create(1)) and ``+BUILD_INFO``; and whether its files match."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from nipsys.model import Digest, Frozen, Problem, field


class PackingList(Frozen):
    """A packing list. Paths are relative to the prefix."""

    name: str
    """``hello-1.0nb2``."""
    prefix: str
    """``/usr/pkg``: the directory the files were built for."""
    files: Mapping[str, Digest] = field(default_factory=dict, hash=False)
    """Path to ``md5:<hex>``; empty where the list has none."""
    links: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Path to target."""
    depends: tuple[str, ...] = ()
    """Patterns."""
    conflicts: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """``@exec`` and ``@unexec`` lines: never run here."""


def parse_fields(text: str) -> dict[str, tuple[str, ...]]:
    """Read ``NAME=value`` lines; a name may be repeated."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign and name:
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def iter_blocks(text: str) -> Iterator[dict[str, tuple[str, ...]]]:
    """Yield the blocks of a ``pkg_summary``, as ``parse_fields`` reads them."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        found = parse_fields(block)
        if found:
            yield found


def read_contents(text: str) -> PackingList:
    """Read a ``+CONTENTS``; ``ValueError`` when it has no package name, no prefix, or a path outside the prefix."""
    reading = _PackingListReader()
    for line in text.splitlines():
        reading.read_line(line)
    if not reading.name or not reading.prefix:
        raise ValueError("it has no package name" if not reading.name else "it has no prefix")
    return PackingList(
        reading.name,
        reading.prefix,
        reading.files,
        reading.links,
        tuple(reading.depends),
        tuple(reading.conflicts),
        tuple(reading.directories),
        tuple(reading.commands),
    )


class _PackingListReader:
    """The state of reading a packing list, line by line."""

    def __init__(self) -> None:
        self.name = self.prefix = ""
        self.below = ""
        """The current directory set by ``@cwd``, below the prefix."""
        self.files: dict[str, Digest] = {}
        self.links: dict[str, str] = {}
        self.depends: list[str] = []
        self.conflicts: list[str] = []
        self.directories: list[str] = []
        self.commands: list[str] = []
        self.last = ""
        self.ignoring = False

    def read_line(self, line: str) -> None:
        if not line.startswith("@"):
            if line and not self.ignoring:
                self.last = self._resolve_path(line)
                self.files[self.last] = ""
            self.ignoring = False
            return
        word, _, rest = line[1:].partition(" ")
        match word:
            case "name":
                self.name = rest.strip()
            case "cwd" | "cd" | "src":
                self._enter(rest.strip())
            case "ignore":
                self.ignoring = True
            case "comment":
                self._read_comment(rest)
            case "pkgdep":
                self.depends.append(rest.strip())
            case "pkgcfl":
                self.conflicts.append(rest.strip())
            case "pkgdir" | "dirrm":
                self.directories.append(self._resolve_path(rest.strip()))
            case "exec" | "unexec":
                self.commands.append(rest)

    def _enter(self, directory: str) -> None:
        if not self.prefix:
            self.prefix = directory.rstrip("/") or "/"
            return
        if directory != "." and not f"{posixpath.normpath(directory)}/".startswith(f"{self.prefix}/"):
            raise ValueError(f"it puts files into `{directory}`, outside its prefix `{self.prefix}`")
        self.below = "" if directory == "." else posixpath.relpath(directory, self.prefix).removeprefix(".")

    def _resolve_path(self, path: str) -> str:
        joined = posixpath.normpath(posixpath.join(self.below, path.removeprefix(self.prefix + "/") if self.prefix else path))
        if joined.startswith(("/", "..")):
            raise ValueError(f"it lists `{path}`, which is outside its prefix")
        return joined

    def _read_comment(self, text: str) -> None:
        if not self.last:
            return
        if text.startswith("MD5:"):
            self.files[self.last] = "md5:" + text[4:].strip().lower()
        elif text.startswith("Symlink:"):
            self.files.pop(self.last, None)
            self.links[self.last] = text[8:].strip()


def find_mismatches(contents: PackingList, files: Mapping[str, Digest], links: Mapping[str, str]) -> tuple[Problem, ...]:
    """Compare an unpacked package with its packing list: missing, altered, redirected and unlisted files.

    ``files`` is path to ``md5:<hex>``, ``links`` path to target, both without metadata files such as ``+CONTENTS``.
    """
    found = []
    for path, digest in contents.files.items():
        if path not in files and path not in links:
            found.append(f"`{path}` is listed but missing")
        elif digest and files.get(path, digest) != digest:
            found.append(f"`{path}` has the digest {files[path]} instead of {digest}")
    found += [f"`{path}` does not point to `{target}`" for path, target in contents.links.items() if links.get(path) != target]
    listed = contents.files.keys() | contents.links.keys()
    found += [f"`{path}` is not listed" for path in sorted((files.keys() | links.keys()) - listed)]
    return tuple(Problem("contents-mismatch", f"`{contents.name}` does not match its packing list: {text}") for text in found)
