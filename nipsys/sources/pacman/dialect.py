"""How pacman writes dependencies: ``name``, ``name>=1:2.0-1``, ``libfoo.so=2-64``, ``name: why it is useful`` (PKGBUILD(5))."""

import re

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions import pacman

_DEPENDENCY = re.compile(r"([A-Za-z0-9_@/.+][^<>=\s]*?)\s*(?:(<=|>=|[<>=])\s*([^<>=\s]+))?").fullmatch


class PacmanDialect(Dialect):
    """Versions and clauses as libalpm reads them."""

    name = "pacman"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as ``vercmp`` orders versions."""
        return pacman.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches; a provide without a version matches only an atom without a relation."""
        return not atom.relation or (bool(version) and pacman.satisfies(version, atom.relation, atom.version))

    def parse_clause(self, text: str) -> Clause:
        """Read one dependency; the description of an optional one is ignored."""
        found = _DEPENDENCY(text.partition(": ")[0].rstrip(": \t").strip())
        if not found:
            raise ValueError(f"`{text.strip()}` is not a pacman dependency")
        return (Atom(found[1], found[2] or "", found[3] or ""),)

    def parse_provide(self, text: str) -> Provide:
        """Read ``name`` or ``name=version``; the version of a shared library is ``2-64``."""
        found = _DEPENDENCY(text.strip())
        if not found or (found[2] or "=") != "=":
            raise ValueError(f"`{text.strip()}` is not a valid `provides` of a pacman package")
        return Provide(found[1], found[3] or "")
