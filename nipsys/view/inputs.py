"""Build the input of a view from a lock and the store, with the few texts of packages that composing needs."""

import os
import re
from collections.abc import Callable, Iterable

from nipsys.model.system import File, Lock, LockedPackage, PlacedPackage, Tree
from nipsys.view.model import PackageInput, WorldInput

_TEXTS = re.compile(
    r"\.package/(?:postinst|preinst|triggers|control|install|INSTALL|post-install|\.INSTALL|\.post-install)|usr/share/php[^/]+/.+\.ini"
)
_LIMIT = 1 << 20
_NAME = re.compile(r"\s*([\w.+-]+)")


def build_world_input(
    root: str, lock: Lock, world: str, placed: Iterable[PlacedPackage], manifest: Callable[[str], Tree], *, prefix: str = ""
) -> WorldInput:
    """Return the input for one world of ``lock`` whose trees are in the store below ``root``.

    ``placed`` maps packages to trees; ``manifest`` returns a tree by its digest.
    """
    by_id = {package.id: package for package in lock.packages if package.source == world}
    members = tuple(_to_package(root, by_id[row.id], row, manifest(row.tree)) for row in placed if row.id in by_id)
    choices = {key.partition(":")[2]: value for package in by_id.values() for key, value in package.facts if key.startswith("alternative:")}
    return WorldInput(world, lock.arch, members, choices, prefix)


def _to_package(root: str, package: LockedPackage, row: PlacedPackage, tree: Tree) -> PackageInput:
    facts = dict(package.facts)
    directory = f"{root}/store/{row.directory}"
    texts = {
        entry.path: _read_text(f"{directory}/{entry.path}")
        for entry in tree.entries
        if isinstance(entry, File) and entry.size <= _LIMIT and _TEXTS.fullmatch(entry.path)
    }
    expose = tuple(facts["expose"].split()) if "expose" in facts else None
    return PackageInput(
        package.id, package.name, package.version, row.tree, row.directory, tree, package.requested, expose,
        run=facts.get("run", ""), scripts=facts.get("scripts", ""), replaces=_read_replaces(texts), depends=package.needs,
        source=facts.get("source", "").partition(" ")[0] or _control_field(texts, "Source").partition(" ")[0] or package.name, texts=texts,
    )  # fmt: skip


def _read_text(path: str) -> str:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8", errors="replace") as file:
        return file.read()


def _control_field(texts: dict[str, str], name: str) -> str:
    """Return a field of a Debian control file with continuation lines joined, empty if it is missing."""
    match = re.search(rf"^{name}:(.*(?:\n[ \t].*)*)", texts.get(".package/control", ""), re.MULTILINE)
    return " ".join(match[1].split()) if match else ""


def _read_replaces(texts: dict[str, str]) -> tuple[str, ...]:
    return tuple(match[1] for part in _control_field(texts, "Replaces").split(",") if (match := _NAME.match(part)))
