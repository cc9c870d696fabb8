"""A Release file: its dates and the digests of its lists."""

import pytest

from nipsys.sources.debian.release import read_release


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Fri, 20 Nov 2026 20:00:00 UTC", "2026-11-20T20:00:00Z"),
        ("Sun,  1 Feb 2026  1:02:03 +0000", "2026-02-01T01:02:03Z"),
        ("20 Nov 2026 20:00:00 GMT", "2026-11-20T20:00:00Z"),
    ],
)
def test_dates_of_a_release_file_are_read(date: str, read: str) -> None:
    assert read_release(f"Date: {date}\nSHA256:\n {'0' * 64} 1 x\n").date == read


@pytest.mark.parametrize("text", ["", "Suite: x\n", "Date: yesterday\nSHA256:\n " + "0" * 64 + " 1 x\n", "SHA256:\n short 1 x\n"])
def test_an_invalid_release_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_release(text)


def test_sha512_is_used_where_sha256_is_missing() -> None:
    assert read_release(f"SHA512:\n {'0' * 128} 1 x\n").files["x"].digest == "sha512:" + "0" * 128


@pytest.mark.parametrize("digest", ["g" * 64, "0" * 63, "A" * 64, "0" * 63 + " "])
def test_what_is_not_a_digest_does_not_list_a_file(digest: str) -> None:
    text = f"SHA256:\n {digest} 1 wrong\n {'0' * 64} 1 right\n"
    assert list(read_release(text).files) == ["right"]


FILE = f"SHA256:\n {'0' * 64} 1 x\n"


@pytest.mark.parametrize(
    ("fields", "separate"),
    [
        ("", False),
        ("Architectures: amd64\n", False),
        ("Architectures: amd64 all\n", True),
        ("Architectures: amd64 all\nNo-Support-for-Architecture-all: Packages\n", False),
        ("Architectures: amd64\nNo-Support-for-Architecture-all: Packages\n", False),
        ("Architectures: amd64 all\nNo-Support-for-Architecture-all: Contents\n", True),
    ],
)
def test_lists_of_architecture_all_are_separate_if_they_exist_and_are_supported(fields: str, separate: bool) -> None:
    assert read_release(fields + FILE).separate_all == separate


@pytest.mark.parametrize(("fields", "by_hash"), [("", False), ("Acquire-By-Hash: no\n", False), ("Acquire-By-Hash: Yes\n", True)])
def test_lists_are_fetched_by_digest_if_the_release_file_allows_it(fields: str, by_hash: bool) -> None:
    assert read_release(fields + FILE).by_hash == by_hash
