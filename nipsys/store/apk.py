"""Alpine packages, version 2: gzip streams one after the other (signature, control, data) that together are one tar archive.

Format: https://wiki.alpinelinux.org/wiki/Apk_spec. Top files beginning with a dot are the package's own metadata.
"""

from collections.abc import Iterator
from typing import BinaryIO

from nipsys.model.container import Container
from nipsys.store import tar
from nipsys.store.compression import opened
from nipsys.store.member import Limits, Member, damaged
from nipsys.store.window import Window


def members(stream: BinaryIO, _container: Container, limits: Limits) -> Iterator[Member]:
    """Give the payload as it stands and the metadata below ``.package/``."""
    read, meter = opened(stream.read, limits, "the package")
    described = False
    for member in tar.members(Window(read, "the package"), limits, meter, joined=True):
        path = member.path.removeprefix("./")
        own = path.startswith(".") and "/" not in path
        described = described or path == ".PKGINFO"
        yield member._replace(role="metadata") if own else member
    if not described:
        raise damaged("the package has no `.PKGINFO`")


READERS = {"apk": members}
