"""A generation: a numbered, complete, immutable description of the whole system."""

from typing import NamedTuple

from nipsys.model.digest import Digest, blake3_of, to_canonical_json
from nipsys.model.value import Frozen


class PlacedPackage(NamedTuple):
    """A package and its tree in the store."""

    id: str
    """``source/name`` as in the lock."""
    name: str
    version: str
    tree: str
    """Digest of the tree, ``blake3:<hex>``."""
    directory: str
    """Its directory below ``store/``."""
    requested: bool


class WorldView(NamedTuple):
    """The merged root directory that the programs of one world see."""

    world: str
    key: str
    """``blake3:<hex>`` of what it merges (trees, triggers, choices), never of a trigger's output: the same on every machine."""
    directory: str
    """Its directory below ``store/``."""
    mode: str
    """How its programs run: ``view``, ``prefix``, ``static``, ..."""


class Stub(NamedTuple):
    """An executable exposed to the user."""

    name: str
    """Below ``Links/Executables``."""
    world: str
    program: str
    """Absolute path inside the view."""
    package: str
    """Id of the package that owns it."""


class FarmLink(NamedTuple):
    """A link in the generation's symlink farm."""

    path: str
    """Below the generation: ``Links/Libraries/libz.so``, ``Programs/Git/2.47.3``."""
    target: str
    """Relative target; under 60 bytes wherever possible, so that it fits in the inode."""


class System(Frozen):
    """The content of a generation: the part that must be the same on every machine."""

    profile: str
    profile_digest: Digest
    lock_digest: Digest
    arch: str
    packages: tuple[PlacedPackage, ...] = ()
    views: tuple[WorldView, ...] = ()
    stubs: tuple[Stub, ...] = ()
    links: tuple[FarmLink, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, int], ...] = ()
    """(target, ``blake3:<hex>`` of the content, mode) of the user's files."""
    services: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the manifest as a JSON value with every tuple as an array, as described by ``schemas/generation.json``."""
        return {
            "profile": self.profile,
            "profile_digest": self.profile_digest,
            "lock_digest": self.lock_digest,
            "arch": self.arch,
            "packages": [list(package) for package in self.packages],
            "views": [list(view) for view in self.views],
            "stubs": [list(stub) for stub in self.stubs],
            "links": [list(link) for link in self.links],
            "env": [list(pair) for pair in self.env],
            "files": [list(entry) for entry in self.files],
            "services": [[name, run, list(after)] for name, run, after in self.services],
        }

    def digest(self) -> Digest:
        """Return the BLAKE3 digest of the canonical manifest; two machines with the same digest have the same system."""
        return blake3_of(to_canonical_json(self.to_dict()))


class Generation(Frozen):
    """A system with its number and history: the part that may differ between machines."""

    number: int
    system: System
    digest: Digest
    created: str
    """``2026-11-20T08:00:00Z``."""
    parent: int | None = None
    reason: str = ""
    """``apply workstation.kdl``, ``rollback`` ..."""
    label: str | None = None
    pinned: bool = False
