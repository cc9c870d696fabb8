"""Parse single nodes of a lock; raise ``InvalidNode`` for one that the writer would not write.

Types are not checked here: the reader writes the value again and compares, which fails for any wrong type.
"""

from typing import Any

import ckdl

from nipsys.lock.write import FORMAT
from nipsys.model.package import Snapshot
from nipsys.model.system import Lock, LockedPackage, LockedSource


class InvalidNode(ValueError):  # noqa: N818 - a result, not a defect of the program
    """Why a node is invalid; ``hint`` when the usual hint does not help."""

    hint: str | None = None


def parse_document(text: str) -> Lock:
    """Parse a whole lock; raise ``InvalidNode``, whatever ckdl raises, or ``ValueError`` when nodes are missing."""
    head, about, *rest = ckdl.parse(text, version="2").nodes
    sources = tuple([parse_source(node) for node in rest if node.name == "source"])
    packages = tuple([parse_package(node) for node in rest if node.name != "source"])
    return parse_profile(about, sources, packages, parse_header(head))


def parse_header(node: ckdl.Node) -> str:
    """Parse the header; return its digest."""
    if node.name != "lock" or len(node.args) != 1:
        raise InvalidNode("a lock must start with `lock`, its format and its digest")
    if node.args[0] != FORMAT:
        other = InvalidNode(f"unsupported lock format `{node.args[0]}`; this version of nipsys reads format `{FORMAT}`")
        other.hint = "use the version of nipsys that wrote it, or run `nipsys lock` to write it in this format"
        raise other
    given = dict(node.properties)
    digest: str = _take_required(given, "digest", "the header")
    _refuse_rest(given, "the header")
    return digest


def parse_profile(node: ckdl.Node, sources: tuple[LockedSource, ...], packages: tuple[LockedPackage, ...], digest: str) -> Lock:
    """Parse the ``parse_profile`` node; return the lock with the given sources, packages and digest."""
    if node.name != "profile":
        raise InvalidNode(f"expected `profile` after the header, found `{node.name}`")
    given = dict(node.properties)
    found = Lock(
        _take_name(node),
        _take_required(given, "digest", "`profile`"),
        _take_required(given, "arch", "`profile`"),
        sources,
        packages,
        digest,
    )
    _refuse_rest(given, "`profile`")
    return found


def parse_source(node: ckdl.Node) -> LockedSource:
    """Parse a ``parse_source`` node."""
    name, given = _take_name(node), dict(node.properties)
    holder = f"source `{name}`"
    snapshot = Snapshot(
        given.pop("of", name), _take_required(given, "snapshot", holder), given.pop("date", ""), _take_pairs(given, "fact.")
    )
    found = LockedSource(name, _take_required(given, "kind", holder), snapshot, _take_pairs(given, "setting."))
    _refuse_rest(given, holder)
    return found


def parse_package(node: ckdl.Node) -> LockedPackage:
    """Parse a ``parse_package`` node."""
    if node.name != "package":
        raise InvalidNode(f"unknown node `{node.name}`")
    identity, given = _take_name(node), dict(node.properties)
    world, _, name = identity.partition("/")
    if not world or not name:
        raise InvalidNode(f"invalid package id `{identity}`: expected `source/name`")
    take = given.pop
    found = LockedPackage(
        world,
        name,
        take("version") if "version" in given else _take_required(given, "version", f"package `{identity}`"),
        take("arch", ""),
        take("format", ""),
        take("location", ""),
        take("size", 0),
        take("digest", ""),
        take("purl", ""),
        take("requested", False),
        take("essential", False),
        _split_words(take("flags", "")),
        _split_words(take("needs", "")),
        _take_pairs(given, "fact.") if given else (),
    )
    if given:
        _refuse_rest(given, f"package `{identity}`")
    return found


def _take_name(node: ckdl.Node) -> str:
    if len(node.args) != 1 or not isinstance(node.args[0], str):
        raise InvalidNode(f"`{node.name}` takes exactly one name")
    return node.args[0]


def _take_required(given: dict[str, Any], key: str, holder: str) -> Any:  # noqa: ANN401 - types are checked by comparing with the written text
    if key not in given:
        raise InvalidNode(f"{holder} is missing `{key}`")
    return given.pop(key)


def _refuse_rest(given: dict[str, Any], holder: str) -> None:
    for key in given:
        raise InvalidNode(f"unknown property `{key}` in {holder}")


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(text.split(" ")) if text else ()


def _take_pairs(given: dict[str, Any], prefix: str) -> tuple[tuple[str, str], ...]:
    """Remove and return the properties whose key begins with ``prefix``, in their order."""
    keys = [key for key in given if key.startswith(prefix)]
    return tuple([(key[len(prefix) :], given.pop(key)) for key in keys])
