"""Unpacking indexes: every packing, every cut, and bombs."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable

import pytest
import zstandard

from nipsys.sources.common.archives import DamagedData, iter_tar_files, split_gzip_members, unpack

TEXT = b"".join(b"line %d of a text that packs well\n" % number for number in range(4000))
PACKINGS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "zst": zstandard.compress}


@pytest.mark.parametrize("name", PACKINGS)
def test_what_was_packed_comes_out(name: str) -> None:
    assert unpack(PACKINGS[name](TEXT), len(TEXT)) == TEXT
    assert unpack(TEXT, len(TEXT)) == TEXT


@pytest.mark.parametrize("name", PACKINGS)
def test_a_limit_holds(name: str) -> None:
    with pytest.raises(DamagedData):
        unpack(PACKINGS[name](TEXT), len(TEXT) - 1)
    with pytest.raises(DamagedData):
        unpack(PACKINGS[name](bytes(64 << 20)), 1 << 20)
    with pytest.raises(DamagedData):
        unpack(TEXT, 10)


@pytest.mark.parametrize("name", PACKINGS)
def test_every_cut_is_found_out(name: str) -> None:
    whole = PACKINGS[name](TEXT)
    for length in (7, len(whole) // 3, len(whole) - 9, len(whole) - 1):
        with pytest.raises(DamagedData):
            unpack(whole[:length], 1 << 20)


def test_concatenated_gzip_members_are_one_text() -> None:
    assert unpack(gzip.compress(b"one ") + gzip.compress(b"two"), 100) == b"one two"
    assert unpack(zstandard.compress(b"one ") + zstandard.compress(b"two"), 100) == b"one two"
    raw = [gzip.compress(b"one "), gzip.compress(b"two")]
    assert split_gzip_members(b"".join(raw), 100) == [(raw[0], b"one "), (raw[1], b"two")]


def tar(count: int = 3) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"d{number}/file")
            info.size = 600
            archive.addfile(info, io.BytesIO(b"%d" % number * 600))
    return out.getvalue()


def test_files_of_a_tar_are_found_in_place() -> None:
    data = tar()
    assert [(path, data[start:end]) for path, start, end in iter_tar_files(data)] == [
        (f"d{number}/file", b"%d" % number * 600) for number in range(3)
    ]


def test_a_tar_cut_short_or_none_at_all_is_refused() -> None:
    data = tar()
    for length in (600, 1100, 2000):
        with pytest.raises(DamagedData):
            list(iter_tar_files(data[:length]))
    for text in (b"<html>" * 200, b"\0" * 400 + b"x" * 400, b"name" + bytes(120) + b"12zz" + bytes(500)):
        with pytest.raises(DamagedData):
            list(iter_tar_files(text))
