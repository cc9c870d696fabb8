"""The dependencies of a wheel: ``METADATA`` (core metadata), its markers evaluated for one interpreter and machine."""

from collections.abc import Iterable
from email.parser import HeaderParser
from itertools import chain

from nipsys.model import Frozen
from nipsys.sources.pypi.tags import Target
from nipsys.versions.pep440 import normalize_name


class Metadata(Frozen):
    """The parts of a METADATA file that resolution uses."""

    name: str
    """Normalised."""
    version: str
    summary: str
    requires_python: str
    depends: tuple[str, ...]
    """Clauses in the dialect, for the package itself."""
    extras: tuple[tuple[str, tuple[str, ...]], ...]
    """(normalised extra, its clauses beyond those of the package)."""
    unsupported: tuple[str, ...] = ()
    """Requirements that an index cannot satisfy: addresses."""
    licence: str = ""
    homepage: str = ""


def read_metadata(text: str, target: Target) -> Metadata:
    """Read a METADATA file; ``ValueError`` when it has no name or version, or an invalid requirement."""
    headers = HeaderParser().parsestr(text)
    name, version = headers.get("Name", ""), headers.get("Version", "")
    if not name or not version:
        raise ValueError("its METADATA has no name or version")
    extras = tuple(dict.fromkeys(normalize_name(extra.strip()) for extra in headers.get_all("Provides-Extra", [])))
    required = headers.get_all("Requires-Dist", [])
    needs, refused = _parse_requirements(required, target, "")
    beyond = []
    for extra in extras:
        asked, more = _parse_requirements(required, target, extra)
        refused += more
        beyond.append((extra, tuple(clause for clause in asked if clause not in needs)))
    return Metadata(
        name=normalize_name(name),
        version=version.strip(),
        summary=headers.get("Summary", "").strip(),
        requires_python=headers.get("Requires-Python", "").strip(),
        depends=tuple(needs),
        extras=tuple(beyond),
        unsupported=tuple(dict.fromkeys(refused)),
        licence=headers.get("License-Expression", "") or headers.get("License", "").partition("\n")[0],
        homepage=headers.get("Home-page", "").strip(),
    )


def _parse_requirements(required: Iterable[str], target: Target, extra: str) -> tuple[list[str], list[str]]:
    """Return the clauses that apply to the target with ``extra`` requested, and the requirements that name an address."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - heavy, only here

    environment = target.environment(extra)
    found, refused = [], []
    for text in required:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as fault:
            raise ValueError(f"its METADATA has an invalid requirement: `{text}`") from fault
        if requirement.marker is not None and not requirement.marker.evaluate(environment):
            continue
        if requirement.url:
            refused.append(text)
            continue
        found.append(to_clauses(requirement.name, requirement.extras, str(requirement.specifier)))
    return list(dict.fromkeys(chain.from_iterable(found))), refused


def to_clauses(name: str, extras: Iterable[str], specifier: str) -> list[str]:
    """Write a requirement as clauses of the dialect: one for each extra, else one for the package."""
    ordered = ",".join(sorted(filter(None, specifier.split(","))))
    wanted = sorted(normalize_name(extra) for extra in extras)
    return [f"{normalize_name(name)}[{extra}]{ordered}" for extra in wanted] or [f"{normalize_name(name)}{ordered}"]
