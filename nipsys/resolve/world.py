"""A world as the resolver takes it: what the profile says of a source, its index, and how its versions are read."""

from nipsys.index import Index
from nipsys.model.package.record import Atom, Dialect
from nipsys.model.system.profile import SourceSpec

_LIBC = {"alpine": "musl", "recipes": "any"}
"""What the programs of a kind of source are bound to where neither the profile nor the snapshot says; `any`: each says for itself."""


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
        return str(self.spec.get("libc") or dict(self.index.snapshot.facts).get("libc") or _LIBC.get(self.spec.kind, "glibc"))

    def arch(self, wanted: str) -> str:
        """Return the machine its programs run on: the setting ``arch``, else the profile's (sources are opened for it)."""
        return str(self.spec.get("arch") or wanted)


def comparisons(name: str, text: str) -> tuple[Atom, ...]:
    """Read a version range, see ``nipsys.resolve.ranges``; an empty one, as most are, is none."""
    if not text or text.isspace():
        return ()
    from nipsys.resolve.ranges import read  # noqa: PLC0415 - brings `re`

    return read(name, text)
