"""Headers of tar archives, strictly: what two programs could read differently is refused, by the walker in memory and by the store."""

import io
import itertools
import tarfile

import pytest

from nipsys.model.problem import Rejected
from nipsys.sources.common.archives import DamagedData, iter_tar_files
from nipsys.sources.common.tar_header import TarExtensions, parse_tar_header
from nipsys.store.formats import tar
from nipsys.store.member import Limits
from nipsys.store.streams import BoundedReader


def header(name: str = "d/file", **fields: bytes) -> bytes:
    """Return a header with raw bytes in some fields, and the right checksum."""
    places = {"size": (124, 12), "mtime": (136, 12), "mode": (100, 8), "flag": (156, 1), "checksum": (148, 8)}
    info = tarfile.TarInfo(name)
    info.size = 8
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for field, value in fields.items():
        place, width = places[field]
        assert len(value) <= width
        block[place : place + width] = value.ljust(width, b"\0")
    if "checksum" not in fields:
        block[148:156] = b"%06o\0 " % (sum(block[:148]) + 8 * 32 + sum(block[156:512]))
    return bytes(block)


def whole(block: bytes) -> bytes:
    return block + b"x" * 8 + bytes(504) + bytes(1024)


def both(data: bytes) -> tuple[list[tuple[str, bytes]] | str, list[tuple[str, bytes]] | str]:
    """Return the files that the walker and the store find in an archive, or why each refuses it."""
    walked: list[tuple[str, bytes]] | str
    streamed: list[tuple[str, bytes]] | str
    try:
        walked = [(path, data[start:end]) for path, start, end in itertools.islice(iter_tar_files(data), 10)]
    except DamagedData as error:
        walked = str(error)
    try:
        members = tar.read_members(BoundedReader(io.BytesIO(data).read), Limits())
        streamed = [(member.path, b"".join(member.data)) for member in members if member.kind == "file"]
    except Rejected as error:
        streamed = error.problems[0].message
    return walked, streamed


@pytest.mark.parametrize(
    "size",
    [b"00000000010\0", b"         10\0", b"000000000010", b"10 ", b"10\0", b"0000010 \0", b"\x80" + bytes(10) + b"\x08"],
    ids=repr,
)
def test_every_honest_spelling_of_a_size_is_read(size: bytes) -> None:
    walked, streamed = both(whole(header(size=size)))
    assert walked == streamed == [("d/file", b"x" * 8)]


@pytest.mark.parametrize(
    "size",
    [b"-1000\0", b"-10\0", b"\0\0\0\x0010\0", b"\x0010\0", b"1_0\0", b"0o10\0", b"+10\0", b"\t10\0", b"10\n", b"18\0", b"0x8\0", b"1\x000\0", b"9\0"],
    ids=repr,
)  # fmt: skip
def test_a_size_that_int_would_accept_or_two_programs_read_differently_is_refused(size: bytes) -> None:
    """A negative size made the walker go back, for ever."""
    assert both(whole(header(size=size))) == ("the archive has a damaged header",) * 2


def test_a_negative_size_in_base_256_is_refused() -> None:
    assert both(whole(header(size=b"\xff" * 12))) == ("the archive has a member of negative size",) * 2
    assert both(whole(header(size=b"\x80" + b"\xff" * 11))) == ("the archive has an invalid number in a header",) * 2


@pytest.mark.parametrize("field", ["mode", "mtime"])
def test_other_numbers_are_as_strict(field: str) -> None:
    assert both(whole(header(**{field: b"+644\0"}))) == ("the archive has a damaged header",) * 2
    assert both(whole(header(**{field: b""})))[0] == [("d/file", b"x" * 8)]  # an empty field is 0


def test_a_wrong_checksum_is_refused() -> None:
    assert both(whole(header(checksum=b"000001\0 "))) == ("the archive has a damaged header",) * 2


def packed(pax: dict[str, str], name: str = "d/file") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=pax) as archive:
        for number in range(2):
            info = tarfile.TarInfo(f"{name}{number}")
            info.size = 8
            archive.addfile(info, io.BytesIO(b"x" * 8))
    return out.getvalue()


def reference(data: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive if info.isreg()]  # type: ignore[union-attr]


@pytest.mark.parametrize("pax", [{"path": "elsewhere"}, {"comment": "x"}, {"mtime": "12.5"}])
def test_global_records_apply_to_all_members_as_in_the_reference(pax: dict[str, str]) -> None:
    data = packed(pax)
    walked, streamed = both(data)
    assert walked == streamed == reference(data)


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_large_values_are_read_as_in_the_reference(style: int) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for name in ("x" * 300, "é" * 90, "a/" * 60 + "f", "short"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = 3, 1 << 40
            archive.addfile(info, io.BytesIO(b"abc"))
    data = out.getvalue()
    walked, streamed = both(data)
    assert walked == streamed == reference(data)


@pytest.mark.parametrize(
    "records",
    [b"", b"x", b"5 a=b", b"99 a=b\n", b"-5 a=b\n", b"6 a=b\n\n", b"0 a=b\n", b"6 abb\n", b"12 size=--5\n", "11 size=²\n".encode(), b"12 size=1_0\n", b"9 size=\n"],
    ids=repr,
)  # fmt: skip
def test_broken_records_are_refused_and_never_loop(records: bytes) -> None:
    block = header("pax", flag=b"x", size=b"%o\0" % len(records))
    data = block + records + bytes(-len(records) % 512) + whole(header())
    walked, streamed = both(data)
    assert walked == streamed
    assert isinstance(walked, str) is bool(records)


def test_what_is_not_a_file_has_no_data() -> None:
    """A hard link may state the size of its target; a vendor's type has data."""
    link = header("link", flag=b"1", size=b"1000\0")
    assert both(link + whole(header()))[0] == [("d/file", b"x" * 8)]
    vendor = header("vendor", flag=b"Z", size=b"10\0") + b"y" * 8 + bytes(504)
    walked, streamed = both(vendor + whole(header()))
    assert walked == [("d/file", b"x" * 8)]
    assert streamed == "the archive has a member of unknown type 'Z'"


def test_extensions_are_used_once() -> None:
    extensions = TarExtensions()
    extensions.add(parse_tar_header(header("long", flag=b"L", size=b"5\0"), extensions), b"long\0")
    assert parse_tar_header(header(), extensions).path == "long"
    assert parse_tar_header(header(), extensions).path == "d/file"
