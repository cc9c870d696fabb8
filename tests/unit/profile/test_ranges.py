"""Version ranges as the profile reads them: structure here, order of versions in the dialects."""

import pytest

from nipsys.model.package import Atom
from nipsys.model.problem import Rejected
from nipsys.model.system import ANY_VERSION, VersionRange
from nipsys.profile import parse_range, read_profile, require_range


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("", ()),
        ("*", ()),
        ("1.2", (Atom("", "=", "1.2"),)),
        (">=9", (Atom("", ">=", "9"),)),
        (">= 9, < 10", (Atom("", ">=", "9"), Atom("", "<", "10"))),
        (">=9 <10", (Atom("", ">=", "9"), Atom("", "<", "10"))),
        ("<<9", (Atom("", "<", "9"),)),
        ("==1", (Atom("", "=", "1"),)),
        ("=1:2.3~rc1-4+b1", (Atom("", "=", "1:2.3~rc1-4+b1"),)),
    ],
)
def test_a_range_is_read_as_comparisons(text: str, atoms: tuple[Atom, ...]) -> None:
    assert parse_range(text).comparisons == atoms


@pytest.mark.parametrize(
    "text",
    [
        "^1.2",
        "~1.2",
        "<~1.2",
        "~=1.2",
        "~>1.2",
        "===1",
        "==1.*",
        "1.*",
        "=1.2*",
        "1!2.0",
        ">=1<2",
        ">=1,",
        "1 2",
        "1 - 2",
        "1 || 2",
        "^1 <2 || >= 3",
    ],
)
def test_a_range_of_one_ecosystem_is_left_to_its_dialect(text: str) -> None:
    assert parse_range(text).comparisons == (Atom("", "in", text),)


@pytest.mark.parametrize(
    "text", [">=>=2", "=>1", "><1", "1,,2", ",1", "!1", "1|2", "1 ||", "1 & 2", ">=", "^", "1 <", "a b $", "=~1", "1 - - 2"]
)
def test_a_range_that_no_source_can_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version range"):
        parse_range(text)
    with pytest.raises(Rejected) as caught:
        require_range(text)
    assert caught.value.kind == "request"


def test_a_range_keeps_its_text_and_its_place() -> None:
    text = 'source "debian" suite="trixie"\npackages {\n    git ">= 2, < 3" +x\n    jq "*"\n}'
    git, jq = read_profile("p.kdl", lambda _: text.encode(), arch="x86_64").requests
    assert (git.range.text, str(git.range.span), git.range.span and git.range.span.length) == (">= 2, < 3", "p.kdl:3:9", 11)
    assert jq.range == ANY_VERSION


def test_ranges_are_equal_by_their_text() -> None:
    assert VersionRange.exactly("1.*") == VersionRange("=1.*")
    assert VersionRange.exactly("1.*").comparisons == (Atom("", "=", "1.*"),)
    assert parse_range(">=1") != parse_range(">= 1")
