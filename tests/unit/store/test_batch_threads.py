"""The threads of a batch: errors of early syncs are kept, and every tree is synced before it gets its name."""

import errno
import io
import os
import pathlib
import tarfile

import pytest

from nipsys.effects.disk import RealDisk
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.errors import translate_errors
from nipsys.store.ingest import writeback as ahead
from nipsys.store.trees import Store


def archive(name: str, size: int = 5000) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packing:
        made = tarfile.TarInfo(name)
        made.size = size
        packing.addfile(made, io.BytesIO(name.encode() * (size // len(name)) + name.encode()[: size % len(name)]))
    return io.BytesIO(out.getvalue())


class Once(RealDisk):
    """A disk whose first sync fails; the kernel tells of such an error only once."""

    syncs = 0

    def sync(self) -> None:
        self.syncs += 1
        if self.syncs == 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync()


def test_a_failed_early_sync_fails_the_commit(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_ENOUGH", 1)
    disk = Once(str(tmp_path / "root"), create=True)
    store = Store(str(tmp_path / "root"), disk)
    with store.open_batch(workers=2) as batch:
        batch.put(archive("one"), UnpackSpec("tar"), "one", "1")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert caught.value.problems[0].code == "disk-error"
    assert store.list_directories() == ()
    with store.open_batch(workers=2) as batch:
        batch.put(archive("one"), UnpackSpec("tar"), "one", "1")
        batch.commit()
    assert len(store.list_directories()) == 1


def test_every_tree_is_synced_before_it_gets_its_name(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An early sync does not stand in for the one that counts."""
    monkeypatch.setattr(ahead, "_ENOUGH", 1)
    seen: list[str] = []

    class Watched(RealDisk):
        def sync(self) -> None:
            seen.append("sync")
            super().sync()

        def rename(self, source: str, path: str) -> None:
            seen.append("rename")
            super().rename(source, path)

        def perform(self, *given: object) -> None:  # type: ignore[override]
            seen.append("perform")
            super().perform(*given)  # type: ignore[arg-type]

        def open_directory(self, path: str) -> "Watched":
            inner = Watched(f"{self.path}/{path}")
            inner.path = f"{self.path}/{path}"
            return inner

    store = Store(str(tmp_path / "root"), Watched(str(tmp_path / "root"), create=True))
    with store.open_batch(workers=2) as batch:
        for number in range(20):
            batch.put(archive(f"name{number}"), UnpackSpec("tar"), f"p{number}", "1")
        names = [name for name, _ in batch.commit()]
    assert [name.name for name in names] == [f"p{number}" for number in range(20)]
    first = seen.index("rename")
    assert "sync" in seen[:first]
    last = max(place for place, what in enumerate(seen[:first]) if what == "sync")
    assert "perform" not in seen[last:first]


@pytest.mark.parametrize("workers", [1, 2])
def test_wrong_bytes_are_reported_once_with_package_and_address(tmp_path: pathlib.Path, workers: int) -> None:
    store = Store(str(tmp_path / "root"))
    spoilt = io.BytesIO(archive("one").getvalue()[:700])
    with store.open_batch(workers=workers) as batch:
        batch.put(spoilt, UnpackSpec("tar"), "one", "1", "sha256:0", origin="https://mirror.example/one.tar")
        with pytest.raises(Rejected) as caught, translate_errors("the root `/r`"):  # as `apply` does
            batch.commit()
    (problem,) = caught.value.problems
    assert problem.notes[0] == "in the artifact of `one 1`, fetched from `https://mirror.example/one.tar`"
    assert sum("in the artifact of" in note for note in problem.notes) == 1
