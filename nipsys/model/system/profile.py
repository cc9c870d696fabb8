"""A profile after it was read, included, merged and checked: what one machine shall be."""

from nipsys.model.span import Span
from nipsys.model.value import Frozen, field

Value = str | int | float | bool | None
"""A KDL or TOML scalar."""


class Flag(Frozen):
    """One wish about a variant: ``+python``, ``-X`` or ``graphics=wayland``."""

    name: str
    value: str
    """``on``, ``off``, or the chosen value (several, comma-separated and sorted, for a set)."""
    span: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the flag as the user writes it."""
        return {"on": f"+{self.name}", "off": f"-{self.name}"}.get(self.value, f"{self.name}={self.value}")


class SourceSpec(Frozen):
    """One ``source`` node: a place packages come from."""

    name: str
    """How packages refer to it and what the lock calls its world; the kind when not given."""
    kind: str
    priority: int = 50
    """Lower is preferred."""
    settings: tuple[tuple[str, Value], ...] = ()
    """Everything else, sorted by key: suite, mirror, keyring, repos, recommends, signatures, ..."""
    span: Span | None = field(default=None, compare=False)
    run: str | None = None
    """How programs of its packages run where the package does not say: ``view``, ``relocate`` or ``host``."""

    def get(self, key: str, default: Value = None) -> Value:
        """Return the setting ``key``, or ``default`` when the profile does not say."""
        return dict(self.settings).get(key, default)


class Request(Frozen):
    """One package the user asks for."""

    name: str
    range: str = ""
    """A version range in the ecosystem's own syntax (``>=9``, ``=1.2-3``); empty takes any."""
    source: str | None = None
    """The name or kind of the only source allowed."""
    flags: tuple[Flag, ...] = ()
    pin: str | None = None
    """A strict pin: exactly this version, or this source and nothing else (``sid`` or ``1.2-3``)."""
    prefer: str | None = None
    """A soft pin: tried first, given up when nothing else fits."""
    expose: tuple[str, ...] | None = None
    """The only executables to expose; ``None`` exposes all."""
    settings: tuple[tuple[str, Value], ...] = ()
    """``run``, ``scripts``, ``recommends``, ``priority``: per-package choices, sorted by key."""
    span: Span | None = field(default=None, compare=False)

    def get(self, key: str, default: Value = None) -> Value:
        """Return the setting ``key``, or ``default`` when the profile does not say."""
        return dict(self.settings).get(key, default)


class FileSpec(Frozen):
    """One file of the user's that the profile places."""

    target: str
    """``~/...`` or an absolute path."""
    origin: str
    """Path relative to the profile."""
    mode: int = 0o644
    content: bytes = field(default=b"", repr=False)
    """The bytes of ``origin``, read when the profile was."""
    span: Span | None = field(default=None, compare=False)


class ServiceSpec(Frozen):
    """One service of the user's: a program kept running by the host's own supervisor."""

    name: str
    exec: str
    after: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)


class AlternativeSpec(Frozen):
    """What shall stand behind a generic name that several packages offer."""

    name: str
    """``editor``."""
    path: str
    """``/usr/bin/vim.basic``."""
    span: Span | None = field(default=None, compare=False)


class Profile(Frozen):
    """The whole declaration, for one host."""

    name: str
    arch: str
    """``x86_64``, ``aarch64``, ...: the machine the programs run on."""
    libc: str | None = None
    """``glibc`` or ``musl`` when the user insists."""
    sources: tuple[SourceSpec, ...] = ()
    """By priority, then name."""
    requests: tuple[Request, ...] = ()
    """By name; one entry a name and source."""
    variants: tuple[Flag, ...] = ()
    """Defaults for every package, by name."""
    files: tuple[FileSpec, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    services: tuple[ServiceSpec, ...] = ()
    aliases: tuple[tuple[str, str, str], ...] = ()
    """(name, source, name there): what a package is called elsewhere."""
    path: str = field(default="", compare=False)
    """The file it was read from, as the user typed it."""
    digest: str = field(default="", compare=False)
    run: str | None = None
    """How programs run where neither their package nor its source says: ``view``, ``relocate`` or ``host``."""
    alternatives: tuple[AlternativeSpec, ...] = ()
    """By name."""
    """BLAKE3 of the canonical form of everything above that compares."""
