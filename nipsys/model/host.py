"""What a source may know about the host: texts and paths, collected once by ``effects.host``."""

from nipsys.model.value import Frozen


class HostFacts(Frozen):
    """The host's own package configuration, as values, so that sources stay pure."""

    arch: str = "x86_64"
    """The architecture the packages are for: the profile's ``arch``, in the profile's spelling."""
    environment: tuple[tuple[str, str], ...] = ()
    """``HOME``, the variables that begin with ``NIPSYS_``, and those that configure the index of pip or npm."""
    config_files: tuple[tuple[str, str], ...] = ()
    """(path, content) of the host's package configuration, in the order its own tools read it:
    ``/etc/apt/sources.list``, ``/etc/apt/sources.list.d/*``, ``/etc/pacman.conf``, ``/etc/apk/repositories``, ..."""
    keyrings: tuple[str, ...] = ()
    """Paths of existing keyrings: ``/etc/apt/trusted.gpg.d/*``, ``/usr/share/keyrings/*``, ``/etc/apk/keys/*``, ..."""
    tools: tuple[str, ...] = ()
    """Names of foreign tools found on ``PATH``: ``nix``, ``git``, ``gpgv``, ..."""
    working_directory: str = ""
    """Absolute path of the working directory; relative profile paths start here."""

    def getenv(self, variable: str) -> str | None:
        """Return an environment variable, or ``None`` when it is unset or empty."""
        return dict(self.environment).get(variable) or None

    def get_text(self, path: str) -> str | None:
        """Return the content of one configuration file, or ``None`` when the host does not have it."""
        return dict(self.config_files).get(path)
