"""How packages of npm find one another: each in a directory of its own, its needs as links beside it.

Node looks for a module in ``node_modules`` beside the real place of the file that asks, then in every directory above. A package
stands in ``<name>@<version>/node_modules/<name>``, so it sees exactly the versions that were chosen for it, whatever others were chosen
for its neighbours; no version is copied, none is nested. What a package forgot to ask for it finds in the top ``node_modules``,
as it would after an ordinary install. Links are made from the lock alone: they are the same on every machine.
"""

from collections.abc import Iterable

from nipsys.model.lock import LockedPackage
from nipsys.model.tree import Directory, Entry, Link, Tree
from nipsys.versions.npm import parse


def package_of(name: str) -> str:
    """Give the package's name without the version that is part of it in a lock: ``@types/node:20.1.0`` is ``@types/node``."""
    return name.partition(":")[0]


def directory(name: str, version: str) -> str:
    """Give the directory of one version: ``semver@7.6.3``, ``@types+node@20.1.0``."""
    return f"{name.replace('/', '+')}@{version}"


def links(packages: Iterable[LockedPackage]) -> Tree:
    """Give every link that the packages of one world need."""
    packages = tuple(packages)
    by_id = {package.id: package for package in packages}
    entries: dict[str, Entry] = {}
    newest: dict[str, LockedPackage] = {}
    for package in packages:
        name = package_of(package.name)
        if name not in newest or _newer(package, newest[name]):
            newest[name] = package
        home = f"{directory(name, package.version)}/node_modules"
        called = _aliases(package)
        for needed in (by_id[each] for each in package.needs if each in by_id):
            real = package_of(needed.name)
            for known in called.get(real, (real,)):
                if known != name:
                    _add(entries, f"{home}/{known}", needed)
    for name, package in newest.items():
        _add(entries, f"node_modules/{name}", package)
    return Tree.of(entries.values())


def _newer(one: LockedPackage, other: LockedPackage) -> bool:
    return parse(one.version).key() > parse(other.version).key()


def _aliases(package: LockedPackage) -> dict[str, tuple[str, ...]]:
    """Give for each package what it is required by, where that is not its name alone."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in dict(package.facts).get("alias", "").split():
        alias, _, real = pair.partition("=")
        found[real] = (*found.get(real, ()), alias)
    return found


def _add(entries: dict[str, Entry], path: str, package: LockedPackage) -> None:
    parts = path.split("/")
    for length in range(1, len(parts)):
        above = "/".join(parts[:length])
        entries.setdefault(above, Directory(above))
    name = package_of(package.name)
    entries[path] = Link(path, "../" * (len(parts) - 1) + f"{directory(name, package.version)}/node_modules/{name}")
