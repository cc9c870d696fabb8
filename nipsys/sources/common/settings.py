"""Settings that most kinds share: where the index is, who signs it, how old a release must be; and the moments they compare."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from nipsys.model import HostFacts, Problem
from nipsys.model.package import PackageRecord, SignaturePolicy
from nipsys.model.system import SourceSpec
from nipsys.sources.common.mirrors import find_unknown_settings, read_addresses, read_choice, resolve_path, split_words

NO_DATES_HINT = "name a mirror that has dates, or remove `snapshot` and `min-age`"
"""Hint for an index without dates when releases must be filtered by date."""
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def check_settings(spec: SourceSpec, known: Mapping[str, str]) -> list[Problem]:
    """Return a problem for every setting that is not in ``known``, and for an invalid value of ``signatures``."""
    found = find_unknown_settings(spec, known)
    read_choice(spec, "signatures", ("required", "none"), found)
    return found


def read_mirrors(spec: SourceSpec, host: HostFacts, problems: list[Problem], fallback: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the addresses of a source without a trailing slash: the profile's, else ``NIPSYS_<KIND>_MIRROR``'s, else ``fallback``.

    No address at all adds a problem.
    """
    variable = f"NIPSYS_{spec.kind.upper()}_MIRROR"
    found = read_addresses(spec, "mirror", problems)
    if spec.get("mirror") is None:
        found = tuple(word.rstrip("/") for word in split_words(host.getenv(variable))) or fallback
    if not found and not problems:
        hint = f'write `source "{spec.kind}" mirror="https://..."`, or set {variable}'
        problems.append(Problem("no-mirror", f"no mirror is known for `{spec.name}`", spec.span, hint=hint))
    return found


def read_keyring_paths(spec: SourceSpec, host: HostFacts) -> tuple[str, ...]:
    """Return the paths of ``keyring``: ``~`` is the user's home, a relative path is relative to the profile."""
    return tuple(resolve_path(path, spec, host) for path in split_words(spec.get("keyring")))


def must_be_signed(spec: SourceSpec) -> bool:
    """Return whether signatures are required."""
    return spec.get("signatures", "required") == "required"


def build_detached_policy(spec: SourceSpec, host: HostFacts, urls: tuple[str, ...]) -> SignaturePolicy | None:
    """Return the signature policy of an index with a detached ``.asc`` or ``.sig``; ``None`` when signatures are not required."""
    if not must_be_signed(spec):
        return None
    return SignaturePolicy(read_keyring_paths(spec, host), detached=tuple(url + end for url in urls for end in (".asc", ".sig")))


def describe_missing_keyring(spec: SourceSpec, why: str) -> Problem:
    """Return the problem of a source without a keyring while signatures are required; ``why`` is its note."""
    hint = 'name the keys with `keyring="..."` if the mirror signs its index, or accept it unsigned with `signatures="none"`'
    return Problem("no-keyring", f"no keyring is known for `{spec.name}`", spec.span, (why,), hint)


def check_required_signatures(spec: SourceSpec, what: str) -> list[Problem]:
    """Return a problem for an explicit ``signatures="required"`` where nothing is signed; without the setting every plan mentions it."""
    if spec.get("signatures") != "required":
        return []
    hint = "remove the setting: digests are locked, and every plan says that they are unsigned"
    return [Problem("no-signatures", f'{what}, so `signatures="required"` cannot be enforced', spec.span, hint=hint)]


def check_arch(spec: SourceSpec, host: HostFacts, machines: Iterable[str], who: str) -> list[Problem]:
    """Return a problem when the host's machine is not among ``machines``, those ``who`` has packages for (in the profile's words)."""
    if host.arch in (machines := tuple(machines)):
        return []
    hint = "its machines are " + ", ".join(f"`{arch}`" for arch in machines)
    return [Problem("unknown-arch", f"{who} has no packages for `{host.arch}`", spec.span, hint=hint)]


def read_version_count(spec: SourceSpec, usual: int, problems: list[Problem]) -> int:
    """Return how many of the newest versions are considered (``versions``), ``usual`` when not set; an invalid number adds a problem."""
    most = spec.get("versions", usual)
    if isinstance(most, int) and not isinstance(most, bool) and most > 0:
        return most
    problems.append(
        Problem("bad-setting", f"`versions` is not a number of versions: `{most}`", spec.span, hint=f"write `versions={usual}`")
    )
    return usual


