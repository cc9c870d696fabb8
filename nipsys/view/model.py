"""The nouns of this room: what goes into a view, and the view as a value before a byte is written."""

from collections.abc import Mapping
from typing import NamedTuple

from nipsys.model.digest import Digest
from nipsys.model.system.generation import Exposed, Stub, WorldView
from nipsys.model.system.tree import File, Tree
from nipsys.model.value import Frozen, field

PORTABLE = "/opt/nipsys/"
"""Below here stand worlds whose packages find their files from where they are themselves (Python, node): their programs need no root, so
they start at once, and an interpreter from any world can read them at the place where they really are."""


class Member(Frozen):
    """One package of a world, with all that composing a view needs to know of it."""

    id: str
    """``source/name``."""
    name: str
    version: str
    digest: Digest
    """Of its tree."""
    directory: str
    """Below ``store/``."""
    tree: Tree
    requested: bool = False
    """The profile names it: its programs are exposed."""
    expose: tuple[str, ...] | None = None
    """The only programs to expose; ``None`` exposes all."""
    run: str = ""
    """``view``, ``relocate`` or ``host``; empty leaves it to the world."""
    scripts: str = ""
    """``sandbox`` has its maintainer script run, confined, when the view is built."""
    replaces: tuple[str, ...] = ()
    """Names of packages whose files it may take over."""
    needs: tuple[str, ...] = ()
    """Ids of the packages that satisfy its dependencies."""
    source: str = ""
    """The upstream source package, as the lock's facts give it; empty when unknown."""
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The package's own metadata that composing reads, by path below the tree: ``.package/postinst``, ..."""


class WorldInput(Frozen):
    """The closed set of packages of one source that run together."""

    name: str
    """The source's name."""
    arch: str
    """``x86_64`` or ``aarch64``."""
    members: tuple[Member, ...]
    """Every package, the essential ones included; in any order."""
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Alternatives that the lock records: name to path."""
    prefix: str = ""
    """A native prefix (``/nix/store``, ``/usr/pkg``); empty for a world with the usual file hierarchy."""


class Merged(NamedTuple):
    """One entry of a merged root."""

    path: str
    """Relative to the view."""
    kind: str
    """``f`` hard link to a store file, ``l`` symbolic link, ``d`` directory, ``t`` small text, ``c`` concatenation of store files."""
    origin: str
    """For ``f`` the path below ``store/``; for ``l`` the target; for ``t`` the text; for ``c`` the paths below ``store/``, a line each."""
    owner: str
    """Id of the package it comes from; empty for the skeleton and computed entries."""


class Alternative(NamedTuple):
    """One ``update-alternatives --install``: a generic name, and what may stand behind it."""

    name: str
    link: str
    path: str
    priority: int
    slaves: tuple[tuple[str, str], ...]
    """(link, path) pairs that follow the master."""


class Step(NamedTuple):
    """One trigger to run inside the root when the view is built."""

    name: str
    argv: tuple[str, ...]
    writes: tuple[str, ...] = ()
    """Directories the tool writes into: made, and their files turned into copies, before it runs."""
    as_root: bool = False
    """The tool insists on uid 0; it gets it, mapped to the user's own."""
    optional: bool = False
    """A failure is no news."""
    view_only: bool = False
    """Its output means nothing to relocated programs."""
    dated: bool = False
    """It compares SOURCE_DATE_EPOCH with the times of directories and then does nothing: it sees the true time."""


class ViewPlan(Frozen):
    """One world's merged root, decided in full before a byte is written."""

    world: str
    arch: str
    key: Digest
    """Over what it merges, never over a trigger's output."""
    directory: str
    """Below ``store/``."""
    mode: str
    """``view`` or ``prefix``."""
    prefix: str
    entries: tuple[Merged, ...]
    """Sorted by path: parents come before children."""
    steps: tuple[Step, ...]
    choices: tuple[tuple[str, str], ...]
    """Every alternative chosen: name to path; belongs in the lock."""
    stubs: tuple[Stub, ...]
    links: tuple[Exposed, ...]
    """What the generation's ``Links`` forest gets from this world."""
    relocated: tuple[str, ...] = ()
    """Programs (absolute paths inside) that run relocated even where views can be entered."""
    scripted: tuple[tuple[str, str, str], ...] = ()
    """(package name, version, path of its script below ``store/``) of those whose script runs confined."""
    uncovered: tuple[tuple[str, str], ...] = ()
    """(package id, command) where a maintainer script does what no trigger covers."""
    warnings: tuple[str, ...] = ()
    offered: tuple[tuple[str, str, str], ...] = ()
    """(generic name, path, id of the package) of every alternative that could be chosen, the chosen first."""
    contents: Mapping[str, File] = field(default_factory=dict, compare=False)
    """By path in the view: what the store knows of each file that is a hard link, so that building need not read it again."""

    @property
    def view(self) -> WorldView:
        """Return the row that the generation's manifest records."""
        return WorldView(self.world, self.key, self.directory, self.mode)
