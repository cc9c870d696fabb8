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
