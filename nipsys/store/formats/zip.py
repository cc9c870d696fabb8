"""Zip archives, such as wheels. The stream must be seekable, because the central directory is at the end (PKWARE APPNOTE 6.3)."""

import calendar
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.package import UnpackSpec
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import Meter, Pipeline

_PART = 1 << 20
_ENCRYPTED, _UTF8 = 1, 1 << 11
_UNICODE_PATH = 0x7075
_UNIX = 3
"""Made by a Unix program."""


def read_members(stream: BinaryIO, _container: UnpackSpec, limits: Limits, _pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members in the order of the central directory, each verified against its CRC."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise reject_damaged("the archive is not a valid zip file", str(error)) from error
    meter = Meter(stream.read, limits)
    with archive:
        meter.packed = stream.seek(0, 2)
        for info in archive.infolist():
            meter.member = info.filename
            yield _to_member(archive, info, meter)


def _to_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Member:
    mode = info.external_attr >> 16
    if info.flag_bits & _ENCRYPTED:
        raise reject_hostile(info.filename, "is encrypted")
    try:
        mtime = calendar.timegm((*info.date_time, 0, 0, 0))
    except ValueError:
        mtime = 0
    name = _read_name(info)
    if info.is_dir():
        return Member(name, "directory", mtime=mtime)
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        if info.file_size > 4095:
            raise reject_hostile(name, "has an invalid link target")
        target = b"".join(_read_data(archive, info, meter)).decode("utf-8", "surrogateescape")
        return Member(name, "link", 0, 0o777, mtime, target)
    if kind not in (0, stat.S_IFREG):
        return Member(name, "other")
    return Member(name, "file", info.file_size, mode & 0o7777 or 0o644, mtime, "", _read_data(archive, info, meter))


def _read_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: UTF-8 when flagged, or from an extra field that fits the name (APPNOTE 4.4.4 and 4.6.9).

    Otherwise it is what a Unix program wrote, byte for byte as in ``unzip``, or in code page 437 (APPNOTE, appendix D).
    """
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    for kind, data in _iter_extra_fields(info.extra):
        if kind == _UNICODE_PATH and data[:5] == b"\x01" + zlib.crc32(raw).to_bytes(4, "little"):
            return data[5:].decode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape") if info.create_system == _UNIX else info.orig_filename


def _iter_extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, data) of the extra fields of a member, whose sizes ``zipfile`` has checked."""
    while len(extra) >= 4:
        kind, end = int.from_bytes(extra[:2], "little"), 4 + int.from_bytes(extra[2:4], "little")
        yield kind, extra[4:end]
        extra = extra[end:]


def _read_data(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    try:
        with archive.open(info) as opened:
            while part := opened.read(_PART):
                meter.count_output(len(part), meter.packed)
                yield part
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise reject_damaged(f"member `{info.filename}` is broken", str(error)) from error


READERS = {"zip": read_members}
