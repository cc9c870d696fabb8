"""A generation: the numbered, complete, immutable description of the whole system."""

from typing import NamedTuple

from nipsys.model.digest import Digest, blake3_of, canonical
from nipsys.model.value import Frozen


class Placed(NamedTuple):
    """A package with the tree that holds it."""

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
    """The merged root that the programs of one world see."""

    world: str
    key: str
    """``blake3:<hex>`` over what it merges (trees, triggers, choices), never over a trigger's output: the same anywhere."""
    directory: str
    """Its directory below ``store/``."""
    mode: str
    """How programs enter it: ``view``, ``prefix``, ``static``, ..."""


class Stub(NamedTuple):
    """An executable exposed to the user."""

    name: str
    """Below ``Links/Executables``."""
    world: str
    program: str
    """Absolute path inside the view."""
    package: str
    """Id of the package that owns it."""


class Exposed(NamedTuple):
    """A link in the generation's forest."""

    path: str
    """Below the generation: ``Links/Libraries/libz.so``, ``Programs/Git/2.47.3``."""
    target: str
    """Relative target; under 60 bytes wherever possible, so that it lives in the inode."""


class System(Frozen):
    """What a generation holds: the part that must be the same on every machine."""

    profile: str
    profile_digest: Digest
    lock_digest: Digest
    arch: str
    packages: tuple[Placed, ...] = ()
    views: tuple[WorldView, ...] = ()
    stubs: tuple[Stub, ...] = ()
    links: tuple[Exposed, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, int], ...] = ()
    """(target, ``blake3:<hex>`` of the content, mode) of the user's files."""
    services: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def value(self) -> dict[str, object]:
        """Return the manifest as a JSON value with every tuple as an array; the shape of ``schemas/generation.json``."""
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
        """BLAKE3 of the canonical manifest: the promise that two machines are alike."""
        return blake3_of(canonical(self.value()))


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
