"""How Nix writes dependencies: a reference is the exact base name of a store path; a profile may also request ``hello >=2.12``."""

import re

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions import nix

_DEPENDENCY = re.compile(r"([A-Za-z0-9_+][^<>=\s]*?)\s*(?:(<=|>=|[<>=])\s*([^<>=\s]+))?").fullmatch


class NixDialect(Dialect):
    """Versions as ``builtins.compareVersions`` orders them; names are exact."""

    name = "nix"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as Nix orders versions."""
        return nix.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches."""
        return not atom.relation or (bool(version) and nix.satisfies(version, atom.relation, atom.version))

    def parse_clause(self, text: str) -> Clause:
        """Read ``<hash>-<name>`` or ``name>=version``."""
        found = _DEPENDENCY(text.strip())
        if not found:
            raise ValueError(f"`{text.strip()}` is not a store path or a name with a version")
        return (Atom(found[1], found[2] or "", found[3] or ""),)

    def parse_provide(self, text: str) -> Provide:
        """Read the base name that a named path provides."""
        return Provide(text.strip())
