"""An interpreter that is itself a package of the profile: ``python="debian:python3.11"``, ``node="pacman:nodejs=22.1"``.

Its version follows ``=`` or is part of the package's name; the host's interpreter is never consulted.
"""

import re
from typing import NamedTuple

_REFERENCE = re.compile(r"(?P<source>[\w.+-]+):(?P<package>[^=\s]+)(?:=(?P<version>\d+(?:\.\d+)*))?").fullmatch
_DOTTED = re.compile(r"\d+(?:\.\d+)+").findall
_UNDOTTED = re.compile(r"python(3)(\d{1,2})(?!\d)").search


class Interpreter(NamedTuple):
    """A package that runs the programs of a source."""

    source: str
    """Name or kind of a source."""
    package: str
    version: str
    """As far as it is given: ``3.11``; empty when neither the setting nor the package's name contains it."""


def read_interpreter(text: str) -> Interpreter | None:
    """Read a setting that names a package; ``None`` for a plain version or anything else."""
    found = _REFERENCE(text)
    if found is None:
        return None
    package = found["package"]
    joined = _UNDOTTED(package)
    version = found["version"] or next(iter(_DOTTED(package)), "") or (f"{joined[1]}.{joined[2]}" if joined else "")
    return Interpreter(found["source"], package, version)
