"""Laws of edits: they do what they say, leave every comment alone, and taking back what was added gives the text that was."""

import re
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from nipsys.model.system.profile import Request
from nipsys.profile import parse_range
from nipsys.profile.decode import decode, parse_flag
from nipsys.profile.edit import add_requests, remove_requests, set_flag
from nipsys.profile.load import load_document

NAMES = st.sampled_from(["git", "vim", "g++", "7zip", "aa", "zz", "dev-lang/python:3.12", "nginx-light"])
WISHES = st.sampled_from(["+python", "-X", "graphics=wayland", "+lto", "-lto", "audio=alsa"])
REMARKS = st.sampled_from(["", "   // why", " /* inner */", "  // a } brace { in a remark"])


@st.composite
def requests(draw: DrawFn) -> Request:
    wishes = {wish.name: wish for wish in map(parse_flag, draw(st.lists(WISHES, max_size=3)))}
    return Request(
        draw(NAMES),
        parse_range(draw(st.sampled_from(["", ">=9", "=1:2.3-4"]))),
        draw(st.sampled_from([None, "nix"])),
        tuple(wishes[name] for name in sorted(wishes)),
        draw(st.sampled_from([None, "1.2"])),
        expose=draw(st.sampled_from([None, (), ("vi", "vim")])),
        settings=draw(st.sampled_from([(), (("priority", 3),), (("recommends", True),)])),
    )


@st.composite
def kdl_texts(draw: DrawFn) -> str:
    """Return a profile in many layouts."""
    rows = draw(st.lists(st.tuples(NAMES, st.sampled_from(["", ' ">=1"', " +x -y"]), REMARKS), max_size=4, unique_by=lambda row: row[0]))
    head = draw(st.sampled_from(["", "// mine\n", 'source "nix"\n\n', "/* long\n   remark */\n"]))
    if draw(st.booleans()) and rows:
        body = "packages { " + "; ".join(quoted(name) + words for name, words, _ in rows) + draw(st.sampled_from(["; }", " }"]))
    else:
        indent = draw(st.sampled_from(["    ", "\t", ""]))
        lines = [f"{indent}{quoted(name)}{words}{remark}\n" for name, words, remark in rows]
        body = (
            "packages {\n"
            + draw(st.sampled_from(["", "\n", f"{indent}// first\n"]))
            + "".join(lines)
            + draw(st.sampled_from(["", f"{indent}// last\n", "\n"]))
            + "}"
        )
    tail = draw(st.sampled_from(["", "\n", '\nenv {\n    A "1"\n}\n']))
    text = draw(st.sampled_from([head + body + tail, head]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@st.composite
def toml_texts(draw: DrawFn) -> str:
    rows = draw(
        st.lists(st.tuples(NAMES, st.sampled_from(["true", '">=1"', '{ flags = ["+x"] }'])), max_size=4, unique_by=lambda row: row[0])
    )
    body = "[packages]\n# first\n" + "".join(f'"{name}" = {value}   # why\n' for name, value in rows)
    return draw(st.sampled_from(["", "# mine\n"])) + draw(st.sampled_from(["", body])) + draw(st.sampled_from(["", '\n[env]\nA = "1"\n']))


def quoted(name: str) -> str:
    return f'"{name}"' if name[0].isdigit() or "/" in name else name


TEXTS = st.one_of(st.tuples(kdl_texts(), st.just("kdl")), st.tuples(toml_texts(), st.just("toml")))


def packages(text: str, form: str) -> dict[str, tuple[Request, ...]]:
    document = load_document(f"p.{form}", text.encode())
    found = decode(document, document.value).packages
    assert not document.problems
    return found


def remarks(text: str) -> list[str]:
    return sorted(re.findall(r"//.*|# .*|/\*.*?\*/", text.replace("\r", "")))


@given(TEXTS, requests())
@settings(max_examples=300, deadline=None)
def test_adding_says_just_that(given_text: tuple[str, Literal["kdl", "toml"]], wanted: Request) -> None:
    text, form = given_text
    before, changed = packages(text, form), add_requests(text, form, [wanted])
    after = packages(changed, form)
    if wanted == Request(wanted.name) and wanted.name in before:
        assert changed == text
    else:
        assert after == {**before, wanted.name: (wanted,)}
    if wanted.name not in before:
        assert remarks(changed) == remarks(text)
    assert add_requests(changed, form, [wanted]) == changed


@given(TEXTS, requests())
@settings(max_examples=300, deadline=None)
def test_what_was_added_can_be_taken_back(given_text: tuple[str, Literal["kdl", "toml"]], wanted: Request) -> None:
    text, form = given_text
    before = packages(text, form)
    if wanted.name in before:
        return
    back = remove_requests(add_requests(text, form, [wanted]), form, [wanted.name])
    assert packages(back, form) == before
    if form == "kdl" and "\n" in text.partition("packages {")[2].partition("}")[0] and before:
        assert back == text


@given(TEXTS, WISHES)
@settings(max_examples=200, deadline=None)
def test_a_flag_is_set_and_nothing_else(given_text: tuple[str, Literal["kdl", "toml"]], wish: str) -> None:
    text, form = given_text
    before = packages(text, form)
    if not before:
        return
    name = next(iter(before))
    changed = set_flag(text, form, name, parse_flag(wish))
    after = packages(changed, form)
    assert {**after, name: ()} == {**before, name: ()}
    flags = {other.name: other for other in before[name][0].flags} | {parse_flag(wish).name: parse_flag(wish)}
    assert {other.name: other for other in after[name][0].flags} == flags
    assert set_flag(changed, form, name, parse_flag(wish)) == changed
    assert remarks(changed) == remarks(text)
