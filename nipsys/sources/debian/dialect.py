"""How Debian writes dependencies: ``libc6 (>= 2.36) | musl:any``, Debian Policy 7.1."""

import re

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions import debian

_ATOM = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9+.-]*)(?::([a-z0-9-]+))?\s*"
    r"(?:\(\s*(<<|<=|>=|>>|[<>=])\s*([0-9A-Za-z][^\s()]*)\s*\)\s*)?"
    r"(?:\[([^\]]*)\]\s*)?((?:<[^>]*>\s*)*)"
).fullmatch
_RELATION = {"": "", "<<": "<", "<": "<=", "<=": "<=", "=": "=", ">=": ">=", ">": ">=", ">>": ">"}
"""A single ``<`` or ``>`` is dpkg's old spelling of ``<=`` and ``>=``."""


class DebianDialect(Dialect):
    """Versions and clauses as dpkg reads them, for one architecture."""

    name = "debian"

    def __init__(self, arch: str) -> None:
        """Take Debian's name of the machine the world is for (``amd64``)."""
        self._usual = frozenset({"any", "native", "all", arch, None})

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as ``dpkg`` orders versions."""
        return debian.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches; a provide without a version matches only an atom without a relation."""
        if not atom.relation:
            return True
        return bool(version) and debian.satisfies(version, atom.relation, atom.version)

    def parse_clause(self, text: str) -> Clause:
        """Read alternatives; a qualifier for this machine or for any is dropped, a foreign one is kept."""
        return tuple(self._atom(alternative, text) for alternative in text.split("|"))

    def parse_provide(self, text: str) -> Provide:
        """Read ``name`` or ``name (= version)``."""
        found = _ATOM(text)
        if not found or (found[3] or "=") != "=":
            raise ValueError(f"`{text.strip()}` is not a valid `Provides` of a Debian package")
        return Provide(found[1], found[4] or "")

    def _atom(self, alternative: str, text: str) -> Atom:
        found = _ATOM(alternative)
        if not found:
            raise ValueError(f"`{text.strip()}` is not a Debian dependency")
        name, arch, relation, version = found.group(1, 2, 3, 4)
        foreign = arch not in self._usual
        return Atom(f"{name}:{arch}" if foreign else name, _RELATION[relation or ""], version or "", arch if foreign else "")