def check_unsupported(spec: SourceSpec, reasons: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each common setting without effect here, with its reason: a guard that does nothing is worse than none."""
    return [
        Problem("moot-setting", f"`{name}` has no effect on the source `{spec.name}`: {why}", spec.span, hint="remove the setting")
        for name, why in reasons.items()
        if spec.get(name) is not None
    ]


def read_cutoff(spec: SourceSpec, now: str) -> tuple[str, list[Problem]]:
    """Return the moment after which releases are ignored, by ``snapshot`` and ``min-age``, and the problems of these settings.

    It is written as ``2026-11-20T08:00:00Z``; empty for no limit.
    """
    problems: list[Problem] = []
    limits = []
    snapshot, age = spec.get("snapshot"), spec.get("min-age")
    if snapshot is not None:
        moment = parse_moment(str(snapshot))
        if moment is None:
            hint = 'write `snapshot="2026-11-01"` or `snapshot="2026-11-01T08:00:00Z"`'
            problems.append(Problem("bad-setting", f"`snapshot` is not a date: `{snapshot}`", spec.span, hint=hint))
        else:
            # a day without a time includes the whole day
            limits.append(moment + timedelta(days=1, seconds=-1) if len(str(snapshot)) == 10 else moment)
    if age is not None:
        text = str(age)
        if text[:-1].isdecimal() and text[-1:] in _UNITS:
            limits.append((parse_moment(now) or datetime.max.replace(tzinfo=UTC)) - int(text[:-1]) * _UNITS[text[-1]])
        else:
            problems.append(Problem("bad-setting", f"`min-age` is not a duration: `{text}`", spec.span, hint='write `min-age="7d"`'))
    return (format_moment(min(limits)) if limits else ""), problems


def check_snapshot(spec: SourceSpec, problems: list[Problem]) -> None:
    """Add a problem for a ``snapshot`` that is neither a day nor a moment."""
    alone = tuple(pair for pair in spec.settings if pair[0] == "snapshot")
    problems += read_cutoff(SourceSpec(spec.name, spec.kind, settings=alone, span=spec.span), "")[1]


def read_min_age(spec: SourceSpec, now: str, problems: list[Problem]) -> str:
    """Return the moment after which releases are ignored by ``min-age`` alone, for sources whose ``snapshot`` selects an address."""
    alone = tuple(pair for pair in spec.settings if pair[0] == "min-age")
    limit, found = read_cutoff(SourceSpec(spec.name, spec.kind, spec.priority, alone, spec.span), now)
    problems += found
    return limit


def check_not_later(spec: SourceSpec, date: str, where: str) -> list[Problem]:
    """Return a problem when ``date`` (as ``format_moment``) is after the day of ``snapshot``: the mirror serves another state."""
    alone = tuple(pair for pair in spec.settings if pair[0] == "snapshot")
    limit, _ = read_cutoff(SourceSpec(spec.name, spec.kind, settings=alone), "")
    if not is_too_young(date, limit):
        return []
    message = f'`{where}` is of {date}, which is after `snapshot="{spec.get("snapshot")}"`'
    notes = ("its contents are not the requested state",)
    hint = "put `$snapshot` where the mirror's address has the day, name a mirror of that day, or remove the setting"
    return [Problem("not-that-day", message, spec.span, notes, hint)]


def hold_back(records: list[PackageRecord], limit: str, where: str) -> tuple[list[PackageRecord], tuple[str, ...]]:
    """Leave out the records whose fact ``date`` is after ``limit`` or missing; also return a warning with their number."""
    if not limit:
        return records, ()
    kept = [record for record in records if not is_withheld(dict(record.facts).get("date", ""), limit)]
    held = len(records) - len(kept)
    return kept, (f"{held} packages of `{where}` are held back by `min-age`",) if held else ()


def suggest_mirror(limit: str) -> str:
    """Return the hint for a mirror without usable packages; ``limit`` is the moment after which packages are ignored, or empty."""
    return "remove `snapshot` and `min-age`, or name a mirror with older packages" if limit else "name a mirror for this machine"


def parse_moment(text: str) -> datetime | None:
    """Read an ISO 8601 date or moment, UTC unless it has a zone; ``None`` when it is invalid."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def format_moment(moment: datetime) -> str:
    """Write a moment as ``2026-11-20T08:00:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def normalize_moment(text: str) -> str:
    """Write an ISO 8601 moment as ``2026-11-20T08:00:00Z``; empty when it is invalid."""
    moment = parse_moment(text) if text else None
    return format_moment(moment) if moment else ""


def format_unix_time(seconds: str) -> str:
    """Write a Unix time of an index as ``2026-11-20T08:00:00Z``; empty when it is missing or out of range."""
    return format_moment(datetime.fromtimestamp(int(seconds), UTC)) if seconds.isdecimal() and len(seconds) < 12 else ""


def is_too_young(when: str, limit: str) -> bool:
    """Return whether ``when`` is known to be after ``limit``."""
    moment = parse_moment(when) if limit and when else None
    return moment is not None and format_moment(moment) > limit


def is_withheld(when: str, limit: str) -> bool:
    """Return whether a release is ignored: it is after ``limit``, or has no date and so may be."""
    return bool(limit) and (not normalize_moment(when) or is_too_young(when, limit))


def make_relative(url: str, mirrors: Iterable[str]) -> str:
    """Return an address relative to the first mirror on the same host, so that a lock is valid for other mirrors too; else unchanged."""
    with suppress(ValueError):  # an address that is not valid stays as it is, for the fetch to refuse it by name
        theirs = urlsplit(url)
        for mirror in mirrors:
            ours = urlsplit(mirror)
            if (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc):
                up = [part for part in ours.path.split("/") if part]
                down = theirs.path.lstrip("/").split("/")
                while up and len(down) > 1 and up[0] == down[0]:
                    del up[0], down[0]
                return "../" * len(up) + "/".join(down)
    return url
