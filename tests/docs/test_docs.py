"""What the documentation says can be done: its links lead somewhere, its profiles are read, its commands exist with their options."""

import pathlib
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from nipsys.builder.recipe import parse_recipe
from nipsys.cli.commands.table import COMMANDS
from nipsys.cli.parser import parse_command, parse_globals
from nipsys.lock import read_lock
from nipsys.model import Rejected
from nipsys.profile import read_profile

HERE = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*HERE.glob("*.md"), *(HERE / "docs").rglob("*.md")])
BLOCK = re.compile(r"(?ms)^(\s*)```([^\n]*)\n(.*?)^\1```$")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
NEXT_TO_THE_PROFILE = {
    "base.kdl": 'source "debian" suite="trixie"\npackages { nano; }\n',
    "dotfiles/gitconfig": "",
    "dotfiles/netrc": "",
}


def label(path: pathlib.Path) -> str:
    return str(path.relative_to(HERE))


def blocks(text: str, *languages: str) -> list[str]:
    return [body for _, language, body in BLOCK.findall(text) if language.strip() in languages]


def all_blocks(*languages: str) -> list[Any]:
    found = ((page, number, body) for page in PAGES for number, body in enumerate(blocks(page.read_text(), *languages), 1))
    return [pytest.param(body, id=f"{label(page)}-{number}") for page, number, body in found]


def anchor(heading: str) -> str:
    """Return the fragment of a heading, as both Git hosts and MkDocs make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", plain.strip().lower()))


def anchors(path: pathlib.Path) -> set[str]:
    text = BLOCK.sub("", path.read_text())
    return {anchor(heading) for heading in re.findall(r"(?m)^#+ (.*)$", text)}


def broken_links(page: pathlib.Path, text: str) -> list[str]:
    found = []
    for target in LINK.findall(BLOCK.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, fragment = target.partition("#")
        path = (page.parent / place).resolve() if place else page
        if not path.exists() or (fragment and fragment not in anchors(path)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    assert broken_links(page, page.read_text()) == []


@pytest.mark.parametrize("link", ["nowhere.md", "index.md#nothing", "#nothing"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert broken_links(HERE / "docs/index.md", f"see [this]({link})") == [link]


def test_every_page_is_in_the_navigation() -> None:
    named = set(re.findall(r"(?m)([\w/-]+\.md)$", (HERE / "mkdocs.yml").read_text()))
    assert {str(page.relative_to(HERE / "docs")) for page in (HERE / "docs").rglob("*.md")} == named


def profile(format_: str, body: str) -> object:
    files = {**NEXT_TO_THE_PROFILE, f"p.{format_}": body}
    return read_profile(f"p.{format_}", lambda path: files[path].encode(), host=None, arch="x86_64")


@pytest.mark.parametrize("body", all_blocks("kdl"))
def test_kdl_blocks_are_profiles(body: str) -> None:
    assert profile("kdl", body) != profile("kdl", "")


@pytest.mark.parametrize("body", all_blocks("toml"))
def test_toml_blocks_are_profiles(body: str) -> None:
    assert profile("toml", body) != profile("kdl", "")


@pytest.mark.parametrize("body", all_blocks("kdl wrong"))
def test_wrong_profiles_are_refused(body: str) -> None:
    with pytest.raises(Rejected):
        profile("kdl", body)


@pytest.mark.parametrize("body", all_blocks("kdl lock"))
def test_locks_are_canonical(body: str) -> None:
    assert read_lock(body, "p.lock.kdl").packages


@pytest.mark.parametrize("body", all_blocks("kdl recipe"))
def test_recipes_are_read(body: str) -> None:
    body = body.replace('sha256="…"', f'sha256="{"0" * 64}"')
    name = re.findall(r'recipe "([^"]+)"', body)[0]
    assert parse_recipe(f"{name}.kdl", body).name == name


def test_every_block_has_a_language() -> None:
    known = {"kdl", "kdl wrong", "kdl lock", "kdl recipe", "toml", "sh", "text", "pycon"}
    assert [(label(page), language) for page in PAGES for _, language, _ in BLOCK.findall(page.read_text()) if language not in known] == []


def tokens(script: str) -> list[str]:
    """Split a shell script into words and operators; a line's end is an operator, a comment is nothing."""
    lines = [re.sub(r"(^|\s)#.*", r"\1", line) for line in script.replace("\\\n", " ").splitlines()]
    lexer = shlex.shlex("\n".join([*lines, ""]), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t", "", True
    return list(lexer)


def commands(script: str) -> Iterator[list[str]]:
    """Yield the words of every ``nipsys`` that a shell script starts."""
    words: list[str] | None = None
    for token in [*tokens(script), "\n"]:
        if set(token) <= set("();<>|&\n"):
            if words is not None:
                yield words
            words = None
        elif words is not None:
            words.append(token)
        elif token == "nipsys":
            words = []
        elif "$(nipsys " in token:  # inside quotes: eval "$(nipsys env)"
            yield from commands(token.partition("$(")[2].rpartition(")")[0])


def refuse_unknown(words: list[str]) -> None:
    """Raise ``Rejected`` or ``AssertionError`` when a command line is not one that nipsys takes."""
    given = parse_globals(words)
    if given.command is None:
        assert words in (["--help"], ["--version"]), words
        return
    assert given.command in COMMANDS, given.command
    parse_command(import_module(f"nipsys.cli.commands.{COMMANDS[given.command].module}"), given)


def refuse_unknown_in(script: str) -> None:
    for words in commands(script):
        refuse_unknown(words)


@pytest.mark.parametrize("script", all_blocks("sh"))
def test_commands_exist_with_their_options(script: str) -> None:
    refuse_unknown_in(script)


def test_the_pages_show_every_common_command() -> None:
    shown = {words[0] for page in PAGES for script in blocks(page.read_text(), "sh") for words in commands(script)}
    assert {"init", "check", "lock", "plan", "apply", "status", "rollback", "install", "run", "why", "gc", "verify"} <= shown


@pytest.mark.parametrize(
    "line",
    [
        "nipsys aply p.kdl",
        "nipsys apply p.kdl --lockd",
        'echo x | nipsys plan "p.kdl" --detailed > y',
        'eval "$(nipsys env --shel)"',
        "nipsys build vim +python --nothing",
        "nipsys install vim --nothing",
        "nipsys rollback x",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises((Rejected, AssertionError)):
        refuse_unknown_in(line)


def test_command_lines_are_found_in_scripts() -> None:
    script = "nipsys a 'b c' # nipsys no\nX=1 nipsys d | jq .\nif ! y=$(nipsys e --f); then\n  eval \"$(nipsys g)\"\nfi\n"
    assert list(commands(script)) == [["a", "b c"], ["d"], ["e", "--f"], ["g"]]
