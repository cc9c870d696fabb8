"""Wheels: a zip archive whose RECORD lists a digest for every member, installed where the interpreter looks (PEP 427)."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.effects.disk import Buffer
from nipsys.model import make_hasher
from nipsys.model.package import UnpackSpec
from nipsys.sources.pypi import Wheel, build_stubs, find_dist_info, locate_member, read_wheel, rewrite_script
from nipsys.store.formats import zip as zips
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import Pipeline

_TEXT = 16 << 20
"""Bytes of one of the wheel's metadata files; RECORD is the longest."""
_SCRIPT = 4 << 20
"""Bytes of one script."""


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, _pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members at their installed paths, each verified against its digest, and a script for every entry point.

    ``container.settings``: ``python`` (``3.11``), where it is found (``interpreter``: ``path`` or ``profile``), and ``name`` and
    ``version`` that the wheel must have.
    """
    settings = dict(container.settings)
    python, origin = settings["python"], settings.get("interpreter", "path")
    wheel = _read_wheel(stream, settings)
    left = dict(wheel.record)
    unlisted = {f"{wheel.dist_info}/{name}" for name in ("RECORD", "RECORD.jws", "RECORD.p7s")}
    stream.seek(0)
    for member in zips.read_members(stream, container, limits):
        path = _place_of(member, wheel, python)
        if member.kind == "directory":
            if path is not None:
                yield member._replace(path=path)
            continue
        digest = left.pop(member.path, None)
        if digest is None and member.path not in unlisted:
            raise reject_hostile(member.path, "is not listed in the wheel's RECORD")
        if path is None or member.kind != "file":
            raise reject_hostile(member.path, "does not belong in a wheel")
        checked = member._replace(path=path, data=_check_digest(member, digest) if digest else member.data)
        yield (
            _rewrite_script(checked, python, origin)
            if path.startswith("bin/") and member.path.startswith(f"{wheel.data_directory}/scripts/")
            else checked
        )
    if left:
        raise reject_damaged(f"`{min(left)}` is listed in the wheel's RECORD but missing")
    for path, text in build_stubs(wheel, python, origin):
        yield Member(path, "file", len(text), 0o755, 0, "", (text,), role="added")


def _read_wheel(stream: BinaryIO, settings: dict[str, str]) -> Wheel:
    try:
        with zipfile.ZipFile(stream) as archive:
            info = find_dist_info(archive.namelist())
            wheel, record, entries = (_read_text(archive, f"{info}/{name}") for name in ("WHEEL", "RECORD", "entry_points.txt"))
        return read_wheel(info, wheel, record, entries, name=settings.get("name", ""), version=settings.get("version", ""))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as fault:
        raise reject_damaged("the archive is not a valid wheel", str(fault)) from fault
    except ValueError as fault:
        raise reject_damaged(f"the wheel is invalid: {fault}") from fault


def _read_text(archive: zipfile.ZipFile, name: str) -> str:
    try:
        info = archive.getinfo(name)
    except KeyError:
        if name.endswith("entry_points.txt"):
            return ""
        raise ValueError(f"it has no `{name}`") from None
    if info.file_size > _TEXT:
        raise ValueError(f"its `{name}` is too large")
    with archive.open(info) as file:
        return file.read(_TEXT + 1).decode("utf-8", "surrogateescape")


def _place_of(member: Member, wheel: Wheel, python: str) -> str | None:
    try:
        return locate_member(member.path, wheel, python)
    except ValueError as fault:
        raise reject_hostile(member.path, "does not belong in a wheel", str(fault)) from fault


def _check_digest(member: Member, digest: str) -> Iterator[Buffer]:
    algorithm, _, wanted = digest.partition(":")
    have = make_hasher(algorithm)
    for part in member.data:
        have.update(memoryview(part))
        yield part
    if have.hexdigest() != wanted:
        raise reject_damaged(
            f"member `{member.path}` does not match the wheel's RECORD", f"expected {digest}", f"found {algorithm}:{have.hexdigest()}"
        )


def _rewrite_script(member: Member, python: str, origin: str) -> Member:
    """Point a script of the wheel to its interpreter."""
    if member.size > _SCRIPT:
        return member._replace(mode=0o755)
    text = rewrite_script(b"".join(map(bytes, member.data)), python, origin)
    return member._replace(mode=0o755, size=len(text), data=(text,))


READERS = {"wheel": read_members}
