"""Parse single nodes of a lock; raise ``Mistake`` for one that the writer would not write.

Types are not checked here: the reader writes the value again and compares, which fails for any wrong type.
"""

from typing import Any

import ckdl

from nipsys.lock.write import FORMAT
from nipsys.model.package.record import Snapshot
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource


class Mistake(ValueError):  # noqa: N818 - a result, not a defect of the program
    """Why a node is invalid; ``hint`` when the usual hint does not help."""

    hint: str | None = None


def lock(text: str) -> Lock:
    """Parse a whole lock; raise ``Mistake``, whatever ckdl raises, or ``ValueError`` when nodes are missing."""
    head, about, *rest = ckdl.parse(text, version="2").nodes
    sources = tuple([source(node) for node in rest if node.name == "source"])
    packages = tuple([package(node) for node in rest if node.name != "source"])
    return profile(about, sources, packages, header(head))


def header(node: ckdl.Node) -> str:
    """Parse the header; return its digest."""
    if node.name != "lock" or len(node.args) != 1:
        raise Mistake("a lock must start with `lock`, its format and its digest")
    if node.args[0] != FORMAT:
        other = Mistake(f"unsupported lock format `{node.args[0]}`; this version of nipsys reads format `{FORMAT}`")
        other.hint = "use the version of nipsys that wrote it, or run `nipsys lock` to write it in this format"
        raise other
    given = dict(node.properties)
    digest: str = _need(given, "digest", "the header")
    _no_more(given, "the header")
    return digest


def profile(node: ckdl.Node, sources: tuple[LockedSource, ...], packages: tuple[LockedPackage, ...], digest: str) -> Lock:
    """Parse the ``profile`` node; return the lock with the given sources, packages and digest."""
    if node.name != "profile":
        raise Mistake(f"expected `profile` after the header, found `{node.name}`")
    given = dict(node.properties)
    found = Lock(_name(node), _need(given, "digest", "`profile`"), _need(given, "arch", "`profile`"), sources, packages, digest)
    _no_more(given, "`profile`")
    return found


def source(node: ckdl.Node) -> LockedSource:
    """Parse a ``source`` node."""
    name, given = _name(node), dict(node.properties)
    holder = f"source `{name}`"
    snapshot = Snapshot(given.pop("of", name), _need(given, "snapshot", holder), given.pop("date", ""), _pairs(given, "fact."))
    found = LockedSource(name, _need(given, "kind", holder), snapshot, _pairs(given, "setting."))
    _no_more(given, holder)
    return found


def package(node: ckdl.Node) -> LockedPackage:
    """Parse a ``package`` node."""
    if node.name != "package":
        raise Mistake(f"unknown node `{node.name}`")
    identity, given = _name(node), dict(node.properties)
    world, _, name = identity.partition("/")
    if not world or not name:
        raise Mistake(f"invalid package id `{identity}`: expected `source/name`")
    take = given.pop
    found = LockedPackage(
        world,
        name,
        take("version") if "version" in given else _need(given, "version", f"package `{identity}`"),
        take("arch", ""),
        take("format", ""),
        take("location", ""),
        take("size", 0),
        take("digest", ""),
        take("purl", ""),
        take("requested", False),
        take("essential", False),
        _words(take("flags", "")),
        _words(take("needs", "")),
        _pairs(given, "fact.") if given else (),
    )
    if given:
        _no_more(given, f"package `{identity}`")
    return found


def _name(node: ckdl.Node) -> str:
    if len(node.args) != 1 or not isinstance(node.args[0], str):
        raise Mistake(f"`{node.name}` takes exactly one name")
    return node.args[0]


def _need(given: dict[str, Any], key: str, holder: str) -> Any:  # noqa: ANN401 - types are checked by comparing with the written text
    if key not in given:
        raise Mistake(f"{holder} is missing `{key}`")
    return given.pop(key)


def _no_more(given: dict[str, Any], holder: str) -> None:
    for key in given:
        raise Mistake(f"unknown property `{key}` in {holder}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(" ")) if text else ()


def _pairs(given: dict[str, Any], prefix: str) -> tuple[tuple[str, str], ...]:
    """Remove and return the properties whose key begins with ``prefix``, in their order."""
    keys = [key for key in given if key.startswith(prefix)]
    return tuple([(key[len(prefix) :], given.pop(key)) for key in keys])
