"""apt.conf(5): ``Acquire::Check-Date "false";`` and ``Acquire { Check-Date "false"; };`` are read into one table."""

import re

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{};])|([^\s"{};]+)', re.DOTALL).finditer


def read_options(texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Read every ``apt.conf`` among ``texts`` (path, content) in order; names are lower case, the last value of a name wins.

    Lists and unreadable parts are skipped: only single settings are needed.
    """
    found: dict[str, str] = {}
    for path, text in texts:
        if path == "/etc/apt/apt.conf" or path.startswith("/etc/apt/apt.conf.d/"):
            _read_text(text, found)
    return found


def is_disabled(options: dict[str, str], name: str) -> bool:
    """Return whether a setting is off, in any spelling that apt accepts."""
    return options.get(name.lower(), "").lower() in {"no", "false", "without", "off", "disable", "0"}


def _read_text(text: str, found: dict[str, str]) -> None:
    scopes: list[str] = []
    name, value = "", None
    for token in _TOKEN(text):
        quoted, mark, word = token.groups()
        if mark == "{":
            scopes.append(name)
            name = ""
        elif mark == "}":
            del scopes[-1:]
            name = ""
        elif mark == ";":
            if name and value is not None:
                found["::".join([*filter(None, scopes), name]).lower()] = value
            name, value = "", None
        elif quoted is not None:
            value = quoted
        elif word is not None and not name:
            name = word
        elif word is not None:
            value = word
