"""Nix versions, in the order of ``builtins.compareVersions`` (Nix manual, chapter "Built-in functions", and ``nix-env --upgrade``).

A version is split at ``.`` and ``-`` and where digits meet other characters. Parts are compared in turn:
``pre`` is older than the end, the end is older than a word, a word is older than a number. A number beyond 31 bits is a word.
"""

import re

_PART = re.compile(rb"[.-]*([0-9]+|[^0-9.-]+)").findall
_PRE, _END, _WORD, _NUMBER = b"\x01", b"\x02", b"\x03", b"\x04"
_NAME = re.compile(r"-(?=[^A-Za-z])").search
_LARGEST = 2**31 - 1


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of Nix; equal versions (``1.0`` and ``1-00``) give equal bytes."""
    parts = _PART(version.encode("utf-8", "surrogateescape").partition(b"\0")[0])
    return b"".join([_encode_part(part) for part in parts]) + _END


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: ``left`` is older than, equal to or newer than ``right``."""
    one, two = sort_key_of(left), sort_key_of(right)
    return (one > two) - (one < two)


def satisfies(version: str, relation: str, bound: str) -> bool:
    """Return whether ``version relation bound`` holds; ``relation`` is ``<`` ``<=`` ``=`` ``>=`` ``>``, or empty for any version."""
    if not relation:
        return True
    order = compare(version, bound)
    answers = {"<": order < 0, "<=": order <= 0, "=": order == 0, ">=": order >= 0, ">": order > 0}
    if relation not in answers:
        message = f"unknown relation {relation!r}"
        raise ValueError(message)
    return answers[relation]


def split_name(name: str) -> tuple[str, str]:
    """Split ``hello-2.12`` into name and version like ``builtins.parseDrvName``: at the first dash not followed by a letter."""
    found = _NAME(name)
    return (name[: found.start()], name[found.end() :]) if found else (name, "")


def _encode_part(text: bytes) -> bytes:
    if text == b"pre":
        return _PRE
    if text.isdigit():
        digits = text.lstrip(b"0")
        if len(digits) <= 10 and int(digits or b"0") <= _LARGEST:
            return _NUMBER + bytes((len(digits),)) + digits
    return _WORD + text + b"\0"
