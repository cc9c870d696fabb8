"""How long a pacman database of Arch's size takes to read: CPU seconds, best of five; the bar is 1 s for 14,000 packages.

Run: python benchmarks/sources/pacman_sync.py [packages]
"""

import io
import sys
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

from nipsys.app.sync.indexes import sync_names
from nipsys.effects.web.fetcher import Fetcher
from nipsys.index import write_index
from nipsys.model.host import HostFacts
from nipsys.model.package.record import SourceRecords
from nipsys.model.package.resource import Resource
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.pacman.source import open_source


def database(count: int) -> bytes:
    """Make a database whose entries are as long as Arch's are (about 1.1 KB, six dependencies)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(count):
            name, version = f"package-{number:05}", f"{number % 9}.{number % 17}.{number % 5}-1"
            others = [f"package-{number * step % count:05}" for step in (3, 5, 7, 11)]
            fields = {
                "FILENAME": f"{name}-{version}-x86_64.pkg.tar.zst", "NAME": name, "BASE": name, "VERSION": version,
                "DESC": "A program that does one thing and does it well enough for a benchmark", "CSIZE": str(number * 97 + 1000),
                "ISIZE": str(number * 300 + 5000), "SHA256SUM": f"{number:064x}", "PGPSIG": "iHUEABYKAB0WIQ" + f"{number:0154d}",
                "URL": f"https://example.org/{name}", "LICENSE": "GPL", "ARCH": "x86_64", "BUILDDATE": str(1_700_000_000 + number),
                "PACKAGER": "Some Body <some@example.org>", "PROVIDES": f"lib{name}.so=1-64",
                "DEPENDS": "\n".join((*others, f"glibc>=2.{number % 40}", f"libpackage-{number // 2:05}.so=1-64")),
                "OPTDEPENDS": f"package-{number * 13 % count:05}: for more", "MAKEDEPENDS": "git\nmeson",
            }  # fmt: skip
            text = "".join(f"%{key}%\n{value}\n\n" for key, value in fields.items()).encode()
            directory = tarfile.TarInfo(f"{name}-{version}/")
            directory.type = tarfile.DIRTYPE
            archive.addfile(directory)
            entry = tarfile.TarInfo(f"{name}-{version}/desc")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(file.getvalue()) + packer.flush()


def main() -> None:
    """Read, then read and index."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 14_000
    packed = database(count)
    source = open_source(
        SourceSpec("arch", "pacman", settings=(("mirror", "http://localhost/$repo"), ("signatures", "none"))), HostFacts(), ""
    )
    resource = Resource("database:core", ("http://localhost/core/core.db",), 1 << 30)
    reads, indexes = [], []
    for _ in range(5):
        start = time.process_time()
        page = source.read(resource, io.BytesIO(packed))
        records = list(page.records)
        reads.append(time.process_time() - start)
        assert page.snapshot is not None
        assert len(records) == count
        write_index(SourceRecords(page.snapshot, source.dialect, records), io.BytesIO())
        indexes.append(time.process_time() - start)
    print(f"{count} packages, {len(packed)} bytes: read {min(reads):.2f} s, read and indexed {min(indexes):.2f} s of CPU")
    print(f"a whole sync (fetch from file://, check, read, index, commit): {min(whole(packed) for _ in range(5)):.2f} s of CPU")


def whole(packed: bytes) -> float:
    """Return the CPU seconds of a first sync of one repository."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "core.db").write_bytes(packed)
        settings = (("mirror", f"file://{directory}"), ("repos", "core"), ("signatures", "none"))
        start = time.process_time()
        synced = sync_names(
            open_source(SourceSpec("arch", "pacman", settings=settings), HostFacts(), ""), (), Fetcher(), f"{directory}/indexes"
        )
        with Path(directory, "universe").open("wb") as file:
            write_index(synced.to_batch(), file)
        synced.commit()
        return time.process_time() - start


if __name__ == "__main__":
    main()
