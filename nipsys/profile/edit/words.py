"""Parse the arguments of ``nipsys install`` as requests: ``vim>=9 +python source=nix ripgrep``."""

import re
from collections.abc import Iterable, Mapping

from nipsys.model import Problem, Rejected, replace
from nipsys.model.system import DOMAINS, Request, SettingValue
from nipsys.profile.decode import parse_flag
from nipsys.profile.ranges import RANGE_HINT, parse_range
from nipsys.profile.schema import LoadKinds, load_no_kinds, read_schema

_GLUED = re.compile(r"(?P<name>[^<>=!~^\s]+?)(?P<range>[<>=!~^].*)?")
_SETTINGS = {"source", "pin", "prefer", "expose", "run", "scripts", "recommends", "priority"}


def parse_requests(words: Iterable[str], load_kinds: LoadKinds = load_no_kinds) -> tuple[Request, ...]:
    """Parse words: a name begins a request; the ranges, flags and ``key=value`` after it belong to it.

    A range may follow its name without a space (``vim>=9``), and ``nix:hello`` means ``hello source=nix``. ``load_kinds``
    returns the kinds of sources there are, for those that the schema does not list. Raise ``Rejected`` (kind ``request``) with all errors.
    """
    found: list[Request] = []
    problems: list[Problem] = []
    for word in words:
        key, equals, value = word.partition("=")
        if found and ((word[:1] in {"+", "-"} and len(word) > 1) or (key in DOMAINS and value)):
            flag = parse_flag(word)
            found[-1] = replace(found[-1], flags=(*(other for other in found[-1].flags if other.name != flag.name), flag))
        elif found and equals and key in _SETTINGS:
            problems += _apply_setting(found, key, value)
        elif found and word[:1] in {"<", ">", "=", "!", "~", "^"}:
            problems += _apply_range(found, word)
        else:
            problems += _start_request(found, word, load_kinds)
    if problems:
        raise Rejected(problems, "request")
    return tuple(replace(request, flags=tuple(sorted(request.flags, key=lambda flag: flag.name))) for request in found)


def _start_request(found: list[Request], word: str, load_kinds: LoadKinds) -> list[Problem]:
    match = _GLUED.fullmatch(word)
    if match is None or word[:1] in {"+", "-"}:
        return [Problem("bad-name", f"`{word}` is not a package name", hint="name a package first: `nipsys install vim '>=9' +python`")]
    source, colon, name = match["name"].partition(":")
    is_kind = bool(colon) and (source in read_schema().kinds or source in load_kinds())
    found.append(Request(name, source=source) if is_kind and name else Request(match["name"]))
    return _apply_range(found, match["range"] or "")


def _apply_range(found: list[Request], text: str) -> list[Problem]:
    try:
        found[-1] = replace(found[-1], range=parse_range(text))
    except ValueError as error:
        return [Problem("bad-value", str(error), hint=RANGE_HINT)]
    return []


def _apply_setting(found: list[Request], key: str, value: str) -> list[Problem]:
    last = found[-1]
    words: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
    if not value:
        return [Problem("empty", f"`{key}=` has no value", hint=f"write `{key}=…`")]
    match key:
        case "source":
            found[-1] = replace(last, source=value)
        case "pin":
            found[-1] = replace(last, pin=value)
        case "prefer":
            found[-1] = replace(last, prefer=value)
        case "expose":
            found[-1] = replace(last, expose=tuple(sorted(value.replace(",", " ").split())))
        case "priority" if not value.isdecimal():
            return [Problem("wrong-type", f"`priority` must be an integer, not `{value}`", hint="lower numbers are preferred")]
        case "scripts" | "recommends" if value not in words:
            return [Problem("wrong-type", f"`{key}` must be `true` or `false`, not `{value}`")]
        case _:
            given: SettingValue = int(value) if key == "priority" else words.get(value, value) if key != "run" else value
            found[-1] = replace(last, settings=tuple(sorted({**dict(last.settings), key: given}.items())))
    return []
