"""Where the parts of one Debian world are: the suite and its -updates and -security pockets, from the profile or the host's apt.

A host that does not list the suite (trixie requested on bookworm) still shows where Debian is: the entry of its own release names the
mirror, and the entry of its own security pocket names the security mirror; the suite's name is substituted in both.
"""

from nipsys.model import Frozen, HostFacts, Problem, replace
from nipsys.model.system import SourceSpec
from nipsys.sources.common import read_addresses, resolve_path, split_words
from nipsys.sources.debian.apt_configuration import AptEntry, read_configuration
from nipsys.sources.debian.apt_options import is_disabled, read_options

POCKETS = ("updates", "security")
_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
)
SNAPSHOT_VARIABLE = "NIPSYS_DEBIAN_SNAPSHOT"
"""Variable with the address of an archive of past states: it contains ``$snapshot`` for the time, and ``/debian/``."""


class SuiteLocation(Frozen):
    """One suite at its mirrors: a part of the world."""

    suite: str
    mirrors: tuple[str, ...]
    components: tuple[str, ...]
    keyrings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    optional: bool = False
    """The world is complete without it: a pocket that may not exist."""
    checks_expiry: bool = True
    by_hash: bool | None = None
    trusted: bool = False
    """The host's apt configuration requires no signature."""

    @property
    def flat(self) -> bool:
        """Return whether the repository has no ``dists``: the suite is a directory."""
        return self.suite.endswith("/")


Locations = tuple[tuple["SuiteLocation", ...], tuple[Problem, ...], tuple[str, ...]]
"""Parts, problems that prevent them, notes on the host's configuration."""


def locate_suites(spec: SourceSpec, host: HostFacts, suite: str, arch: str, past: str) -> Locations:
    """Return the parts of ``suite`` for ``arch`` (Debian's name), the main one first; ``past`` is a moment, or empty for today."""
    entries, notes = read_configuration(host.config_files)
    entries = tuple(entry for entry in entries if "deb" in entry.types and (not entry.arches or arch in entry.arches))
    wanted = POCKETS if spec.get("pockets") is None else split_words(spec.get("pockets"))
    problems: list[Problem] = []
    mirrors = read_addresses(spec, "mirror", problems)
    if spec.get("mirror") is None:
        mirrors = split_words(host.getenv("NIPSYS_DEBIAN_MIRROR"))
    mirrors = tuple(mirror.rstrip("/") for mirror in mirrors)
    if mirrors:
        places = _from_profile(suite, wanted, mirrors, spec, past)
    else:
        places = _from_apt(entries, suite, wanted, host)
        options = read_options(host.config_files)
        if is_disabled(options, "Acquire::Check-Valid-Until") or is_disabled(options, "Acquire::Check-Date"):
            places = tuple(replace(place, checks_expiry=False) for place in places)
    if past and not any("$snapshot" in mirror for mirror in mirrors):
        archive = host.getenv(SNAPSHOT_VARIABLE) or ""
        if mirrors or "$snapshot" not in archive:
            problems.append(_no_snapshot(spec))
        places = _from_archive(
            suite, wanted, archive.replace("$snapshot", _format_stamp(past)), places if spec.get("snapshot") is None else ()
        )
    if not places:
        return (), (*problems, _no_mirror(spec, suite, host)), notes
    return tuple(_complete(place, spec, host, problems) for place in places), tuple(problems), notes


def _from_profile(suite: str, pockets: tuple[str, ...], mirrors: tuple[str, ...], spec: SourceSpec, past: str) -> tuple[SuiteLocation, ...]:
    """Use the profile's mirror and its pockets where it has them; Debian keeps security updates in a separate archive."""
    then = tuple(mirror.replace("$snapshot", _format_stamp(past)).replace("$suite", suite) for mirror in mirrors)
    places = [SuiteLocation(suite, then, (), checks_expiry=not past)]
    if not suite.endswith("/"):
        own = tuple(mirror.replace("$snapshot", _format_stamp(past)).rstrip("/") for mirror in split_words(spec.get("security")))
        own = own or tuple(f"{mirror}-security" for mirror in then if mirror.endswith("/debian"))
        extra = {"security": own}
        places += [
            SuiteLocation(f"{suite}-{pocket}", then + extra.get(pocket, ()), (), optional=True, checks_expiry=not past)
            for pocket in pockets
        ]
    return tuple(places)


def _from_archive(suite: str, pockets: tuple[str, ...], main: str, today: tuple[SuiteLocation, ...]) -> tuple[SuiteLocation, ...]:
    """Use the archive of past states at ``main``; of ``today`` only the security pocket, which is never held back."""
    security = main.replace("/debian/", "/debian-security/")
    places = [SuiteLocation(suite, (main,), (), checks_expiry=False)]
    for pocket in pockets:
        name = f"{suite}-{pocket}"
        present = next((place for place in today if place.suite == name and pocket == "security"), None)
        where = security if pocket == "security" else main
        places.append(present or SuiteLocation(name, (where,), (), optional=True, checks_expiry=False))
    return tuple(places)


def _format_stamp(moment: str) -> str:
    """Turn ``2026-11-01`` or ``2026-11-01T08:00:00Z`` into ``20261101T000000Z``."""
    digits = "".join(letter for letter in moment if letter.isdigit())
    return f"{digits[:8]}T{digits[8:14].ljust(6, '0')}Z" if len(digits) >= 8 else moment


def _from_apt(entries: tuple[AptEntry, ...], suite: str, pockets: tuple[str, ...], host: HostFacts) -> tuple[SuiteLocation, ...]:
    listed = tuple(entry for entry in entries if entry.suite == suite)
    if listed:
        family = [entry for pocket in pockets for entry in entries if entry.suite == f"{suite}-{pocket}"]
        places = [_to_location(entry) for entry in (*_same_archive(listed), *family)]
    else:
        places = list(_map_to_suite(entries, suite, pockets, _own_release(entries, host)))
    return _merge(places)


