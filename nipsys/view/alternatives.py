"""Alternatives: read which programs packages offer for a generic name, and choose one.

Debian's packages call ``update-alternatives --install LINK NAME PATH PRIORITY [--slave LINK NAME PATH]...``
(update-alternatives(1)) from their maintainer scripts. The script is parsed, never run: continuation lines,
plain assignments and ``for`` loops over literal words are expanded; other variables are ignored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from nipsys.view.model import AlternativeOffer

_CALL = re.compile(r"update-alternatives\s+(?:--(?:quiet|force|verbose)\s+)*--install\s+([^\n;|&]+)")
_LOOP = re.compile(r"for\s+(\w+)\s+in\s+([^;\n]+?)\s*(?:;|\n)\s*do\b(.*?)\bdone\b", re.DOTALL)
_ASSIGN = re.compile(r"""^\s*(?:local\s+|export\s+)?(\w+)=["']?([^"'\n;`$()]*)["']?\s*$""", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")

ALIASES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Top directories that are links into ``usr`` on a merged-usr system."""


def canonical_path(path: str) -> str:
    """Return a path relative to the root, with the merged top directories resolved: ``/bin/sh`` is ``usr/bin/sh``."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if parts and parts[0] in ALIASES:
        parts.insert(0, "usr")
    return "/".join(parts)


def read_offers(script: str, arch: str) -> tuple[AlternativeOffer, ...]:
    """Return every alternative that a maintainer script installs."""
    text = re.sub(r"^\s*#.*$", "", script.replace("\\\n", " "), flags=re.MULTILINE)
    values = {"DPKG_MAINTSCRIPT_ARCH": arch}
    for match in _ASSIGN.finditer(text):
        values.setdefault(match[1], match[2])
    values.setdefault("priority", "50")  # for scripts that compute it
    found: dict[tuple[str, str], AlternativeOffer] = {}
    for body, scope in _iter_blocks(text, values):
        for call in _CALL.finditer(body):
            if offer := _parse_offer(_expand(call[1], scope).replace('"', "").replace("'", "").split()):
                found.setdefault((offer.name, offer.path), offer)
    return tuple(found.values())


def _iter_blocks(text: str, values: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    yield text, values
    for loop in _LOOP.finditer(text):
        for word in _expand(loop[2], values).split():
            yield loop[3], values | {loop[1]: word}


def _expand(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], match[0]), text)


def _parse_offer(words: list[str]) -> AlternativeOffer | None:
    if len(words) < 4 or any("$" in word for word in words[:4]) or not words[3].lstrip("-").isdigit():
        return None
    slaves = tuple(
        (words[place + 1], words[place + 3])
        for place in range(4, len(words) - 3)
        if words[place] == "--slave" and "$" not in words[place + 1] + words[place + 3]
    )
    return AlternativeOffer(words[1], words[0], words[2], int(words[3]), slaves)


def choose_alternatives(
    offered: Iterable[AlternativeOffer], present: Iterable[str], choices: Mapping[str, str]
) -> tuple[AlternativeOffer, ...]:
    """Choose one path for each generic name; see ``rank_alternatives``."""
    return tuple(best for best, *_ in rank_alternatives(offered, present, choices))


def rank_alternatives(
    offered: Iterable[AlternativeOffer], present: Iterable[str], choices: Mapping[str, str]
) -> tuple[tuple[AlternativeOffer, ...], ...]:
    """Return all offers for each generic name: the one in ``choices`` first, then by priority, then by path.

    ``present`` holds the canonical paths of the root; an alternative whose program is missing is ignored.
    """
    here = present if isinstance(present, set | dict | frozenset) else set(present)
    by_name: dict[str, list[AlternativeOffer]] = {}
    for offer in offered:
        if canonical_path(offer.path) in here:
            by_name.setdefault(offer.name, []).append(offer)
    return tuple(
        tuple(sorted(by_name[name], key=lambda offer: (offer.path != choices.get(name), -offer.priority, offer.path)))
        for name in sorted(by_name)
    )
