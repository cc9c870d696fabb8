"""A position in a text file that a user wrote."""

from nipsys.model.value import Frozen


class Span(Frozen):
    """File, position and the line itself, so that an error message can show it."""

    file: str
    """The path as the user typed it."""
    line: int
    """1 for the first line."""
    column: int
    """1 for the first character of the line, counted in characters."""
    length: int = 1
    """Number of characters that the marker underlines; at least 1."""
    text: str = ""
    """The whole line, without its line ending."""

    def __str__(self) -> str:
        """Return ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"