def _same_archive(listed: tuple[AptEntry, ...]) -> tuple[AptEntry, ...]:
    """Of entries that share a suite's name, keep those of one archive: the first, and those signed by the same keys.

    Other vendors also call their suites ``stable`` or ``./``, and those are separate worlds.
    """
    first = listed[0]
    return tuple(entry for entry in listed if (entry.keyrings, entry.keys) == (first.keyrings, first.keys))


def _own_release(entries: tuple[AptEntry, ...], host: HostFacts) -> AptEntry | None:
    """Find the entry of the host's release by its code name, else the first that is not a pocket and has a component ``main``."""
    fields = dict(line.split("=", 1) for line in (host.get_text("/etc/os-release") or "").splitlines() if "=" in line)
    own = fields.get("VERSION_CODENAME", "").strip("\"'")
    plain = [entry for entry in entries if "main" in entry.components and not entry.suite.endswith(("-updates", "-security", "-backports"))]
    return next((entry for entry in plain if entry.suite == own), plain[0] if plain else None)


def _map_to_suite(entries: tuple[AptEntry, ...], suite: str, pockets: tuple[str, ...], own: AptEntry | None) -> tuple[SuiteLocation, ...]:
    """Substitute ``suite`` for the host's own release, in every pocket that may exist."""
    if own is None or suite.endswith("/"):
        return ()
    places = [replace(_to_location(own), suite=suite)]
    for pocket in pockets:
        theirs = [entry for entry in entries if entry.suite == f"{own.suite}-{pocket}"]
        theirs += [entry for entry in entries if entry.suite.endswith(f"-{pocket}") and entry not in theirs]
        places += [
            replace(_to_location(entry), suite=f"{suite}-{pocket}", optional=True)
            for entry in theirs[:1] or ([own] if pocket == "updates" else [])
        ]
    return tuple(places)


def _to_location(entry: AptEntry) -> SuiteLocation:
    return SuiteLocation(
        suite=entry.suite,
        mirrors=entry.uris,
        components=entry.components,
        keyrings=entry.keyrings,
        keys=entry.keys,
        fingerprints=entry.fingerprints,
        checks_expiry=entry.checks_expiry,
        by_hash=entry.by_hash,
        trusted=entry.trusted,
    )


def _merge(places: list[SuiteLocation]) -> tuple[SuiteLocation, ...]:
    """Merge the entries of one suite: the mirrors of all, tried in order, and all their components."""
    merged: dict[str, SuiteLocation] = {}
    for place in places:
        known = merged.get(place.suite)
        if known is None:
            merged[place.suite] = place
            continue
        mirrors = tuple(dict.fromkeys(known.mirrors + place.mirrors))
        merged[place.suite] = replace(known, mirrors=mirrors, components=tuple(dict.fromkeys(known.components + place.components)))
    return tuple(merged.values())


def _complete(place: SuiteLocation, spec: SourceSpec, host: HostFacts, problems: list[Problem]) -> SuiteLocation:
    """Apply the profile's components and keyring, and find a keyring where none is named."""
    components = () if place.flat else split_words(spec.get("components")) or place.components or ("main",)
    place = replace(place, components=components)
    if spec.get("signatures", "required") == "none":
        return replace(place, keyrings=(), keys=(), fingerprints=())
    named = tuple(resolve_path(path, spec, host) for path in split_words(spec.get("keyring")))
    if named:
        return replace(place, keyrings=named, keys=(), fingerprints=())
    if place.keyrings or place.keys:
        return place
    trusted = tuple(path for path in host.keyrings if path.startswith("/etc/apt/trusted.gpg"))
    fallback = tuple(path for path in _KEYRINGS if path in host.keyrings)
    found = tuple(dict.fromkeys(trusted + fallback))
    if not found and not problems:
        message = f"no keyring is known for the suite `{place.suite}` of `{spec.name}`"
        hint = 'name one with `keyring="/path/to/keyring.gpg"`, or install the archive\'s keyring (`debian-archive-keyring` for Debian)'
        if place.trusted:
            hint = 'the host\'s apt accepts it unsigned; to do the same, write `signatures="none"`'
        problems.append(Problem("no-keyring", message, spec.span, ("an index must be signed by a trusted key",), hint))
    return replace(place, keyrings=found)


def _no_snapshot(spec: SourceSpec) -> Problem:
    """Return the problem of a mirror without past states."""
    hint = f"put `$snapshot` where the mirror's address has the date, or omit `mirror` and set {SNAPSHOT_VARIABLE} to an archive's address"
    return Problem("no-past", f"the mirror of `{spec.name}` has no past states", spec.span, (), hint)


def _no_mirror(spec: SourceSpec, suite: str, host: HostFacts) -> Problem:
    """Return the problem of a suite without a mirror."""
    has = any(path.startswith("/etc/apt/") for path, _ in host.config_files)
    note = f"the host's apt configuration has no entry for `{suite}`" if has else "this host has no apt configuration"
    hint = f'write `source "{spec.kind}" suite="{suite}" mirror="https://..."`, or set NIPSYS_DEBIAN_MIRROR'
    return Problem("no-mirror", f"no mirror is known for the suite `{suite}` of `{spec.name}`", spec.span, (note,), hint)


def read_host_suite(host: HostFacts) -> str:
    """Return the code name of the host's release, for a hint; empty when it is unknown."""
    return next(
        (
            line.partition("=")[2].strip("\"'")
            for line in (host.get_text("/etc/os-release") or "").splitlines()
            if line.startswith("VERSION_CODENAME=")
        ),
        "",
    )
