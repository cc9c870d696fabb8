"""Versions and requirements of Python packages (PEP 440, PEP 508, PEP 503).

The order is written here because an index needs it as bytes; ranges and markers are `packaging`'s (optional, lazy).

Names are normalised. A package's extra is a name of its own, ``httpx[http2]``; the source makes a record for it
that needs the package itself at the same version. Markers are judged when the index is read, so a clause has none.
"""

import re
from collections.abc import Callable

from nipsys.model.package.record import Atom, Clause, Provide
from nipsys.versions.ordered import number, word

_VERSION = re.compile(
    r"""\s*v?
    (?:(?P<epoch>\d+)!)?
    (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d+)?)?
    (?:-(?P<post_implicit>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d+)?)?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d+)?)?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_STAGES = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
"""Pre-release stages in order; every other spelling is a release candidate."""
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*\(?([^;@()]*)\)?\s*", re.ASCII)
_RELATIONS = ("===", "~=", "==", "!=", "<=", ">=", "<", ">")


def normalise(name: str) -> str:
    """Return the one spelling of a project's name (PEP 503): ``Foo_Bar`` is ``foo-bar``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_prerelease(version: str) -> bool:
    """Return whether a version is a pre-release or a development release; ``ValueError`` when it is no version."""
    found = _match(version)
    return bool(found["pre"] or found["dev"])


def names_prerelease(span: str) -> bool:
    """Return whether some part of a range names a pre-release as a bound that lets versions in."""
    return any(_names(part.strip()) for part in span.split(","))


def _names(part: str) -> bool:
    bound = part.lstrip("=<>~!").strip().removesuffix(".*")
    try:
        return bool(bound) and not part.startswith("!=") and is_prerelease(bound)
    except ValueError:
        return False


def key(version: str) -> bytes:
    """Return bytes that sort as PEP 440 orders versions; ``ValueError`` when it is no version."""
    found = _match(version)
    release = [int(part) for part in found["release"].split(".")]
    while len(release) > 1 and not release[-1]:
        release.pop()
    parts = [number(int(found["epoch"] or 0)), *(number(part) for part in release), b"\0"]
    post = found["post_implicit"] or found["post"]
    if found["pre"]:
        parts += [_STAGES.get(found["pre"].lower(), b"\x03"), number(int(found["pre_number"] or 0))]
    else:
        # 1.0.dev1 comes before 1.0a1, 1.0 and 1.0.post1.dev1 after every pre-release
        parts.append(b"\0" if found["dev"] and not post else b"\x7f")
    parts.append(b"\x01" + number(int(found["post_implicit"] or found["post_number"] or 0)) if post else b"\0")
    parts.append(b"\x01" + number(int(found["dev_number"] or 0)) if found["dev"] else b"\xff")
    parts.append(b"\x01" + _local(found["local"]) if found["local"] else b"\0")
    return b"".join(parts)


def _match(version: str) -> re.Match[str]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"`{version}` is not a version by PEP 440")
    return found


def _local(text: str) -> bytes:
    """Return the key of a local label: words come before numbers, and a beginning before what continues it."""
    parts = re.split(r"[-_.]", text.lower())
    return b"".join(b"\x02" + number(int(part)) if part.isdecimal() else b"\x01" + word(part) for part in parts) + b"\0"


class Dialect:
    """PEP 440 versions, PEP 508 requirements; a clause has one atom, whose ``in`` range is a specifier set."""

    name = "pypi"

    def __init__(self, *, prereleases: bool = False) -> None:
        """Start with nothing read; ``prereleases`` weighs them like any other version."""
        self._ranges: dict[str, Callable[[str], bool]] = {}
        self._prereleases = prereleases

    def key(self, version: str) -> bytes:
        """Return bytes that sort as PEP 440 orders versions."""
        return key(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version satisfies an atom; pre-releases count, the source withholds those not wanted."""
        if not atom.relation or not atom.version.strip():
            return True
        if not version:
            return False
        text = atom.version if atom.relation == "in" else {"=": "=="}.get(atom.relation, atom.relation) + atom.version
        contains = self._ranges.get(text)
        if contains is None:
            contains = self._ranges[text] = _container(text)
        return contains(version)

    def late(self, atom: Atom, version: str) -> bool:
        """Return whether a version is only for want of another: a pre-release that the range does not name."""
        return not self._prereleases and is_prerelease(version) and not names_prerelease(atom.version)

    def clause(self, text: str) -> Clause:
        """Read a requirement without marker: ``httpx[http2]>=0.27,<1``; several extras are refused, one name each."""
        found = _REQUIREMENT.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is not a requirement by PEP 508")
        extras = [normalise(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip()]
        if len(extras) > 1:
            raise ValueError(f"`{text}` asks for several extras at once")
        name = normalise(found[1]) + (f"[{extras[0]}]" if extras else "")
        span = _range(found[3])
        return (Atom(name, "in", span) if span else Atom(name),)

    def provide(self, text: str) -> Provide:
        """Read a provided name, with ``=version`` when it has one."""
        name, _, version = text.partition("=")
        return Provide(name, version)


def _range(text: str) -> str:
    """Return a specifier set with every part checked; a lone ``=`` is read as ``==``."""
    parts = []
    for part in re.split(r",|\s+(?=[<>=!~])", text):
        bare = part.strip()
        if not bare:
            continue
        relation = next((sign for sign in _RELATIONS if bare.startswith(sign)), "")
        if not relation and bare.startswith("="):
            relation, bare = "==", "=" + bare
        if not relation:
            raise ValueError(f"`{bare}` is not a version specifier by PEP 440")
        parts.append(relation + bare[len(relation) :].strip())
    return ",".join(parts)


def _container(text: str) -> Callable[[str], bool]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - heavy, only here

    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier as fault:
        raise ValueError(f"`{text}` is not a version specifier by PEP 440") from fault
    return lambda version: specifiers.contains(version, prereleases=True)
