"""What one kind of source is like: everything that other rooms need to know of it, so that none of them asks for its name."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from nipsys.model.host import HostNeeds
from nipsys.model.value import Frozen, field

if TYPE_CHECKING:
    from nipsys.model.host import HostFacts
    from nipsys.model.system.lock import LockedPackage
    from nipsys.model.system.profile import SourceSpec
    from nipsys.model.system.tree import Tree

UNBOUND = "any"
"""The C library of a kind whose packages say for themselves; one that does not say depends on none."""
HOST_LIBC = "the host's"
"""The C library of a kind whose programs use whichever the host has."""


class Traits(Frozen):
    """The traits of a kind of source. The defaults are those of a kind that this version does not know, as in the lock of another one."""

    help: str = ""
    """One line for `nipsys sources`."""
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The settings that a profile may use, each with a line of help."""
    synonyms: tuple[str, ...] = ()
    """What users of other tools call it, for suggestions: ``apt``, ``ubuntu``."""
    libc: str = "glibc"
    """The C library of its programs unless the profile, the index or a package says: ``glibc``, ``musl``, ``UNBOUND`` or ``HOST_LIBC``."""
    prefix: str = ""
    """The directory that its programs are built for unless the setting ``prefix`` says; empty for the usual file hierarchy."""
    purl: str = "generic"
    """Type and namespace of its package URLs: ``deb/debian`` (https://github.com/package-url/purl-spec)."""
    formats: tuple[str, ...] = ()
    """The formats of its artifacts, by their names in ``nipsys.store.formats``; none when it has no artifacts."""
    version_order: str = ""
    """Whose order of versions its dialect follows, for people: ``dpkg``, ``PEP 440``."""
    complete: bool = True
    """One sync reads every name; otherwise names are queried as the resolver reaches them, so a package must name the source."""
    groups: bool = False
    """A request may name a group of packages (the fact ``groups``)."""
    install_if: bool = False
    """Packages are installed automatically once their conditions are met (the fact ``install-if``)."""
    interpreter: str = ""
    """The setting that may name a package which runs its programs: ``python``. Packages for every machine then need no C library."""
    programs: tuple[str, ...] = ()
    """Programs of the host that signatures, source builds or its packages need; reading packages needs none of them."""
    host: HostNeeds = HostNeeds()
    """What its sources need to know about the host."""
    built: bool = False
    """Packages are built from recipes in the directory ``path``, not fetched."""
    link_packages: "Callable[[Iterable[LockedPackage]], Tree] | None" = None
    """Returns a tree of links by which the packages of one world find one another."""
    index_names: Callable[[bytes, str, str, str], tuple[bytes, int]] | None = None
    """Makes the index that names are looked up in: listing, cache, machine and moment go in, the index and its number of names come out.

    ``ValueError`` when the listing cannot be read. `nipsys sources index` calls it.
    """
    find_host_source: "Callable[[HostFacts], SourceSpec | None] | None" = None
    """Returns the source that the host itself gets its packages from, or ``None`` when the host's system is another."""
