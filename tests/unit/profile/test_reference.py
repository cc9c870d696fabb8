"""Every example of the reference, ``docs/reference/profile.md``, does what the page says."""

import re
from pathlib import Path

import pytest

from nipsys.cli.render.problems import format_problems
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import Profile
from nipsys.profile import read_profile

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "profile.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```(\w+)( wrong)?\n(.*?)^```$", PAGE)
BESIDE = {
    "base.kdl": 'source "debian" suite="trixie"\npackages { nano; }\n',
    "dotfiles/gitconfig": "",
    "dotfiles/netrc": "",
}


def reads(name: str, body: str, host: str | None = None) -> Profile:
    files = {**BESIDE, name: body}
    return read_profile(name, lambda path: files[path].encode(), host=host, arch="x86_64")


RIGHT = [(language, body) for language, wrong, body in BLOCKS if language in {"kdl", "toml"} and not wrong]


@pytest.mark.parametrize(("language", "body"), RIGHT, ids=[f"{language}-{number}" for number, (language, _) in enumerate(RIGHT)])
def test_the_examples_are_profiles(language: str, body: str) -> None:
    assert reads(f"p.{language}", body) != reads("p.kdl", "")


def test_the_first_examples_of_both_formats_are_equal() -> None:
    assert reads("p.kdl", RIGHT[0][1]) == reads("p.toml", RIGHT[1][1])


@pytest.mark.parametrize("part", ["variants {", "files {"])
def test_both_formats_give_the_same_profile(part: str) -> None:
    at = next(number for number, (_, body) in enumerate(RIGHT) if body.startswith(part))
    assert reads("p.kdl", RIGHT[at][1]) == reads("p.toml", RIGHT[at + 1][1])


def test_the_layers_do_what_the_page_says() -> None:
    body = next(body for _, body in RIGHT if body.startswith("include"))
    assert [request.name for request in reads("p.kdl", body).requests] == ["vim"]
    assert [request.name for request in reads("p.kdl", body, host="proxy").requests] == ["nginx", "vim"]


def test_errors_look_as_shown() -> None:
    (wrong,) = [body for _, mark, body in BLOCKS if mark]
    (shown,) = [body for language, _, body in BLOCKS if language == "text"]
    with pytest.raises(Rejected) as caught:
        reads("p.kdl", wrong)
    assert format_problems(caught.value.problems, colour=False) == shown
