"""The index returns what a source wrote, resolves dependencies, finds names, and refuses damage."""

import io
import random

import pytest
from toy_world import ToyDialect, index_bytes

from nipsys.index import DamagedIndex, Index, write_index
from nipsys.index.flags import FlagRequest, format_flag, has_values, parse_flag_requests, parse_flag_values
from nipsys.model.package.record import PackageRecord, Snapshot, SourceRecords

VIM = PackageRecord(
    "vim", "9.1", "amd64", ("libc >= 2", "gpm | mouse"), ("ctags",), ("editor", "vi=9"), ("vim-old",), "pool/vim.deb", 12, "sha256:" + "a" * 64, "deb",
    "Vi IMproved", essential=False, flags=("+python", "-X"), facts=(("source", "vim"), ("suite", "sid")),
)  # fmt: skip
LIBC = PackageRecord("libc", "2.41", "", essential=True, summary="C library", facts=(("suite", "sid"),))


def opened(*records: PackageRecord) -> Index:
    return Index(index_bytes(records))


def test_a_record_reads_back_as_it_was() -> None:
    index = opened(LIBC, VIM)
    assert index.record(index.candidates("vim")[0]) == VIM
    assert index.record(index.candidates("libc")[0]) == LIBC
    assert index.bare_record(index.candidates("vim")[0]) == VIM._replace(depends=(), recommends=(), conflicts=(), summary="")


def test_hostile_texts_do_not_break_a_row() -> None:
    bad = PackageRecord("x", "1", "", location="a\x1fb\nc", facts=(("k\x1d", "v\x1e\x1f\n"),), summary="two\nlines", provides=("p\x1e",))
    back = opened(bad).record(0)
    assert back.location == "a b c"
    assert len(back.facts) == 1
    assert "\n" not in back.summary


def test_a_long_row_reads_back() -> None:
    long = PackageRecord("x", "1", "", location="d/" * 9000, facts=(("k", "v" * 30000),))
    assert opened(long, VIM).record(1 if long.name > "vim" else 0) == long


def test_candidates_are_newest_first_and_names_sorted() -> None:
    records = [PackageRecord(name, version, "") for name in ("b", "a", "c") for version in ("1", "10", "2")]
    random.Random(1).shuffle(records)
    index = opened(*records)
    assert list(index.all_names()) == ["a", "b", "c"]
    assert [index.version(one) for one in index.candidates("b")] == ["10", "2", "1"]
    assert (index.size, index.names) == (9, 3)


def test_equal_records_are_merged_with_their_suites() -> None:
    one, two = (PackageRecord("a", "1", "", facts=(("suite", suite),), location=suite) for suite in ("sid", "trixie"))
    index = opened(one, two, PackageRecord("a", "1", "", flags=("+x",)))
    assert index.size == 2
    assert index.origins_of(0) == ("sid", "trixie")
    assert index.record(0).location == "sid"


def test_clauses_are_candidates_in_order_of_preference() -> None:
    index = opened(
        PackageRecord("app", "1", "", ("lib >= 2", "mail", "gone", "lib | mail", "no such[")),
        *(PackageRecord("lib", version, "") for version in "123"),
        PackageRecord("exim", "4", "", provides=("mail",), facts=(("priority", "optional"),)),
        PackageRecord("nullmailer", "1", "", provides=("mail",), facts=(("priority", "standard"),)),
    )
    app = index.candidates("app")[0]
    named = [[f"{index.name(one)} {index.version(one)}" for one in index.members(clause)] for clause in index.depends(app)]
    assert named == [["lib 3", "lib 2"], ["nullmailer 1", "exim 4"], [], ["lib 3", "lib 2", "lib 1", "nullmailer 1", "exim 4"], []]
    assert [index.text(clause) for clause in index.depends(app)][4] == "no such["
    assert [(provider.candidate, provider.version) for provider in index.providers("mail")] == [
        (index.candidates("nullmailer")[0], ""),
        (index.candidates("exim")[0], ""),
    ]


def test_invalid_clauses_are_reported() -> None:
    file = io.BytesIO()
    built = write_index(SourceRecords(Snapshot("s", "d"), ToyDialect(), [PackageRecord("a", "1", "", ("!!",))]), file)
    assert built.unreadable == ("!!",)
    assert (built.candidates, built.names, built.clauses) == (1, 1, 1)


