"""Edit a TOML profile with tomlkit, which keeps comments and layout."""

from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Item, Table

from nipsys.model.system import Flag, Request


def add(text: str, request: Request) -> str:
    """Add ``request`` to ``[packages]``; replace a request of the same name."""
    document = tomlkit.parse(text)
    packages = document.get("packages")
    if packages is None:
        packages = tomlkit.table()
        document["packages"] = packages
    packages[request.name] = _value(request)
    return tomlkit.dumps(document)


def remove(text: str, name: str) -> str:
    """Remove ``name`` from ``[packages]``."""
    document = tomlkit.parse(text)
    packages: Any = document["packages"]
    del packages[name]
    return tomlkit.dumps(document)


def set_flag(text: str, name: str, flag: Flag) -> str:
    """Set a flag of the one request for ``name``."""
    document = tomlkit.parse(text)
    packages: Any = document["packages"]
    table = _table(packages, name)
    table.pop(flag.name, None)
    flags = table.get("flags")
    if flags is None:
        flags = tomlkit.array()
        table["flags"] = flags
    words = [str(word) for word in flags]
    same = [place for place, word in enumerate(words) if word[1:] == flag.name or word.startswith(f"{flag.name}=")]
    if same:
        flags[same[0]] = str(flag)
    else:
        flags.append(str(flag))
    return tomlkit.dumps(document)


def _table(packages: Any, name: str) -> Any:  # noqa: ANN401 - tomlkit's items
    found = packages[name]
    if isinstance(found, InlineTable | Table):
        return found
    table = tomlkit.inline_table()
    if isinstance(found, str):
        table["version"] = str(found)
    packages[name] = table
    return packages[name]


def _value(request: Request) -> Item | bool | str:
    given = {
        "version": request.range.text or None,
        "flags": [str(flag) for flag in request.flags] or None,
        "source": request.source,
        "pin": request.pin,
        "prefer": request.prefer,
        "expose": None if request.expose is None else list(request.expose) or False,
        **dict(request.settings),
    }
    given = {key: value for key, value in given.items() if value is not None}
    if not given:
        return True
    if list(given) == ["version"]:
        return request.range.text
    table = tomlkit.inline_table()
    table.update(given)
    return table
