"""How Alpine writes dependencies: ``name``, ``name>=1.2-r0``, ``name~1.2``, ``so:libz.so.1``, ``cmd:sh``, ``!name`` for a conflict."""

import re

from nipsys.model.package import Atom, Clause, Dialect, Provide
from nipsys.versions import alpine

_DEPENDENCY = re.compile(r"([A-Za-z0-9_/.+][^<>=~!\s@]*)(?:@[^<>=~\s]+)?(?:(<=|>=|[<>=]?~=?|[<>=]|><)([^<>=~\s][^<>=\s]*))?").fullmatch


class AlpineDialect(Dialect):
    """Versions and clauses as ``apk`` reads them."""

    name = "alpine"

    def sort_key(self, version: str) -> bytes:
        """Return bytes that sort as ``apk`` orders versions."""
        return alpine.sort_key_of(version)

    def matches(self, atom: Atom, version: str) -> bool:
        """Return whether a version matches; a provide without a version matches only an atom without a relation."""
        if not atom.relation:
            return True
        relation, bound = atom.relation, atom.version
        if relation == "in":
            sign = bound[:1] if bound[:1] in {"<", ">"} else ""
            relation, bound = f"{sign}~", bound.removeprefix(sign).lstrip("~")
        return bool(version) and alpine.satisfies(version, relation, bound)

    def parse_clause(self, text: str) -> Clause:
        """Read one dependency; the ``!`` of a conflict is not part of it."""
        found = _DEPENDENCY(text.strip().removeprefix("!"))
        if not found or found[2] == "><":
            raise ValueError(f"`{text.strip()}` is not an apk dependency")
        relation = found[2] or ""
        if "~" in relation:
            # `=` is redundant next to `~`, which includes equal versions
            return (Atom(found[1], "in", f"{relation.replace('=', '')}{found[3]}"),)
        return (Atom(found[1], relation, found[3] or ""),)

    def parse_provide(self, text: str) -> Provide:
        """Read ``name`` or ``name=version``."""
        found = _DEPENDENCY(text.strip())
        if not found or (found[2] or "=") != "=":
            raise ValueError(f"`{text.strip()}` is not a valid `provides` of an apk package")
        return Provide(found[1], found[3] or "")