def test_search_puts_names_before_summaries() -> None:
    index = opened(
        PackageRecord("ripgrep", "1", "", summary="search files"),
        PackageRecord("grep", "1", "", summary="GNU"),
        PackageRecord("ack", "1", "", summary="a GREP for programmers"),
        PackageRecord("grepcidr", "1", ""),
    )
    assert [index.name_of(number) for number in index.search("grep")] == ["grep", "grepcidr", "ripgrep", "ack"]
    assert [index.name_of(number) for number in index.names_starting("grep")] == ["grep", "grepcidr"]
    assert index.search("zzz") == ()
    assert list(index.names_starting("")) == [0, 1, 2, 3]
    assert index.names_containing("") == ()


def test_names_with_unusual_characters_are_found() -> None:
    names = ["a", "a+b", "a.b", "ä", "z", "libstdc++6"]
    index = opened(*(PackageRecord(name, "1", "") for name in names))
    assert sorted(names) == list(index.all_names())
    assert all(index.version(index.candidates(name)[0]) == "1" for name in names)
    assert not index.candidates("b")
    assert index.find("zz") is None


def test_the_snapshot_is_kept() -> None:
    file = io.BytesIO()
    snapshot = Snapshot("debian", "sha256:12", "2026-01-01T00:00:00Z", (("suite", "sid"),))
    write_index(SourceRecords(snapshot, ToyDialect(), [VIM]), file)
    index = Index(file.getvalue())
    assert index.snapshot == snapshot
    assert index.dialect == "toy"


@pytest.mark.parametrize("cut", [0, 5, 16, 100, -1, -9])
def test_damage_is_refused(cut: int) -> None:
    data = index_bytes([VIM, LIBC])
    with pytest.raises(DamagedIndex):
        Index(data[:cut])


def test_foreign_bytes_are_refused() -> None:
    data = bytearray(index_bytes([VIM]))
    data[0] ^= 1
    with pytest.raises(DamagedIndex):
        Index(bytes(data))
    data[0] ^= 1
    data[-12] ^= 0xFF
    with pytest.raises(DamagedIndex):
        Index(bytes(data))


def test_equal_records_make_equal_bytes() -> None:
    assert index_bytes([VIM, LIBC]) == index_bytes([VIM, LIBC])


def test_an_empty_source_makes_a_valid_index() -> None:
    index = opened()
    assert (index.size, index.names, index.search("a"), list(index.all_names())) == (0, 0, (), [])


def test_flag_values_are_compared_with_requests() -> None:
    held = parse_flag_values(("+a", "-b", "?+c", "?-d", "g=x", "?h=x,y", "plain"))
    assert held == {"a": ("on",), "b": ("off",), "c": ("on", "off"), "d": ("off", "on"), "g": ("x",), "h": ("x", "y"), "plain": ("on",)}
    assert has_values(held, parse_flag_requests(("+a", "-b", "-c", "h=y", "-unknown")))
    assert not has_values(held, parse_flag_requests(("+unknown",)))
    assert not has_values(held, (FlagRequest("g", "y"),))
    assert [format_flag("a", "on"), format_flag("a", "off"), format_flag("g", "x")] == ["+a", "-a", "g=x"]


def test_clauses_that_depend_on_variants_are_separate() -> None:
    index = opened(
        PackageRecord("app", "1", "", ("-ssl | tls", "lib[+x]", "bin[+x]"), flags=("?+ssl",)),
        PackageRecord("tls", "1", ""),
        PackageRecord("lib", "1", "", flags=("?-x",)),
        PackageRecord("bin", "1", "", flags=("+x",)),
        PackageRecord("bin", "2", "", flags=("-x",)),
    )
    one, two, three = index.depends(index.candidates("app")[0])
    own, other = index.alternatives(one) or ()
    assert (own.requests, own.members) == ((FlagRequest("ssl", "off"),), None)
    assert other.members == list(index.candidates("tls"))
    assert index.alternatives(two) is not None
    assert index.alternatives(three) is None
    assert [index.version(member) for member in index.members(three)] == ["1"]
    assert [(index.name_of(name), flag, values) for name, flag, values in index.variants()] == [
        ("app", "ssl", ["on", "off"]),
        ("lib", "x", ["off", "on"]),
    ]
