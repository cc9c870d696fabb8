"""What a source may know about the host: its kind says what it needs, ``effects.host`` reads it."""

from typing import NamedTuple

from nipsys.model.value import Frozen


class HostText(NamedTuple):
    """A configuration file."""

    path: str
    """A path or a pattern of paths; ``~/`` is the user's home."""
    lines: str = ""
    """A regular expression: only lines that begin with it are read, of a file that may hold passwords."""


class DefaultRegistry(NamedTuple):
    """Where the code of a tool names the registry that it uses by default."""

    tool: str
    path: str
    """A path or a pattern of paths; without a leading ``/`` it is below a directory of Python's module path."""
    pattern: str
    """A regular expression whose first group is the address."""


class HostNeeds(Frozen):
    """What sources of a kind need to know about the host."""

    texts: tuple[HostText, ...] = ()
    """Configuration files, in the order the ecosystem's own tools read them."""
    keyrings: tuple[str, ...] = ()
    """Patterns of paths of keyrings."""
    variables: tuple[str, ...] = ()
    """Environment variables, besides ``HOME`` and those that begin with ``NIPSYS_``."""
    registries: tuple[DefaultRegistry, ...] = ()

    def __or__(self, other: "HostNeeds") -> "HostNeeds":
        """Return the needs of both, each once."""
        return HostNeeds(
            tuple(dict.fromkeys((*self.texts, *other.texts))),
            tuple(dict.fromkeys((*self.keyrings, *other.keyrings))),
            tuple(dict.fromkeys((*self.variables, *other.variables))),
            tuple(dict.fromkeys((*self.registries, *other.registries))),
        )


class HostFacts(Frozen):
    """The host's own package configuration, as values, so that sources stay pure."""

    arch: str = "x86_64"
    """The architecture the packages are for: the profile's ``arch``, in the profile's spelling."""
    environment: tuple[tuple[str, str], ...] = ()
    """``HOME``, the variables that begin with ``NIPSYS_``, those needed, and ``<tool>.default`` for the default registry of a tool."""
    config_files: tuple[tuple[str, str], ...] = ()
    """(path, content) of the host's package configuration, in the order its own tools read it."""
    keyrings: tuple[str, ...] = ()
    """Paths of existing keyrings."""
    working_directory: str = ""
    """Absolute path of the working directory; relative profile paths start here."""

    def getenv(self, variable: str) -> str | None:
        """Return an environment variable, or ``None`` when it is unset or empty."""
        return dict(self.environment).get(variable) or None

    def get_text(self, path: str) -> str | None:
        """Return the content of one configuration file, or ``None`` when the host does not have it."""
        return dict(self.config_files).get(path)
