"""The values of a view: its input, and its plan before a byte is written."""

from collections.abc import Mapping
from typing import NamedTuple

from nipsys.model import Digest, Frozen, field
from nipsys.model.system import FarmLink, File, Stub, Tree, WorldView

PORTABLE_PREFIX = "/opt/nipsys/"
"""Prefix of worlds whose packages find their files relative to themselves (Python, node). Their programs need no root, so they start
immediately, and an interpreter from any world can read them at their real path."""


class PackageInput(Frozen):
    """One package of a world, with what composing a view needs of it."""

    id: str
    """``source/name``."""
    name: str
    version: str
    digest: Digest
    """Digest of its tree."""
    directory: str
    """Below ``store/``."""
    tree: Tree
    requested: bool = False
    """Whether the profile names it: its programs are then exposed."""
    expose: tuple[str, ...] | None = None
    """The only programs to expose; ``None`` exposes all."""
    run: str = ""
    """``view``, ``relocate`` or ``host``; empty for the default of the world."""
    scripts: str = ""
    """``sandbox`` to run its maintainer script, confined, when the view is built."""
    replaces: tuple[str, ...] = ()
    """Names of packages whose files it may take over."""
    depends: tuple[str, ...] = ()
    """Ids of the packages that satisfy its dependencies."""
    source: str = ""
    """The upstream source package, from the lock's facts; empty if unknown."""
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The package's metadata that composing reads, by path in the tree: ``.package/postinst``, ..."""


class WorldInput(Frozen):
    """The closed set of packages of one source that run together."""

    name: str
    """The source's name."""
    arch: str
    """``x86_64`` or ``aarch64``."""
    packages: tuple[PackageInput, ...]
    """Every package, including essential ones, in any order."""
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Alternatives that the lock records: name to path."""
    prefix: str = ""
    """A native prefix (``/nix/store``, ``/usr/pkg``); empty for a world with the usual file hierarchy."""


class MergedEntry(NamedTuple):
    """One entry of a merged root."""

    path: str
    """Relative to the view."""
    kind: str
    """``f`` hard link to a store file, ``l`` symbolic link, ``d`` directory, ``t`` small text, ``c`` concatenation of store files."""
    origin: str
    """For ``f`` the path below ``store/``; for ``l`` the target; for ``t`` the text; for ``c`` the paths below ``store/``, a line each."""
    owner: str
    """Id of its package; empty for skeleton and computed entries."""


class AlternativeOffer(NamedTuple):
    """One ``update-alternatives --install``: a generic name, and a program that provides it."""

    name: str
    link: str
    path: str
    priority: int
    slaves: tuple[tuple[str, str], ...]
    """(link, path) pairs that are switched together with the main link."""


class TriggerStep(NamedTuple):
    """One trigger to run inside the root when the view is built."""

    name: str
    argv: tuple[str, ...]
    writes: tuple[str, ...] = ()
    """Directories the tool writes to: before it runs they are created, and their files are replaced with copies."""
    as_root: bool = False
    """The tool requires uid 0; it gets it, mapped to the user's own."""
    optional: bool = False
    """A failure is ignored."""
    view_only: bool = False
    """Relocated programs do not use its output."""
    dated: bool = False
    """SOURCE_DATE_EPOCH is not set: the tool would compare it with the times of directories and do nothing."""


class ViewPlan(Frozen):
    """One world's merged root, planned completely before a byte is written."""

    world: str
    arch: str
    key: Digest
    """Digest of its inputs, never of a trigger's output."""
    directory: str
    """Below ``store/``."""
    mode: str
    """``view`` or ``prefix``."""
    prefix: str
    entries: tuple[MergedEntry, ...]
    """Sorted by path: parents come before children."""
    steps: tuple[TriggerStep, ...]
    choices: tuple[tuple[str, str], ...]
    """(generic name, path) of every chosen alternative, to be recorded in the lock."""
    stubs: tuple[Stub, ...]
    links: tuple[FarmLink, ...]
    """The links of this world in the generation's symlink farm ``Links``."""
    relocated: tuple[str, ...] = ()
    """Programs (absolute paths in the view) that run relocated even where views can be entered."""
    scripted: tuple[tuple[str, str, str], ...] = ()
    """(package name, version, path of its script below ``store/``) of packages whose script is run confined."""
    uncovered: tuple[tuple[str, str], ...] = ()
    """(package id, command) for commands of maintainer scripts that no trigger covers."""
    warnings: tuple[str, ...] = ()
    offered: tuple[tuple[str, str, str], ...] = ()
    """(generic name, path, id of the package) of every available alternative, the chosen one first."""
    contents: Mapping[str, File] = field(default_factory=dict, compare=False)
    """The store's entry for each hard-linked file, by path in the view, so that building need not read it again."""

    @property
    def view(self) -> WorldView:
        """Return the row for the generation's manifest."""
        return WorldView(self.world, self.key, self.directory, self.mode)
