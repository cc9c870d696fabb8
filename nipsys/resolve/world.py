"""A world as the resolver sees it: a source's settings in the profile, its index, and its dialect."""

from nipsys.index import Index
from nipsys.model.package import Dialect, PackageRecord
from nipsys.model.system import HOST_LIBC, UNBOUND, SourceSpec, Traits

_USUAL = Traits()


class World:
    """One source, ready for resolution."""

    __slots__ = ("dialect", "host_libc", "index", "spec", "traits")

    def __init__(self, spec: SourceSpec, index: Index, dialect: Dialect, traits: Traits = _USUAL, host_libc: str = "glibc") -> None:
        self.spec = spec
        self.index = index
        self.dialect = dialect
        self.traits = traits
        """The traits of the source's kind."""
        self.host_libc = host_libc
        """The C library of the host: programs of some kinds use it, whichever it is."""

    @property
    def libc(self) -> str:
        """The C library its programs are built for: the setting ``libc``, else the snapshot's, else the usual one of its kind."""
        return str(self.spec.get("libc") or dict(self.index.snapshot.facts).get("libc") or self.traits.libc)

    def libc_of(self, package: PackageRecord) -> str:
        """Return the C library a package of this world needs, ``HOST_LIBC`` for whichever the host has; empty when it needs none.

        What the package says (its facts ``libc`` and ``chost``, the target of its compiler) overrides what is true of the world.
        """
        facts = dict(package.facts)
        if own := facts.get("libc") or ("musl" if "musl" in facts.get("chost", "") else ""):
            return own
        if self.libc == UNBOUND or (self.traits.interpreter and not package.arch):
            return ""
        return self.libc

    def fits_libc(self, package: PackageRecord, wanted: str) -> bool:
        """Return whether a package runs with the C library that a profile insists on."""
        needed = self.libc_of(package)
        return needed in {"", wanted} or (needed == HOST_LIBC and wanted == self.host_libc)

    def arch(self, wanted: str) -> str:
        """Return the machine its programs run on: the setting ``arch``, else the profile's ``wanted`` (sources are opened for it)."""
        return str(self.spec.get("arch") or wanted)
