"""The paths inside one root: names only, the disk is not read."""

from nipsys.model.value import Frozen


class Layout(Frozen):
    """The paths below a root R."""

    root: str
    """Absolute path of R."""

    @property
    def store(self) -> str:
        """Immutable trees, one directory each."""
        return f"{self.root}/store"

    @property
    def generations(self) -> str:
        """One directory per generation, named by its number."""
        return f"{self.root}/generations"

    @property
    def current(self) -> str:
        """The symbolic link to the current generation; replacing it by rename is the only commit."""
        return f"{self.root}/current"

    @property
    def executables(self) -> str:
        """The directory for the user's PATH."""
        return f"{self.root}/System/Links/Executables"

    @property
    def downloads(self) -> str:
        """Verified artifacts, named by their digest."""
        return f"{self.root}/cache/downloads"

    @property
    def indexes(self) -> str:
        """One directory per source: its mapped index and the state of its snapshot."""
        return f"{self.root}/cache/indexes"

    @property
    def history(self) -> str:
        """The append-only record of operations."""
        return f"{self.root}/history"

    @property
    def journal(self) -> str:
        """The log of operations."""
        return f"{self.root}/journal"

    @property
    def lock_file(self) -> str:
        """The file that an operation locks while it changes the root."""
        return f"{self.root}/lock"

    @property
    def profile_file(self) -> str:
        """A file with the path of the profile applied last, for commands that edit it."""
        return f"{self.root}/profile"

    @property
    def state(self) -> str:
        """What the programs of a world write under /var and /etc, one directory per world."""
        return f"{self.root}/state"
