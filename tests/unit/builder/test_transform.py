"""The transformations of a recipe's ``generate`` step."""

from typing import Any

import pytest

from nipsys.builder.sandbox.transform import PartValue, generate_text

NOTHING: dict[str, Any] = {
    "text": "",
    "origin": [],
    "until": "",
    "after": "",
    "keep": "",
    "substitutions": [],
    "names": "",
    "templates": [],
    "chosen": [],
    "values": [],
}


def part(**changes: Any) -> PartValue:
    return {**NOTHING, **changes}  # type: ignore[typeddict-item]


FILES = {"a": ["one\ntwo\nINSERT\nthree\n"], "*": ["config B\nx\n", "config A\nconfig B\nconfig N\n"]}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([part(text="hi\n"), part(origin=["a"])], "hi\none\ntwo\nINSERT\nthree\n"),
        ([part(origin=["a"], until="^INSERT$"), part(text="--\n"), part(origin=["a"], after="^INSERT$")], "one\ntwo\n--\nthree\n"),
        ([part(origin=["a"], keep="o", substitutions=[["^(.)", r"\1\1"], ["oo", "0"]])], "0ne\nttwo\n"),
        (
            [
                part(
                    origin=["*"],
                    names=r"^config (\w+)",
                    templates=[["on", "@ 1\n"], ["off", "@ 0\n"], ["value", "@ $\n"]],
                    chosen=["A"],
                    values=[["N", "7"]],
                )
            ],
            "A 1\nB 0\nN 7\n",
        ),
    ],
)
def test_a_text_is_generated_from_parts(parts: list[PartValue], text: str) -> None:
    assert generate_text(parts, FILES.__getitem__) == text


def test_an_unknown_chosen_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown names: Z"):
        generate_text([part(origin=["*"], names=r"^config (\w+)", templates=[["on", ""], ["off", ""]], chosen=["Z"])], FILES.__getitem__)
