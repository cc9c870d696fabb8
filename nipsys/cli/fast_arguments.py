"""Parse simple command lines without argparse, which takes as long to load and set up as ``status`` takes to run.

Only for commands that list their options in ``FAST_COMMANDS``, and only if every word is one of those or a shared option. Everything else,
including help and errors, is left to argparse.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nipsys.cli.commands.table import COMMANDS, Command, import_command

FAST_COMMANDS = frozenset(("status", "rollback"))
"""Commands whose module has a ``FAST_COMMANDS``: each option with the function that parses its value, ``None`` for a flag."""
_SHARED: Mapping[str, Callable[[str], object] | None] = {"--root": str, "--json": None, "--offline": None, "--progress": str}
_PROGRESS = frozenset(("auto", "bars", "plain", "json", "none"))


class Options:
    """The parsed options by name, like ``argparse.Namespace``."""

    def __init__(self, **given: object) -> None:
        self.__dict__.update(given)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - every option has its own type
        raise AttributeError(name)


def parse_fast(words: Sequence[str]) -> tuple[Command, Options, tuple[str, ...]] | None:
    """Return the command, its options and the words after its name; ``None`` when ``words`` need argparse."""
    place = next((place for place, word in enumerate(words) if word in FAST_COMMANDS), None)
    if place is None:
        return None
    command = COMMANDS[words[place]]
    own: Mapping[str, Callable[[str], object] | None] = import_command(command.module).QUICK
    given: dict[str, object] = {"root": None, "json": False, "offline": False, "progress": "auto"}
    given |= {_field_of(option): None if reader else False for option, reader in own.items()}
    if not (_parse_options(words[:place], _SHARED, given) and _parse_options(words[place + 1 :], {**_SHARED, **own}, given)):
        return None
    return (command, Options(**given), tuple(words[place + 1 :])) if given["progress"] in _PROGRESS else None


def _parse_options(words: Sequence[str], known: Mapping[str, Callable[[str], object] | None], given: dict[str, object]) -> bool:
    """Add the options in ``words`` to ``given``; return whether all of them are known and have valid values."""
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option not in known:
            return False
        reader = known[option]
        if reader is None:
            if equals:
                return False
            given[_field_of(option)] = True
            continue
        text = value if equals else next(rest, "")
        if not text or text.startswith("-"):
            return False
        try:
            given[_field_of(option)] = reader(text)
        except ValueError:
            return False
    return True


def _field_of(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
