"""Packages that are one tar archive in any compression, and single files that are not packed."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.package import UnpackSpec
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed


def read_tar(stream: BinaryIO, _container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members of a tar archive in any compression."""
    read, meter = open_decompressed(stream.read, limits, pipeline=pipeline)
    return tar.read_members(BoundedReader(read), limits, meter)


def read_single(stream: BinaryIO, container: UnpackSpec, _limits: Limits, _pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return one unpacked program; its path is the container's ``prefix``."""
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    name = dict(container.settings).get("name", os.path.basename(container.prefix))
    yield Member(name, "file", size, 0o755, 0, "", iter(lambda: stream.read(1 << 20), b""))


READERS = {"tar": read_tar, "file": read_single}
