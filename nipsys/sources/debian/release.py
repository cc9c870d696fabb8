"""A Release file (Debian's repository format): a suite's contents, its dates, and the digest of every list."""

import re

from nipsys.model import Frozen
from nipsys.sources.debian.apt_configuration import iter_stanzas

_DATE = re.compile(r"(?:[A-Za-z]{3},\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(?:UTC|GMT|Z|\+0000)").fullmatch
_MONTHS = {name: place for place, name in enumerate(("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split(), 1)}  # noqa: SIM905 - a list of twelve words
_DIGESTS = (("sha256", 64), ("sha512", 128))
_HEX = re.compile(r"[0-9a-f]+").fullmatch


class ListedFile(Frozen):
    """One file listed by the Release file, with its digest."""

    path: str
    """Relative to the directory of the Release file."""
    digest: str
    """``sha256:<hex>`` or ``sha512:<hex>``."""
    size: int


class Release(Frozen):
    """The contents of a Release file."""

    suite: str
    codename: str
    date: str
    """``2026-11-20T08:00:00Z``; empty when missing."""
    expires: str
    """In the same form; empty when it does not expire."""
    origin: str
    components: tuple[str, ...]
    arches: tuple[str, ...]
    by_hash: bool
    separate_all: bool
    """``Architecture: all`` packages have separate lists."""
    files: dict[str, ListedFile]
    """By path."""


def read_release(text: str) -> Release:
    """Read a Release file's text without its signature; ``ValueError`` with a sentence when it is invalid."""
    fields = next((found for _, found in iter_stanzas(text)), {})
    files: dict[str, ListedFile] = {}
    for algorithm, digits in _DIGESTS:
        for line in fields.get(algorithm, "").splitlines():
            parts = line.split()
            if len(parts) == 3 and len(parts[0]) == digits and _HEX(parts[0]) and parts[1].isdigit():
                files.setdefault(parts[2], ListedFile(parts[2], f"{algorithm}:{parts[0]}", int(parts[1])))
    if not files:
        raise ValueError("it lists no file with a SHA-256 or SHA-512 digest")
    arches = tuple(fields.get("architectures", "").split())
    return Release(
        suite=fields.get("suite", ""),
        codename=fields.get("codename", ""),
        date=_parse_date(fields.get("date", ""), "Date"),
        expires=_parse_date(fields.get("valid-until", ""), "Valid-Until"),
        origin=fields.get("origin", ""),
        components=tuple(fields.get("components", "").split()),
        arches=arches,
        by_hash=fields.get("acquire-by-hash", "").lower() == "yes",
        separate_all="all" in arches and "packages" not in fields.get("no-support-for-architecture-all", "").lower().split(),
        files=files,
    )


def _parse_date(text: str, field: str) -> str:
    """Convert ``Fri, 20 Nov 2026 20:00:00 UTC`` to ``2026-11-20T20:00:00Z``, which sorts by time."""
    if not text:
        return ""
    found = _DATE(text.strip())
    if not found or found[2].capitalize() not in _MONTHS:
        raise ValueError(f"its `{field}` is not a date: `{text}`")
    day, month, year, hour, minute, second = found.groups()
    return f"{year}-{_MONTHS[month.capitalize()]:02d}-{int(day):02d}T{int(hour):02d}:{minute}:{second}Z"
