"""A place in a text that a person wrote."""

from nipsys.model.value import Frozen


class Span(Frozen):
    """Where something stands: file, position and the line itself, so that it can be shown again."""

    file: str
    """The path as the user would type it."""
    line: int
    """1 for the first line."""
    column: int
    """1 for the first character of the line, counted in characters."""
    length: int = 1
    """How many characters the marker underlines; at least 1."""
    text: str = ""
    """The whole line, without its end."""

    def __str__(self) -> str:
        """Return ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"
