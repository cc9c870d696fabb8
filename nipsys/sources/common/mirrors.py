"""How the values of settings are read: lists of words, addresses, paths relative to the profile, days; and their errors."""

import re
from collections.abc import Iterable
from posixpath import join
from urllib.parse import quote, urljoin, urlsplit

from nipsys.model import HostFacts, Problem
from nipsys.model.package import hide_password
from nipsys.model.system import SourceSpec

_ADDRESS = re.compile(r"(?:https?|file)://").match
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?").fullmatch


def split_words(value: object) -> tuple[str, ...]:
    """Split a setting with several values at spaces and commas; empty when it is not set."""
    return () if value is None else tuple(str(value).replace(",", " ").split())


def find_unknown_settings(spec: SourceSpec, known: Iterable[str]) -> list[Problem]:
    """Return a problem for every setting that the kind does not have."""
    known = tuple(known)
    hint = "its settings are " + ", ".join(f"`{name}`" for name in known)
    return [
        Problem("unknown-setting", f"a `{spec.kind}` source has no setting `{key}`", spec.span, hint=hint)
        for key, _ in spec.settings
        if key not in known
    ]


def read_choice(spec: SourceSpec, key: str, values: tuple[str, ...], problems: list[Problem]) -> str:
    """Return a setting that must be one of ``values`` (the first when not set); anything else adds a problem."""
    value = str(spec.get(key, values[0]))
    if value not in values:
        hint = "use " + " or ".join(f"`{one}`" for one in values)
        problems.append(Problem("bad-setting", f"`{key}` of the source `{spec.name}` cannot be `{value}`", spec.span, hint=hint))
    return value


def read_addresses(spec: SourceSpec, key: str, problems: list[Problem]) -> tuple[str, ...]:
    """Return the addresses of a setting without a trailing ``/``; one that cannot be fetched adds a problem."""
    found = tuple(word.rstrip("/") for word in split_words(spec.get(key)))
    for address in found:
        if not _is_valid(address):
            hint = "write it as `https://host/path`, `http://host/path` or `file:///path`"
            problems.append(
                Problem("bad-address", f"the source `{spec.name}` cannot use the address `{hide_password(address)}`", spec.span, hint=hint)
            )
    return found


def _is_valid(address: str) -> bool:
    try:
        return bool(_ADDRESS(address)) and urlsplit(address).port != 0  # both raise ValueError, for `http://[::1/` and `http://h:x/`
    except ValueError:
        return False


def resolve_path(path: str, spec: SourceSpec, host: HostFacts) -> str:
    """Resolve a path of the profile: ``~`` is the user's home, a relative path is relative to the profile.

    The result is absolute, as a ``file://`` address requires, even when the profile was named relative to the working directory.
    """
    if path.startswith("~/"):
        return f"{host.getenv('HOME') or '~'}/{path[2:]}"
    return join(host.working_directory, spec.span.file.rpartition("/")[0] if spec.span else "", path)


def read_snapshot_day(spec: SourceSpec, problems: list[Problem]) -> tuple[str, str, str] | None:
    """Return year, month and day of the setting ``snapshot``; ``None`` when the newest state is wanted or it is not a day (a problem)."""
    value = spec.get("snapshot")
    if value is None:
        return None
    found = _DAY(str(value))
    if not found:
        problems.append(Problem("bad-setting", f"`{value}` is not a day", spec.span, hint='write `snapshot="2026-11-01"`'))
        return None
    return found[1], found[2], found[3]


def join_url(mirror: str, path: str) -> str:
    """Return the address of a file on a mirror, its path percent-encoded (``:`` is kept; ``#`` and ``%`` are encoded)."""
    return f"{mirror}/{quote(path, safe='/+~:@=,;!$&()*')}"


def join_location(mirror: str, location: str) -> str:
    """Return the address of ``location``, relative to a mirror; one that is not valid is returned as it is, and its fetch is refused."""
    try:
        return urljoin(f"{mirror}/", location)
    except ValueError:
        return location
