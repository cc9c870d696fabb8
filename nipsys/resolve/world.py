"""A world as the resolver sees it: a source's settings in the profile, its index, and its dialect."""

from nipsys.index import Index
from nipsys.model.package import Atom, Dialect
from nipsys.model.system import SourceSpec

_LIBC = {"alpine": "musl", "recipes": "any"}
"""The C library of a kind of source unless the profile or the snapshot says; with `any` each package says for itself."""


class World:
    """One source, ready for resolution."""

    __slots__ = ("dialect", "index", "spec")

    def __init__(self, spec: SourceSpec, index: Index, dialect: Dialect) -> None:
        self.spec = spec
        self.index = index
        self.dialect = dialect

    @property
    def libc(self) -> str:
        """The C library its programs are built for: the setting ``libc``, else the snapshot's, else the usual one of its kind."""
        return str(self.spec.get("libc") or dict(self.index.snapshot.facts).get("libc") or _LIBC.get(self.spec.kind, "glibc"))

    def arch(self, wanted: str) -> str:
        """Return the machine its programs run on: the setting ``arch``, else the profile's ``wanted`` (sources are opened for it)."""
        return str(self.spec.get("arch") or wanted)


def parse_comparisons(name: str, text: str) -> tuple[Atom, ...]:
    """Read a version range, see ``nipsys.resolve.ranges``; an empty range, the usual case, has no comparisons."""
    if not text or text.isspace():
        return ()
    from nipsys.resolve.ranges import parse_range  # noqa: PLC0415 - brings `re`

    return parse_range(name, text)
