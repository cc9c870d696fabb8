"""Edits of a profile's text: what they change, and all that they keep."""

import pytest

from nipsys.model.problem import Rejected
from nipsys.model.system.profile import Flag, Request
from nipsys.profile import parse_range
from nipsys.profile.decode import parse_flag
from nipsys.profile.edit import Format, add_requests, parse_requests, remove_requests, set_flag

KDL = """\
// my machine
source "debian" suite="trixie"   // stable

packages {
    // editors
    emacs
    vim ">=9" +python -X   // the one

    /* tools */
    zsh
}
"""
TOML = """\
# my machine
[source.debian]
suite = "trixie"   # stable

[packages]
# editors
emacs = true
vim = { version = ">=9", flags = ["+python", "-X"] }   # the one

[env]
EDITOR = "vim"
"""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["git"], "    git\n"),
        (["git>=2"], '    git ">=2"\n'),
        (["git", ">=2", "+svn", "-perl", "source=debian"], '    git ">=2" -perl +svn source="debian"\n'),
        (["git", "graphics=wayland", "recommends=true", "priority=3"], '    git graphics="wayland" priority=3 recommends=#true\n'),
        (["7zip"], '    "7zip"\n'),
    ],
)  # fmt: skip
def test_a_package_is_added_in_order(words: list[str], line: str) -> None:
    changed = add_requests(KDL, "kdl", parse_requests(words))
    place = "    emacs\n" if words[0] != "7zip" else "    // editors\n"
    assert changed == KDL.replace(place, place + line)


def test_a_package_is_added_to_every_form_of_block() -> None:
    git = parse_requests(["git"])
    assert add_requests("", "kdl", git) == "packages {\n    git\n}\n"
    assert add_requests("// only a comment\n", "kdl", git) == "// only a comment\n\npackages {\n    git\n}\n"
    assert add_requests("packages {}\n", "kdl", git) == "packages {\n    git\n}\n"
    assert add_requests("packages\n", "kdl", git) == "packages {\n    git\n}\n"
    assert add_requests("packages { a; z; }\n", "kdl", git) == "packages { a; git; z; }\n"
    assert add_requests("packages { z; }\n", "kdl", git) == "packages { git; z; }\n"
    assert add_requests("packages {\n    // none yet\n}\n", "kdl", git) == "packages {\n    // none yet\n    git\n}\n"
    assert add_requests("packages {\n\tz\n\ta\n}\n", "kdl", git) == "packages {\n\tz\n\ta\n\tgit\n}\n"
    assert add_requests("packages {\n    a }\n", "kdl", git) == "packages {\n    a\n    git\n}\n"
    assert add_requests("packages {\r\n    a\r\n}\r\n", "kdl", git) == "packages {\r\n    a\r\n    git\r\n}\r\n"


def test_an_existing_line_is_replaced() -> None:
    changed = add_requests(KDL, "kdl", parse_requests(["vim", "=9.1"]))
    assert changed == KDL.replace('vim ">=9" +python -X', 'vim "=9.1"')


@pytest.mark.parametrize(("text", "format"), [(KDL, "kdl"), (TOML, "toml")])
def test_an_existing_bare_name_changes_nothing(text: str, format: Format) -> None:  # noqa: A002 - the word for it
    assert add_requests(text, format, parse_requests(["vim"])) == text


def test_a_line_is_removed_with_its_comment() -> None:
    assert remove_requests(KDL, "kdl", ["vim"]) == KDL.replace('    vim ">=9" +python -X   // the one\n', "")
    assert remove_requests("packages { a; b; c; }", "kdl", ["b"]) == "packages { a; c; }"
    assert remove_requests("packages { a; b }", "kdl", ["b"]) == "packages { a }"
    assert remove_requests('packages {\n    a source="nix"\n    b\n    a source="debian"\n}\n', "kdl", ["a"]) == "packages {\n    b\n}\n"


@pytest.mark.parametrize(("text", "format"), [(KDL, "kdl"), (TOML, "toml")])
def test_everything_that_cannot_be_removed_is_reported(text: str, format: Format) -> None:  # noqa: A002 - the word for it
    with pytest.raises(Rejected) as caught:
        remove_requests(text, format, ["vim", "curl", "jq"])
    assert [problem.message for problem in caught.value.problems] == [
        f"the profile does not request `{name}` itself" for name in ("curl", "jq")
    ]
    assert all(problem.hint for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("wish", "line"),
    [("+X", '    vim ">=9" +python +X   // the one\n'), ("-python", '    vim ">=9" -python -X   // the one\n'), ("+lua", '    vim ">=9" +python -X +lua   // the one\n')],
)  # fmt: skip
def test_one_flag_is_set(wish: str, line: str) -> None:
    assert set_flag(KDL, "kdl", "vim", parse_flag(wish)) == KDL.replace('    vim ">=9" +python -X   // the one\n', line)


def test_an_existing_flag_changes_nothing() -> None:
    assert set_flag(KDL, "kdl", "vim", parse_flag("-X")) == KDL
    assert set_flag(TOML, "toml", "vim", parse_flag("-X")) == TOML


def test_a_flag_of_a_missing_package_is_refused() -> None:
    with pytest.raises(Rejected, match="does not request `jq`, so"):
        set_flag(KDL, "kdl", "jq", parse_flag("+x"))


def test_toml_keeps_its_layout() -> None:
    changed = add_requests(TOML, "toml", parse_requests(["git", "jq>=1.7", "curl", "+http3", "source=debian"]))
    lines = 'git = true\njq = ">=1.7"\ncurl = {flags = ["+http3"], source = "debian"}\n'
    assert changed == TOML.replace("# the one\n", "# the one\n" + lines)
    assert remove_requests(changed, "toml", ["git", "jq", "curl"]) == TOML
    assert set_flag(TOML, "toml", "vim", parse_flag("+X")) == TOML.replace('"-X"', '"+X"')
    assert set_flag(TOML, "toml", "emacs", parse_flag("-x11")) == TOML.replace("emacs = true", 'emacs = {flags = ["-x11"]}')
    assert add_requests("", "toml", parse_requests(["git"])) == "[packages]\ngit = true\n"


def test_a_broken_profile_is_not_edited() -> None:
    with pytest.raises(Rejected, match="is not closed"):
        add_requests("packages {\n", "kdl", parse_requests(["git"]))


def test_words_of_the_command_line_become_requests() -> None:
    assert parse_requests(["vim>=9", "+python", "-X", "+X", "nix:ripgrep", "pin=14.1", "expose=rg,ripgrep", "a=1.2"]) == (
        Request("vim", parse_range(">=9"), flags=(Flag("X", "on"), Flag("python", "on"))),
        Request("ripgrep", source="nix", pin="14.1", expose=("rg", "ripgrep")),
        Request("a", parse_range("=1.2")),
    )
    assert parse_requests(["dev-lang/python:3.12"]) == (Request("dev-lang/python:3.12"),)


@pytest.mark.parametrize("words", [["+python"], ["vim", "priority=high"], ["vim", "recommends=maybe"], ["vim", "source="]])
def test_invalid_words_are_refused(words: list[str]) -> None:
    with pytest.raises(Rejected) as caught:
        parse_requests(words)
    assert caught.value.kind == "request"
