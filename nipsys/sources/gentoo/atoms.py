"""The atoms of Gentoo's dependencies: names with a category, versions, slots and USE dependencies (PMS 8.2, 8.3).

A package in a slot other than ``0`` is a separate name, ``dev-lang/python:3.12``, that provides ``dev-lang/python``
and every spelling of its slot (``dev-lang/python:3.12/3.12``), each at its version.
"""

import re
from typing import NamedTuple

from nipsys.model.package import Atom
from nipsys.versions.gentoo import VERSION, sort_key_of

NAME = r"[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_-]*?"
_ATOM = re.compile(
    rf"(?P<block>!!?)?(?P<sign>[<>]=?|=|~)?\s*(?P<name>{NAME})"
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


def split_cpv(cpv: str) -> tuple[str, str]:
    """Return name and version of ``dev-lang/python-3.12.1-r1``; raise ``ValueError`` when it has no version."""
    found = re.fullmatch(rf"({NAME})-({VERSION})", cpv, re.ASCII)
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
    relation, version = parse_relation(found["sign"] or "", found["version"] or "", found["star"] or "")
    name = found["name"] + (f":{found['slot']}" if found["slot"] else "") + (f"/{found['subslot']}" if found["subslot"] else "")
    return Dependency(bool(found["block"]), Atom(name, relation, version), _parse_use(found["use"] or "", text))


def parse_relation(sign: str, version: str, star: str) -> tuple[str, str]:
    """Return the relation and version of an atom from its operator, its version and a final ``*``; raise ``ValueError`` if invalid."""
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
