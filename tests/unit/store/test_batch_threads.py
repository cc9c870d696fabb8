"""What the threads of a batch must not lose: an error of an early sync, the order of the answers, an interrupt."""

import errno
import io
import os
import pathlib
import tarfile
import threading

import pytest

from nipsys.effects.disk.port import RealDisk
from nipsys.effects.threads.pool import Pool
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


def test_an_early_sync_that_fails_is_not_committed_over(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        names = batch.commit()
    assert [name.name for name in names] == [f"p{number}" for number in range(20)]
    first = seen.index("rename")
    assert "sync" in seen[:first]
    last = max(place for place, what in enumerate(seen[:first]) if what == "sync")
    assert "perform" not in seen[last:first]


def test_a_crew_answers_in_order_and_raises_what_went_wrong() -> None:
    crew, before = Pool(3), set(threading.enumerate())
    tasks = [crew.submit(lambda number=number: 60 // number) for number in (1, 2, 0, 3)]
    assert [tasks[place].result() for place in (0, 1, 3)] == [60, 30, 20]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            tasks[2].result()
    crew.shutdown()
    assert set(threading.enumerate()) <= before
    assert crew.submit(lambda: 5).result() == 5
    crew.shutdown()


def test_a_crew_that_is_dismissed_begins_nothing_more() -> None:
    crew, gate, begun = Pool(1), threading.Event(), list[int]()
    crew.submit(lambda: gate.wait(10))
    for number in range(5):
        crew.submit(lambda number=number: begun.append(number))
    threading.Timer(0.05, gate.set).start()
    crew.shutdown()
    assert begun == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupt_while_a_thread_starts_can_be_cleared_away(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Whoever clears away must neither stumble over the thread nor find that what was never handed over is done all the same."""
    start, done = threading.Thread.start, list[int]()

    def interrupted(thread: threading.Thread) -> None:
        if moment == "after":
            start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    crew = Pool(1)
    with pytest.raises(KeyboardInterrupt):
        crew.submit(lambda: done.append(1))
    crew.shutdown()
    assert done == []


def test_an_interrupt_reaches_the_caller_at_once() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pool(0).submit(interrupted)


@pytest.mark.parametrize("workers", [1, 2])
def test_wrong_bytes_are_told_once_with_whose_they_are_and_where_they_came_from(tmp_path: pathlib.Path, workers: int) -> None:
    store = Store(str(tmp_path / "root"))
    spoilt = io.BytesIO(archive("one").getvalue()[:700])
    with store.open_batch(workers=workers) as batch:
        batch.put(spoilt, UnpackSpec("tar"), "one", "1", "sha256:0", origin="https://mirror.example/one.tar")
        with pytest.raises(Rejected) as caught, translate_errors("the root `/r`"):  # as `apply` does
            batch.commit()
    (problem,) = caught.value.problems
    assert problem.notes[0] == "in the artifact of `one 1`, fetched from `https://mirror.example/one.tar`"
    assert sum("in the artifact of" in note for note in problem.notes) == 1
