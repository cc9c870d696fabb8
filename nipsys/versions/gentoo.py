"""Versions and dependency atoms of Gentoo, by the Package Manager Specification (PMS 3.2, 3.3, 8.2, 8.3).

A package in a slot other than ``0`` is a separate name, ``dev-lang/python:3.12``, that provides ``dev-lang/python``
and every spelling of its slot (``dev-lang/python:3.12/3.12``), each at its version.
"""

import re
from typing import NamedTuple

from nipsys.model.package import Atom, Clause, Provide
from nipsys.versions.sort_bytes import encode_number, encode_word

_VERSION = re.compile(r"(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|p)\d*)*)(?:-r(\d+))?(?:-(\d+))?", re.ASCII)
_SUFFIX = re.compile(r"_(alpha|beta|pre|rc|p)(\d*)", re.ASCII)
_WEIGHTS = {"alpha": b"\x01", "beta": b"\x02", "pre": b"\x03", "rc": b"\x04", "p": b"\x06"}
_END = b"\x05"
"""No suffix: newer than every pre-release, older than a patch level."""
_NAME = r"[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_-]*?"
_ATOM = re.compile(
    rf"(?P<block>!!?)?(?P<sign>[<>]=?|=|~)?\s*(?P<name>{_NAME})"
    r"(?:-(?P<version>\d[^\s:\[\]*]*)(?P<star>\*)?)?"
    r"(?::(?P<slot>[A-Za-z0-9_][A-Za-z0-9+_.-]*)?(?:/(?P<subslot>[A-Za-z0-9_][A-Za-z0-9+_.-]*))?(?P<operator>[=*])?)?"
    r"(?:::(?P<repo>[A-Za-z0-9_-]+))?"
    r"(?:\[(?P<use>[^\]]*)\])?",
    re.ASCII,
)
_USE = re.compile(r"(?P<sign>[-!]?)(?P<flag>[A-Za-z0-9][A-Za-z0-9+_@-]*)(?:\((?P<default>[+-])\))?(?P<condition>[?=]?)", re.ASCII)


class Dependency(NamedTuple):
    """One atom as written, with conditions on USE flags not yet evaluated."""

    blocks: bool
    atom: Atom
    use: tuple[tuple[str, str, str], ...] = ()
    """(sign, flag, condition) in the order written: ``-``, ``ssl``, ``?``."""


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of PMS; a build number (``1.2-r1-3``) decides last. Raise ``ValueError`` if invalid."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"`{version}` is not a valid Gentoo version")
    first, *rest = found[1].split(".")
    parts = [encode_number(int(first)), *(_encode_component(part) for part in rest), b"\0", found[2].encode() or b"\0"]
    parts += [_WEIGHTS[suffix] + encode_number(int(count or 0)) for suffix, count in _SUFFIX.findall(found[3])]
    return b"".join(parts) + _END + encode_number(int(found[4] or 0)) + encode_number(int(found[5] or 0))


def _encode_component(text: str) -> bytes:
    """Return the sort key of a number after a dot: with a leading zero it is a fraction, and comes before any number without."""
    return b"\x01" + encode_word(text.rstrip("0")) if text.startswith("0") else b"\x02" + encode_number(int(text))


def strip_build(version: str) -> str:
    """Return a version without its build number."""
    found = _VERSION.fullmatch(version)
    return version if found is None or found[5] is None else version[: -len(found[5]) - 1]


def split_cpv(cpv: str) -> tuple[str, str]:
    """Return name and version of ``dev-lang/python-3.12.1-r1``; raise ``ValueError`` when it has no version."""
    found = re.fullmatch(rf"({_NAME})-({_VERSION.pattern})", cpv, re.ASCII)
    if found is None:
        raise ValueError(f"`{cpv}` is not of the form `category/name-version`")
    return found[1], found[2]


def parse_dependency(text: str) -> Dependency:
    """Parse one atom: ``>=dev-libs/openssl-3:0=[ssl,-bindist?]``; raise ``ValueError`` when it is invalid."""
    found = _ATOM.fullmatch(text.strip())
    if found is None or bool(found["sign"]) != bool(found["version"]):
        raise ValueError(f"`{text}` is not a valid dependency atom")
    if found["version"]:
        sort_key_of(found["version"])
    relation, version = _parse_relation(found["sign"] or "", found["version"] or "", found["star"] or "")
    name = found["name"] + (f":{found['slot']}" if found["slot"] else "") + (f"/{found['subslot']}" if found["subslot"] else "")
    return Dependency(bool(found["block"]), Atom(name, relation, version), _parse_use(found["use"] or "", text))


