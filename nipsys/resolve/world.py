"""A world as the resolver takes it: what the profile says of a source, its index, and how its versions are read."""

import re

from nipsys.index import Index
from nipsys.model.profile import SourceSpec
from nipsys.model.record import Atom, Dialect

_COMPARISON = re.compile(r"(<<|<=|==|>=|>>|!=|[<>=])?\s*([^\s<>=!,|]+)").fullmatch
_PARTS = re.compile(r"\s*,\s*|\s+(?=[<>=!])").split
_PLAIN = {None: "=", "==": "=", "<<": "<", ">>": ">"}
_MUSL = {"alpine": "musl"}


class World:
    """One source, ready to be chosen from."""

    __slots__ = ("dialect", "index", "spec")

    def __init__(self, spec: SourceSpec, index: Index, dialect: Dialect) -> None:
        self.spec = spec
        self.index = index
        self.dialect = dialect

    @property
    def libc(self) -> str:
        """The C library its programs are made for: the setting ``libc``, else what its kind is known for."""
        return str(self.spec.get("libc") or dict(self.index.snapshot.facts).get("libc") or _MUSL.get(self.spec.kind, "glibc"))

    def arch(self, wanted: str) -> str:
        """Give the machine its programs run on: the setting ``arch``, else the profile's (sources are opened for it)."""
        return str(self.spec.get("arch") or wanted)


def comparisons(name: str, text: str) -> tuple[Atom, ...]:
    """Read a version range: comparisons joined by commas or spaces, all of which must hold; anything else is left to the dialect.

    A bare version asks for exactly that one. ``>= 9, < 10`` gives two atoms; ``^1.2`` gives one with the relation ``in``.
    """
    text = text.strip()
    if not text:
        return ()
    read = [_COMPARISON(part) for part in _PARTS(text)]
    if all(found is not None and "*" not in found[2] and not found[2].startswith(("^", "~")) for found in read):
        return tuple(Atom(name, _PLAIN.get(found[1], found[1]), found[2]) for found in read if found is not None)
    return (Atom(name, "in", text),)
