"""The manifest: canonical JSON that reads back as the same system."""

import pytest
from toy_systems import system

from nipsys.generation.manifest import format_system, parse_system
from nipsys.model.digest import blake3_of, to_canonical_json
from nipsys.model.system.generation import FarmLink, PlacedPackage, Stub, System, WorldView


def test_a_manifest_is_canonical_json_and_reads_back() -> None:
    whole = System(
        "p", "d", "l", "x86_64", (PlacedPackage("s/n", "n", "1", "t", "d", True),), (WorldView("s", "k", "d", "view"),),
        (Stub("n", "s", "/usr/bin/n", "s/n"),), (FarmLink("Links/a", "b"),), (("A", "ü"),), (("~/x", "blake3:1", 420),), (("s", "run", ("a",)),),
    )  # fmt: skip
    assert format_system(whole) == to_canonical_json(whole.to_dict())
    assert blake3_of(format_system(whole)) == whole.digest()
    assert parse_system(format_system(whole)) == whole


@pytest.mark.parametrize(
    "odd", ["plain", 'quo"te', "back\\slash", "new\nline", "tab\t", "\x7f", "ü", "\u2028", "", '","', '"],["', "\udcff"]
)
def test_links_are_written_as_json_writes_them(odd: str) -> None:
    for links in ((("a", "b"), ("c", odd)), ((odd, "b"),), ((odd, odd), (odd, odd)), ()):
        assert format_system(system(*links)) == to_canonical_json(system(*links).to_dict())
        assert parse_system(format_system(system(*links))) == system(*links)