def _parse_relation(sign: str, version: str, star: str) -> tuple[str, str]:
    if star and sign != "=":
        raise ValueError(f"`{sign}{version}*`: `*` is only allowed after `=`")
    match sign:
        case "~":
            return "in", f"~{version}"
        case "=" if star:
            return "in", f"={version}*"
        case _:
            return sign, version


def _parse_use(text: str, whole: str) -> tuple[tuple[str, str, str], ...]:
    asked = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _USE.fullmatch(part)
        if found is None or (found["sign"] == "!" and not found["condition"]):
            raise ValueError(f"invalid USE flag `{part}` in `{whole}`")
        asked.append((found["sign"], found["flag"], found["condition"]))
    return tuple(asked)


def evaluate_use(asked: tuple[tuple[str, str, str], ...], on: frozenset[str]) -> tuple[str, ...]:
    """Evaluate the conditions of USE dependencies with the flags of the dependent package (PMS 8.3.4)."""
    found = []
    for sign, flag, condition in asked:
        match sign, condition:
            case ("", ""):
                found.append(f"+{flag}")
            case ("-", ""):
                found.append(f"-{flag}")
            case ("", "?") if flag in on:
                found.append(f"+{flag}")
            case ("!", "?") if flag not in on:
                found.append(f"-{flag}")
            case ("", "="):
                found.append(f"+{flag}" if flag in on else f"-{flag}")
            case ("!", "="):
                found.append(f"-{flag}" if flag in on else f"+{flag}")
    return tuple(found)


class Dialect:
    """The dialect of Gentoo: a clause is atoms joined by ``||``, with their USE conditions already evaluated."""

    name = "gentoo"
    slots = True
    """Several versions can be installed side by side; of those that provide a name, the newest is preferred."""

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort in the order of PMS."""
        return sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom; build numbers are ignored."""
        if not atom.relation:
            return True
        if not version:
            return False
        have = strip_build(version)
        if atom.relation == "in":
            return _is_within(atom.version, have)
        left, right = sort_key_of(have), sort_key_of(atom.version)
        match atom.relation:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "!=":
                return left != right
            case _:
                return left == right

    def parse_clause(self, text: str) -> Clause:
        """Parse atoms joined by ``||``; a name may also come before its relation and version: ``app-misc/hello >=2``."""
        return tuple(_parse_atom(part) for part in text.split("||"))

    def parse_provide(self, text: str) -> Provide:
        """Parse ``name=version`` or a bare name."""
        name, _, version = text.partition("=")
        return Provide(name, version)


def _is_within(span: str, version: str) -> bool:
    if span.startswith("~"):
        # the same text, as in portage: 1_pre is not 1_pre0
        return re.sub(r"-r\d+$", "", version) == span[1:]
    prefix, whole = _strip_zeros(span[1:-1]), _strip_zeros(version)
    # the star matches only at the boundary of a component: 1.2* matches 1.2.3, 1.2_p1 and 1.2a, not 1.20
    after = whole[len(prefix) :][:1]
    return whole.startswith(prefix) and (not after or after in "._-" or prefix[-1].isdecimal() != after.isdecimal())


def _strip_zeros(version: str) -> str:
    """Return a version without leading zeros."""
    return re.sub(r"^0+(?=\d)", "", version)


def _parse_atom(text: str) -> Atom:
    turned = re.fullmatch(rf"\s*({_NAME}(?::[^\s<>=~]+)?)\s*([<>]=?|!?=|~)\s*(\d\S*)\s*", text, re.ASCII)
    if turned is not None:
        name, sign, version = turned.groups()
        sort_key_of(version.rstrip("*"))
        relation, bound = _parse_relation(sign, version.rstrip("*"), "*" if version.endswith("*") else "")
        return Atom(name, relation, bound)
    found = parse_dependency(text)
    if found.blocks or any(condition for _, _, condition in found.use):
        raise ValueError(f"`{text}` is a blocker or has a USE condition")
    return found.atom._replace(flags=evaluate_use(found.use, frozenset()))
