"""Indexes in archives: every compression, every truncation, and bombs."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable

import pytest
import zstandard

from nipsys.sources.common import archives
from nipsys.sources.common.archives import DamagedData, iter_tar_files, split_gzip_members, unpack

TEXT = b"".join(b"line %d of a text that packs well\n" % number for number in range(4000))
PACKINGS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "zst": zstandard.compress}


@pytest.mark.parametrize("name", PACKINGS)
def test_every_compression_is_read(name: str) -> None:
    assert unpack(PACKINGS[name](TEXT), len(TEXT)) == TEXT
    assert unpack(TEXT, len(TEXT)) == TEXT


@pytest.mark.parametrize("name", PACKINGS)
def test_the_size_limit_holds(name: str) -> None:
    with pytest.raises(DamagedData):
        unpack(PACKINGS[name](TEXT), len(TEXT) - 1)
    with pytest.raises(DamagedData):
        unpack(PACKINGS[name](bytes(64 << 20)), 1 << 20)
    with pytest.raises(DamagedData):
        unpack(TEXT, 10)


@pytest.mark.parametrize("name", PACKINGS)
def test_every_truncation_is_detected(name: str) -> None:
    whole = PACKINGS[name](TEXT)
    for length in (7, len(whole) // 3, len(whole) - 9, len(whole) - 1):
        with pytest.raises(DamagedData):
            unpack(whole[:length], 1 << 20)


@pytest.mark.parametrize("name", PACKINGS)
def test_concatenated_streams_are_one_text(name: str) -> None:
    pack = PACKINGS[name]
    assert unpack(pack(b"one ") + pack(b"two"), 7) == b"one two"
    assert unpack(pack(TEXT) + bytes(512) + pack(b"two") + bytes(1024), len(TEXT) + 3) == TEXT + b"two"
    with pytest.raises(DamagedData):
        unpack(pack(b"one ") + pack(b"two"), 6)


@pytest.mark.parametrize("name", PACKINGS)
def test_rubbish_after_a_stream_is_refused(name: str) -> None:
    for rubbish in (b"rubbish", b"\0\0rubbish", PACKINGS[name](b"cut")[:-3]):
        with pytest.raises(DamagedData):
            unpack(PACKINGS[name](TEXT) + rubbish, 1 << 20)


def calls(count: int) -> int:
    """Return how many bytes the decompressor was given for a file of so many members: work that does not depend on the machine's load."""
    given = 0

    class Counted:
        def __init__(self) -> None:
            self.inner = zlib.decompressobj(31)

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal given
            given += len(data)
            return self.inner.decompress(data, most)

    packing = archives._Packing(Counted, (zlib.error,))  # type: ignore[arg-type]
    data = gzip.compress(b"") * count + gzip.compress(TEXT) * 3
    assert len(list(archives._iter_streams(data, packing, 1 << 20, padded=False))) == count + 3
    return given


def test_many_empty_members_take_time_in_proportion() -> None:
    """What follows a member was copied for each: 100,000 empty members took 8 s."""
    assert calls(20_000) < 2.1 * calls(10_000)
    assert split_gzip_members(gzip.compress(b"") * 100_000, 10)[99_999][1] == b""


def test_gzip_members_are_split() -> None:
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


def test_a_truncated_or_invalid_tar_is_refused() -> None:
    data = tar()
    for length in (600, 1100, 2000):
        with pytest.raises(DamagedData):
            list(iter_tar_files(data[:length]))
    for text in (b"<html>" * 200, b"\0" * 400 + b"x" * 400, b"name" + bytes(120) + b"12zz" + bytes(500)):
        with pytest.raises(DamagedData):
            list(iter_tar_files(text))
