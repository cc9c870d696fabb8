"""Versions of pkgsrc, by the rules of its package tools.

A version is a list of weights: a number counts as itself, ``alpha`` -3, ``beta`` -2, ``pre`` and ``rc`` -1, ``pl``, ``_``
and ``.`` 0, a letter 0 and its position in the alphabet; a missing weight counts 0; the revision ``nbN`` decides last. Other
characters are ignored. Numbers are not limited in size; those of the package tools overflow above 2^31 - 1.
"""

import re

from nipsys.versions.sort_bytes import encode_number

_TOKEN = re.compile(
    r"(?P<number>[0-9]+)|(?P<word>alpha|beta|pre|rc|pl|[_.])|nb(?P<revision>[0-9]*)|(?P<letter>[a-z])|.",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_WEIGHTS = {"alpha": -3, "beta": -2, "pre": -1, "rc": -1, "pl": 0, "_": 0, ".": 0}


def parse_weights(version: str) -> tuple[tuple[int, ...], int]:
    """Return the weights of a version without trailing zeros, and its revision."""
    found: list[int] = []
    revision = 0
    for token in _TOKEN.finditer(version):
        if token["number"] is not None:
            found.append(int(token["number"]))
        elif token["word"] is not None:
            found.append(_WEIGHTS[token["word"].lower()])
        elif token["revision"] is not None:
            revision = int(token["revision"] or 0)
        elif token["letter"] is not None:
            found += [0, ord(token["letter"].lower()) - 96]
    while found and not found[-1]:
        found.pop()
    return tuple(found), revision


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of pkgsrc.

    A list continues with zeros after its end, so a run of zeros has no order by itself: it is encoded together with
    the weight after it. Before a negative weight the shorter run comes first, before a positive one the longer.
    """
    listed, revision = parse_weights(version)
    parts, zeros = [], 0
    for weight in listed:
        if not weight:
            zeros += 1
            continue
        if weight < 0:
            parts.append(b"\x00" + encode_number(zeros) + bytes((weight + 4,)))
        else:
            parts.append(b"\x02" + bytes(255 - byte for byte in encode_number(zeros)) + encode_number(weight))
        zeros = 0
    return b"".join(parts) + b"\x01" + encode_number(revision)
