"""Add packages to the profile, then apply it: `nipsys install vim +python "ripgrep>=14"`."""

import argparse
import re
from typing import TYPE_CHECKING

from nipsys.cli.session import Session
from nipsys.model.problem import reject
from nipsys.model.profile import Flag, Request

if TYPE_CHECKING:
    from nipsys.app.edit import Edited

_NAMED = re.compile(r"([A-Za-z0-9@][^\s<>=!~]*)((?:[<>=!~]=?|<<|>>).*)?")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--profile", help="the profile to change (the one applied last)")
    parser.add_argument("--source", help="the only source allowed")
    parser.add_argument("--no-apply", action="store_true", help="change profile and lock, and stop there")
    parser.add_argument("--allow-empty", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "packages", nargs=argparse.REMAINDER, metavar="PKG", help="packages, each with its flags after it: `vim +python -X`"
    )


def run(options: argparse.Namespace, session: Session) -> int:
    """Install."""
    from nipsys.app.edit import install, profile_of

    site = session.site()
    requests = requested(options.packages, options.source)
    if not requests:
        raise reject("request", "no-package", "name a package to install", hint="`nipsys search WORD` finds some")
    done = install(site, profile_of(site, options.profile), requests)
    return finish(done, options, session)


def requested(words: list[str], source: str | None) -> tuple[Request, ...]:
    """Read packages with the flags that follow each: ``vim +python -X ripgrep>=14``."""
    found: list[tuple[str, str, list[Flag]]] = []
    for word in words:
        flag = _flag(word)
        if flag is not None and found:
            found[-1][2].append(flag)
        elif match := _NAMED.fullmatch(word):
            found.append((match[1], match[2] or "", []))
        else:
            raise reject("request", "bad-word", f"`{word}` is neither a package nor a flag of one", hint="write `vim +python`, `vim>=9`")
    return tuple(Request(name, rule, source, tuple(flags)) for name, rule, flags in found)


def _flag(word: str) -> Flag | None:
    """Read ``+name``, ``-name`` or ``domain=value``; ``None`` when the word is none of these."""
    if word[:1] in "+-" and len(word) > 1 and not word.startswith("--"):
        return Flag(word[1:], "on" if word[0] == "+" else "off")
    name, equals, value = word.partition("=")
    return Flag(name, value) if equals and value and name.isidentifier() else None


def finish(done: "Edited", options: argparse.Namespace, session: Session) -> int:
    """Apply what was edited, unless told not to, and answer."""
    from nipsys.cli.apply import carry_out
    from nipsys.cli.lock import show

    if options.no_apply:
        return show(done.done, session)
    return carry_out(session, done.profile, done.done.lock, allow_empty=options.allow_empty)
