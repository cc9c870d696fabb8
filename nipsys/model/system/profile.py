"""A profile after reading, includes, merging and checking: the desired state of one machine."""

from nipsys.model.digest import Digest
from nipsys.model.package import Atom
from nipsys.model.span import Span
from nipsys.model.value import Frozen, field

SettingValue = str | int | float | bool | None
"""A KDL or TOML scalar."""


class Flag(Frozen):
    """One requested variant: ``+python``, ``-X`` or ``graphics=wayland``."""

    name: str
    value: str
    """``on``, ``off``, or the chosen value (several, comma-separated and sorted, for a set)."""
    span: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the flag as the user writes it."""
        return {"on": f"+{self.name}", "off": f"-{self.name}"}.get(self.value, f"{self.name}={self.value}")


class SourceSpec(Frozen):
    """One ``source`` node: where packages come from."""

    name: str
    """How packages refer to it and the name of its world in the lock; defaults to the kind."""
    kind: str
    priority: int = 50
    """Lower is preferred."""
    settings: tuple[tuple[str, SettingValue], ...] = ()
    """All other settings, sorted by key: suite, mirror, keyring, repos, recommends, signatures, ..."""
    span: Span | None = field(default=None, compare=False)
    run: str | None = None
    """Default for how programs of its packages run: ``view``, ``relocate`` or ``host``."""

    def get(self, key: str, default: SettingValue = None) -> SettingValue:
        """Return the setting ``key``, or ``default`` when the profile does not say."""
        return dict(self.settings).get(key, default)


class VersionRange(Frozen):
    """The versions that a request allows: text and meaning, parsed once (``nipsys.profile.parse_range``)."""

    text: str = ""
    """As the user wrote it, in the ecosystem's own syntax (``>=9``, ``=1.2-3``); empty for any version."""
    comparisons: tuple[Atom, ...] = field(default=(), compare=False)
    """What a version is compared with, all of which must hold: atoms without a name, because they are about the package itself."""
    span: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @staticmethod
    def exactly(version: str) -> "VersionRange":
        """Return the range of one version, whatever characters it has."""
        return VersionRange(f"={version}", (Atom("", "=", version),))


ANY_VERSION = VersionRange()


class Request(Frozen):
    """One package that the user requests."""

    name: str
    range: VersionRange = ANY_VERSION
    source: str | None = None
    """The name or kind of the only source allowed."""
    flags: tuple[Flag, ...] = ()
    pin: str | None = None
    """A strict pin: exactly this version, or only this source (``sid`` or ``1.2-3``)."""
    prefer: str | None = None
    """A soft pin: tried first, dropped when it cannot be satisfied."""
    expose: tuple[str, ...] | None = None
    """The only executables to expose; ``None`` exposes all."""
    settings: tuple[tuple[str, SettingValue], ...] = ()
    """Settings of this package, sorted by key: ``run``, ``scripts``, ``recommends``, ``priority``."""
    span: Span | None = field(default=None, compare=False)

    def get(self, key: str, default: SettingValue = None) -> SettingValue:
        """Return the setting ``key``, or ``default`` when the profile does not say."""
        return dict(self.settings).get(key, default)


class FileSpec(Frozen):
    """One file that the profile installs for the user."""

    target: str
    """``~/...`` or an absolute path."""
    origin: str
    """Path relative to the profile."""
    mode: int
    digest: Digest
    """BLAKE3 of the content, computed when the profile is read."""
    content: bytes = field(default=b"", compare=False, repr=False)
    """The bytes of ``origin``, read together with the profile."""
    span: Span | None = field(default=None, compare=False)


class ServiceSpec(Frozen):
    """One user service: a program that the host's own supervisor keeps running."""

    name: str
    exec: str
    """The command line as the user wrote it."""
    after: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)
    words: tuple[str, ...] = field(default=(), compare=False)
    """The words of ``exec``, split as a POSIX shell splits them."""


class AlternativeSpec(Frozen):
    """The chosen program behind a generic name that several packages offer."""

    name: str
    """``editor``."""
    path: str
    """``/usr/bin/vim.basic``."""
    span: Span | None = field(default=None, compare=False)


class Profile(Frozen):
    """The whole declaration, for one host."""

    name: str
    arch: str
    """``x86_64``, ``aarch64``, ...: the architecture the programs run on."""
    libc: str | None = None
    """``glibc`` or ``musl`` when the user requires one."""
    sources: tuple[SourceSpec, ...] = ()
    """Sorted by priority, then name."""
    requests: tuple[Request, ...] = ()
    """Sorted by name; one entry per name and source."""
    variants: tuple[Flag, ...] = ()
    """Defaults for every package, sorted by name."""
    files: tuple[FileSpec, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    services: tuple[ServiceSpec, ...] = ()
    aliases: tuple[tuple[str, str, str], ...] = ()
    """(name, source, name in that source): what a package is called elsewhere."""
    path: str = field(default="", compare=False)
    """The file it was read from, as the user typed it."""
    digest: str = field(default="", compare=False)
    """BLAKE3 of the canonical form of all fields that compare."""
    run: str | None = None
    """How programs run when neither their package nor its source sets it: ``view``, ``relocate`` or ``host``."""
    alternatives: tuple[AlternativeSpec, ...] = ()
    """Sorted by name."""
