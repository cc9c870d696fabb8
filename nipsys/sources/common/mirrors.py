"""What every kind's settings have in common: lists of words, mirrors, keys beside the profile, and the mistakes one can make in them."""

import re
from collections.abc import Iterable
from posixpath import join
from urllib.parse import quote

from nipsys.model.host import HostFacts
from nipsys.model.problem import Problem
from nipsys.model.system.profile import SourceSpec

_ADDRESS = re.compile(r"(?:https?|file)://").match
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?").fullmatch


def words(value: object) -> tuple[str, ...]:
    """Cut a setting that holds several values at spaces and commas; none when it is not set."""
    return () if value is None else tuple(str(value).replace(",", " ").split())


def unknown_settings(spec: SourceSpec, known: Iterable[str]) -> list[Problem]:
    """Name every setting that the kind does not have."""
    known = tuple(known)
    hint = "it has " + ", ".join(f"`{name}`" for name in known)
    return [
        Problem("unknown-setting", f"a `{spec.kind}` source has no setting `{key}`", spec.span, hint=hint)
        for key, _ in spec.settings
        if key not in known
    ]


def chosen(spec: SourceSpec, key: str, values: tuple[str, ...], problems: list[Problem]) -> str:
    """Return a setting that is one of ``values`` (the first when not set); anything else is a problem."""
    value = str(spec.get(key, values[0]))
    if value not in values:
        hint = "it is " + " or ".join(f"`{one}`" for one in values)
        problems.append(Problem("bad-setting", f"`{key}` of the source `{spec.name}` cannot be `{value}`", spec.span, hint=hint))
    return value


def addresses(spec: SourceSpec, key: str, problems: list[Problem]) -> tuple[str, ...]:
    """Return the mirrors of a setting without their last ``/``; what is no address that can be fetched is a problem."""
    found = tuple(word.rstrip("/") for word in words(spec.get(key)))
    for address in found:
        if not _ADDRESS(address):
            hint = "write it with `https://`, `http://` or `file://`"
            problems.append(Problem("bad-address", f"`{address}` is not an address the source `{spec.name}` can use", spec.span, hint=hint))
    return found


def beside(path: str, spec: SourceSpec, host: HostFacts) -> str:
    """Return a path of the profile: ``~`` is the user's home, a relative one stands beside the profile.

    The profile itself may be named from the working directory; an address (``file://``) takes no path that is.
    """
    if path.startswith("~/"):
        return f"{host.get('HOME') or '~'}/{path[2:]}"
    return join(host.directory, spec.span.file.rpartition("/")[0] if spec.span else "", path)


def day(spec: SourceSpec, problems: list[Problem]) -> tuple[str, str, str] | None:
    """Give year, month and day of the setting ``snapshot``, or ``None`` when the newest state is wanted."""
    value = spec.get("snapshot")
    if value is None:
        return None
    found = _DAY(str(value))
    if not found:
        problems.append(Problem("bad-setting", f"`{value}` is not a day", spec.span, hint='write `snapshot="2026-11-01"`'))
        return None
    return found[1], found[2], found[3]


def joined(mirror: str, path: str) -> str:
    """Return the address of a file on a mirror, its path quoted as an address wants it (a ``:`` stays, a ``#`` or ``%`` does not)."""
    return f"{mirror}/{quote(path, safe='/+~:@=,;!$&()*')}"
