"""What is put together by hand is what JSON writes, whatever a name holds."""

from hypothesis import example, given
from hypothesis import strategies as some

from nipsys.model.digest import to_canonical_json
from nipsys.model.system.tree import Directory, File, Link, Tree, TreeName
from nipsys.store.artifacts import encode_record

NAMES = some.binary(min_size=1, max_size=8).map(lambda name: name.translate(None, b"/\0").decode("utf-8", "surrogateescape") or "x")
"""As a file system gives them: any bytes but two."""


@given(NAMES, NAMES)
@example('a"b', "c\\d")
@example('a"b', "c")
@example("a", "c\\d")
@example("caf\u00e9", "\udce9")
@example("a\tb", "c\x7fd")
def test_a_manifest_is_the_json_of_its_rows_and_reads_back(one: str, two: str) -> None:
    digest = "0" * 64
    tree = Tree((File(one, digest, 1, True, 7), Link(two, one), Directory(f"{one}/{two}")))
    rows = (["f", one, digest, 1, True, 7], ["l", two, one], ["d", f"{one}/{two}"])
    assert tree.to_text() == b"".join(to_canonical_json(row) + b"\n" for row in rows)
    assert Tree.parse(tree.to_text()) == tree


@given(NAMES, NAMES)
@example('a"b', "c\\d")
@example("a", 'c"d')
def test_a_record_is_the_json_of_its_fields(one: str, two: str) -> None:
    assert encode_record(TreeName("blake3:0", one, "1"), (two, one)) == to_canonical_json(["blake3:0", one, "1", [two, one]])
    assert encode_record(TreeName("blake3:0", one, two)) == to_canonical_json(["blake3:0", one, two])
