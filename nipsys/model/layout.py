"""Where everything of one root stands: names only, nothing is looked at."""

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
        """One directory a generation, named by its number."""
        return f"{self.root}/generations"

    @property
    def current(self) -> str:
        """The symbolic link whose rename is the only commit."""
        return f"{self.root}/current"

    @property
    def executables(self) -> str:
        """What stands on the user's PATH."""
        return f"{self.root}/System/Links/Executables"

    @property
    def downloads(self) -> str:
        """Verified artifacts, named by their digest."""
        return f"{self.root}/cache/downloads"

    @property
    def indexes(self) -> str:
        """One directory a source: its mapped universe and the state of its snapshot."""
        return f"{self.root}/cache/indexes"

    @property
    def history(self) -> str:
        """The append-only record of operations."""
        return f"{self.root}/history"

    @property
    def journal(self) -> str:
        """What operations said."""
        return f"{self.root}/journal"

    @property
    def lock(self) -> str:
        """The file that an operation holds while it changes the root."""
        return f"{self.root}/lock"

    @property
    def profile(self) -> str:
        """A text that names the profile applied last, for commands that change it."""
        return f"{self.root}/profile"

    @property
    def state(self) -> str:
        """What programs of a world write under /var and /etc, one directory a world."""
        return f"{self.root}/state"
