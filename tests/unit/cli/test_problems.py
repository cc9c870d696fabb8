"""Problems as text and as JSON: markers under what they mark, colour only where it is wanted, nothing raw."""

import json

import pytest

from nipsys.cli.render.problems import format_problems, rejected_to_dict, show_problems, use_colour
from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span

SPAN = Span("profiles/laptop.kdl", 7, 5, 4, '    zlib ">=2"')
PROBLEM = Problem("no-version", "no version of `zlib` fits `>=2`", SPAN, ("debian offers 1.3.1",), "drop the range")
EXPECTED = """\
profiles/laptop.kdl:7:5: no version of `zlib` fits `>=2`
    7 │     zlib ">=2"
      │     ^^^^
  debian offers 1.3.1
  hint: drop the range
"""


def test_a_problem_shows_place_line_and_hint() -> None:
    assert format_problems([PROBLEM], colour=False) == EXPECTED


def test_several_problems_are_counted() -> None:
    assert format_problems([PROBLEM, PROBLEM], colour=False) == f"{EXPECTED}\n{EXPECTED}\n2 problems\n"


def test_a_problem_without_a_place_starts_with_error() -> None:
    assert format_problems([Problem("full", "the disk is full")], colour=False) == "error: the disk is full\n"


def test_colour_adds_nothing_but_colour() -> None:
    coloured = format_problems([PROBLEM, Problem("full", "the disk is `full`")], colour=True)
    assert coloured != format_problems([PROBLEM, Problem("full", "the disk is `full`")], colour=False)
    plain = coloured
    for style in ("\x1b[1m", "\x1b[1;31m", "\x1b[36m", "\x1b[2m", "\x1b[0m"):
        plain = plain.replace(style, "")
    assert plain == format_problems([PROBLEM, Problem("full", "the disk is `full`")], colour=False)


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"NO_COLOR": ""}, True, True), ({"TERM": "dumb"}, True, False)],
)  # fmt: skip
def test_colour_is_wanted_on_terminals_only(environment: dict[str, str], terminal: bool, wanted: bool) -> None:
    assert use_colour(environment, is_terminal=terminal) is wanted


@pytest.mark.parametrize(
    ("line", "column", "length", "shown", "marker"),
    [
        ("a b c", 3, 1, "a b c", "  ^"),
        ("\tgit x", 2, 3, "    git x", "    ^^^"),
        ("名前 x", 4, 1, "名前 x", "     ^"),
        ("x 名前", 3, 2, "x 名前", "  ^^^^"),
        ("e\u0301 x", 4, 1, "e\u0301 x", "  ^"),
        ("\x1b[31m x", 7, 1, "␛[31m x", "      ^"),
        ("a\u202eb x", 5, 1, "a\N{REPLACEMENT CHARACTER}b x", "    ^"),
        ("ab", 3, 1, "ab", "  ^"),
        ("a" * 200, 150, 2, "…" + "a" * 53 + "aa" + "a" * 49, None),
    ],
)  # fmt: skip
def test_the_marker_is_below_the_marked_text(line: str, column: int, length: int, shown: str, marker: str | None) -> None:
    rendered = format_problems([Problem("x", "m", Span("f", 1, column, length, line))], colour=False).split("\n")
    assert rendered[1] == f"    1 │ {shown}"
    assert rendered[2] == f"      │ {marker if marker is not None else ' ' * 54 + '^^'}"
    assert all(len(row) < 130 for row in rendered)


def test_an_empty_line_is_not_shown() -> None:
    assert format_problems([Problem("x", "m", Span("f", 1, 1, 1, " "))], colour=False) == "f:1:1: m\n"


def test_terminal_codes_in_messages_are_escaped() -> None:
    found = format_problems([Problem("x", "name `\x1b[2Jx`", None, ("a\nb\x07",), "c\x9b")], colour=False)
    assert found == "error: name `␛[2Jx`\n  a b␇\n  hint: c\N{REPLACEMENT CHARACTER}\n"


def test_a_long_word_is_cut() -> None:
    assert (
        format_problems([Problem("x", f"`{'a' * 500}` is long, `{'b' * 100}` is not")], colour=False)
        == f"error: `{'a' * 99}…` is long, `{'b' * 100}` is not\n"
    )


def test_names_that_are_not_unicode_break_neither_output(capsys: pytest.CaptureFixture[str]) -> None:
    rejected = Rejected([Problem("x", "cannot read `a\udcff`", Span("a\udcff", 1, 1, 1, "\udcff"))], "profile")
    show_problems(rejected, as_json=True)
    show_problems(rejected, as_json=False)
    out, err = capsys.readouterr()
    assert json.loads(out)["problems"][0]["message"] == "cannot read `a\udcff`"
    assert err.startswith("a\N{REPLACEMENT CHARACTER}:1:1: cannot read `a\N{REPLACEMENT CHARACTER}`")


def test_json_holds_everything(capsys: pytest.CaptureFixture[str]) -> None:
    rejected = Rejected([PROBLEM, Problem("full", "the disk is full")], "profile")
    expected = {
        "kind": "profile",
        "problems": [
            {
                "code": "no-version",
                "message": "no version of `zlib` fits `>=2`",
                "span": {"file": "profiles/laptop.kdl", "line": 7, "column": 5, "length": 4, "text": '    zlib ">=2"'},
                "notes": ["debian offers 1.3.1"],
                "hint": "drop the range",
            },
            {"code": "full", "message": "the disk is full", "span": None, "notes": [], "hint": None},
        ],
    }
    assert rejected_to_dict(rejected) == expected
    show_problems(rejected, as_json=True)
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (expected, "")
    show_problems(rejected, as_json=False)
    out, err = capsys.readouterr()
    assert (out, err) == ("", format_problems(rejected.problems, colour=False))
