"""What a source may know of the machine it is read on: texts and paths, gathered once by ``effects.host``."""

from nipsys.model.value import Frozen


class HostFacts(Frozen):
    """The host's own package configuration, as values, so that sources stay pure."""

    arch: str = "x86_64"
    """The machine the packages are for: the profile's arch, in the profile's words."""
    environment: tuple[tuple[str, str], ...] = ()
    """The variables whose names begin with ``NIPSYS_``, ``HOME``, and those that name an index to pip or npm."""
    texts: tuple[tuple[str, str], ...] = ()
    """(path, content) of the host's package configuration, in the order its own tools read it:
    ``/etc/apt/sources.list``, ``/etc/apt/sources.list.d/*``, ``/etc/pacman.conf``, ``/etc/apk/repositories`` and the like."""
    keyrings: tuple[str, ...] = ()
    """Paths of keyrings that exist: ``/etc/apt/trusted.gpg.d/*``, ``/usr/share/keyrings/*``, ``/etc/apk/keys/*`` and the like."""
    tools: tuple[str, ...] = ()
    """Names of foreign tools found on ``PATH``: ``nix``, ``git``, ``gpgv``, ..."""
    directory: str = ""
    """Absolute path of the working directory, from which a profile may be named."""

    def get(self, variable: str) -> str | None:
        """Return a variable of the environment, or ``None``; an empty one counts as not set."""
        return dict(self.environment).get(variable) or None

    def text(self, path: str) -> str | None:
        """Return the content of one configuration file, or ``None`` when the host has none."""
        return dict(self.texts).get(path)
