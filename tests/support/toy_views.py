"""Packages and worlds small enough to read, for the tests of views."""

from collections.abc import Callable

from nipsys.model.digest import blake3_of
from nipsys.model.system.tree import Directory, File, Link, Tree
from nipsys.view.model import PackageInput, WorldInput

Content = bytes | str
"""Bytes of a program (executable), text of a plain file; a text that begins with ``->`` is a link."""


def tree_of(content: dict[str, Content]) -> Tree:
    entries: list[File | Link | Directory] = [Directory(path) for path in sorted({parent for path in content for parent in parents(path)})]
    for path, data in content.items():
        if isinstance(data, str) and data.startswith("->"):
            entries.append(Link(path, data[2:]))
        else:
            raw = data if isinstance(data, bytes) else data.encode()
            entries.append(File(path, blake3_of(raw).partition(":")[2], len(raw), isinstance(data, bytes), 1_000_000_000))
    return Tree.from_entries(entries)


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def member(name: str, content: dict[str, Content], **more: object) -> PackageInput:
    """Return a package that is in no store: enough for everything pure."""
    tree = tree_of(content)
    texts = {path: data for path, data in content.items() if isinstance(data, str)}
    return PackageInput(f"debian/{name}", name, "1", tree.digest(), f"tree-{name}-1", tree, texts=texts, **more)  # type: ignore[arg-type]


def world(*members: PackageInput, **more: object) -> WorldInput:
    return WorldInput("debian", "x86_64", members, **more)  # type: ignore[arg-type]


Keep = Callable[..., PackageInput]
"""Put a package into the store of the test: ``keep(name, content)``."""
