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
_ENCRYPTED = 1


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
    name = info.orig_filename.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
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


def _read_data(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    try:
        with archive.open(info) as opened:
            while part := opened.read(_PART):
                meter.count_output(len(part), meter.packed)
                yield part
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise reject_damaged(f"member `{info.filename}` is broken", str(error)) from error


READERS = {"zip": read_members}
