"""The host's apt sources: ``sources.list`` (one line per entry) and ``*.sources`` (deb822), see sources.list(5).

Pure: texts in, entries out. A line that cannot be read is skipped with a note; the rest is still usable.
"""

import re
from collections.abc import Iterator

from nipsys.model import Frozen, field

_ONE_LINE = re.compile(r"\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^#\s]\S*)*)\s*(?:#.*)?").fullmatch
_OPTION = re.compile(r"([A-Za-z-]+)\s*([+-]?=)\s*(\"[^\"]*\"|\S+)")
_YES = frozenset({"yes", "true", "with", "on", "enable", "1"})
_NO = frozenset({"no", "false", "without", "off", "disable", "0"})
_ARMOUR = "-----BEGIN PGP"


class AptEntry(Frozen):
    """One repository: a suite at its addresses."""

    types: tuple[str, ...]
    """``deb``, ``deb-src``."""
    uris: tuple[str, ...]
    """Base addresses without a trailing slash."""
    suite: str
    """A suite, or a path ending in ``/`` for a flat repository."""
    components: tuple[str, ...]
    arches: tuple[str, ...] = ()
    """Debian's names of machines; empty when not limited."""
    keyrings: tuple[str, ...] = ()
    """Paths from ``Signed-By``."""
    keys: tuple[str, ...] = field(default=(), repr=False)
    """Armoured keys embedded in ``Signed-By``."""
    fingerprints: tuple[str, ...] = ()
    """Fingerprints in ``Signed-By``: of the keys in the host's default keyrings only these are trusted."""
    trusted: bool = False
    """``trusted=yes``: the host's configuration requires no signature."""
    checks_expiry: bool = True
    by_hash: bool | None = None
    """``None``: the Release file decides."""
    snapshot: str = ""
    origin: str = ""
    """Where it was read from: ``path:line``."""


def read_configuration(texts: tuple[tuple[str, str], ...]) -> tuple[tuple[AptEntry, ...], tuple[str, ...]]:
    """Read every apt file among ``texts`` (path, content); return the enabled entries in order, and a note for each part not understood."""
    entries: list[AptEntry] = []
    notes: list[str] = []
    for path, text in texts:
        if path.endswith(".list"):
            entries.extend(_read_one_line(path, text, notes))
        elif path.endswith(".sources"):
            entries.extend(_read_deb822(path, text, notes))
    return tuple(entries), tuple(notes)


def _read_one_line(path: str, text: str, notes: list[str]) -> Iterator[AptEntry]:
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        place = f"{path}:{number}"
        found = _ONE_LINE(line)
        if not found:
            notes.append(f"{place}: `{stripped}` is not an apt source")
            continue
        kind, options, uri, suite, components = found.groups()
        fields = {name.lower(): value.strip('"').replace(",", " ") for name, sign, value in _OPTION.findall(options or "") if sign == "="}
        fields |= {"types": kind, "uris": uri, "suites": suite, "components": components or ""}
        yield from _build_entries(fields, place, notes)


def _read_deb822(path: str, text: str, notes: list[str]) -> Iterator[AptEntry]:
    for number, fields in iter_stanzas(text):
        if fields.get("enabled", "yes").strip().lower() in _NO:
            continue
        if not ({"types", "uris", "suites"} <= set(fields)):
            notes.append(f"{path}:{number}: a stanza without `Types`, `URIs` or `Suites`")
            continue
        yield from _build_entries(fields, f"{path}:{number}", notes)


def iter_stanzas(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Split deb822 text: (first line, fields by lower-case name); continuation lines are joined by newlines."""
    fields: dict[str, str] = {}
    start, last = 1, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield start, fields
            fields, last = {}, ""
        elif line[0] in " \t":
            if last:
                fields[last] += "\n" + line[1:].rstrip()
        else:
            name, _, value = line.partition(":")
            if not fields:
                start = number
            last = name.strip().lower()
            fields[last] = value.strip()


def _build_entries(fields: dict[str, str], place: str, notes: list[str]) -> Iterator[AptEntry]:
    """Build an entry for each suite; the addresses of a stanza are mirrors of each other only if each carries the suite."""
    uris = tuple(uri.rstrip("/") for uri in fields["uris"].split())
    if not uris:
        notes.append(f"{place}: no address")
        return
    paths, keys, fingerprints = _parse_signed_by(fields.get("signed-by", ""))
    by_hash = fields.get("by-hash", "").lower()
    arches = fields.get("arch", fields.get("architectures", ""))
    for suite in fields["suites"].split():
        yield AptEntry(
            types=tuple(fields["types"].split()),
            uris=uris,
            suite=suite,
            components=tuple(fields.get("components", "").split()),
            arches=tuple(arches.split()),
            keyrings=paths,
            keys=keys,
            fingerprints=fingerprints,
            trusted=fields.get("trusted", "").lower() in _YES,
            checks_expiry=fields.get("check-valid-until", "").lower() not in _NO,
            by_hash=False if by_hash in _NO else True if by_hash in {*_YES, "force"} else None,
            snapshot=fields.get("snapshot", ""),
            origin=place,
        )


def _parse_signed_by(value: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Separate paths, embedded keys and fingerprints; in an embedded key a single dot is an empty line."""
    if _ARMOUR in value:
        lines = ["" if line.strip() == "." else line.strip() for line in value.strip().splitlines()]
        return (), ("\n".join(lines) + "\n",), ()
    words = value.replace(",", " ").split()
    paths = tuple(word for word in words if word.startswith("/"))
    return paths, (), tuple(word.rstrip("!").upper() for word in words if not word.startswith("/"))
