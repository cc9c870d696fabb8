"""The threads of one archive: the order of writes, errors, the turn, and what stays open until they are done."""

import gzip
import io
import os
import pathlib
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import pytest

from nipsys.effects.disk import Effect, RealDisk
from nipsys.effects.threads import start_pool
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.ingest import extract as unfold
from nipsys.store.member import Limits
from nipsys.store.streams import compression
from nipsys.store.streams.compression import open_decompressed
from nipsys.store.streams.pipeline import Pipeline
from nipsys.store.trees import Store


def packed(sizes: Sequence[int], cut: int | None = None, broken: int | None = None) -> io.BytesIO:
    """Return a tar.gz of files of such sizes, ended too early after so many packed bytes or with one header spoilt."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packing:
        for number, size in enumerate(sizes):
            made = tarfile.TarInfo(f"d{number % 3}/f{number}")
            made.size = size
            packing.addfile(made, io.BytesIO(os.urandom(size)))
    plain = bytearray(out.getvalue())
    if broken is not None:
        at = plain.index(f"d{broken % 3}/f{broken}".encode())
        plain[at] ^= 1
    whole = gzip.compress(bytes(plain), 1)
    return io.BytesIO(whole[:cut])


class Company:
    """A turn that this thread holds, and threads of whichever kind."""

    def __init__(self, *, threads: bool) -> None:
        self.turn = Lock()
        self.turn.acquire()
        self.crews = (start_pool(1), start_pool(1))
        self.beside = Pipeline(self.turn, *(self.crews if threads else (None, None)))

    def close(self) -> None:
        for crew in self.crews:
            crew.shutdown()


@pytest.fixture(params=[True, False], ids=["threads", "alone"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    made = Company(threads=request.param)
    yield made
    made.close()


def test_writes_keep_their_order_and_return_results(company: Company) -> None:
    done: list[int] = []

    def work(number: int) -> Callable[[], int]:
        def write() -> int:
            time.sleep(0.001 * (5 - number))
            done.append(number)
            return number

        return write

    with company.beside as beside:
        tasks = [beside.write(work(number)) for number in range(5)]
        assert [beside.result(task) for task in tasks] == list(range(5))
    assert done == list(range(5))
    assert company.turn.locked()


def test_leaving_waits_for_all_begun_work_and_ignores_its_errors(company: Company) -> None:
    done: list[str] = []

    def slow() -> None:
        time.sleep(0.05)
        done.append("written")

    def wrong() -> None:
        raise OSError(28, "full")

    def given_up() -> None:
        with company.beside as beside:
            beside.read(wrong)
            beside.write(slow)
            raise KeyError

    with pytest.raises(KeyError):
        given_up()
    assert done == ["written"]
    assert company.turn.locked()


def test_the_turn_is_released_while_waiting_and_taken_back(company: Company) -> None:
    seen: list[str] = []
    gate = threading.Event()

    def other() -> None:
        with company.turn:
            seen.append("other")
        gate.set()

    thread = threading.Thread(target=other)
    thread.start()
    with company.beside as beside:
        task = beside.write(lambda: gate.wait(10))
        assert beside.result(task) is True
        assert seen == ["other"]
        assert company.turn.locked()
    thread.join()


def test_an_error_is_raised_when_the_result_is_read(company: Company) -> None:
    def wrong() -> None:
        raise OSError(5, "broken")

    with company.beside as beside:
        task = beside.write(wrong)
        with pytest.raises(OSError, match="broken"):
            beside.result(task)
    assert company.turn.locked()


def test_only_one_part_is_unpacked_ahead() -> None:
    company = Company(threads=True)
    asked: list[int] = []
    data = io.BytesIO(gzip.compress(os.urandom(6 << 20), 1))

    def read(size: int) -> bytes:
        asked.append(data.tell())
        return data.read(size)

    with company.beside as beside:
        plain, _ = open_decompressed(read, Limits(), pipeline=beside)
        assert plain(1)
        time.sleep(0.2)
        assert max(asked) <= 3 << 20
        while plain(1):
            pass
    assert data.read() == b""
    company.close()


def test_a_bomb_is_reported_with_the_member_it_is_in() -> None:
    company = Company(threads=True)
    bomb = gzip.compress(bytes(64 << 20), 1)
    with company.beside as beside:
        plain, meter = open_decompressed(io.BytesIO(bomb).read, Limits(floor=1 << 20, ratio=10), pipeline=beside)
        meter.member = "the one"
        with pytest.raises(Rejected, match="the one"):
            all(iter(lambda: plain(1), b""))
        assert meter.unpacked < 16 << 20
    company.close()


@pytest.mark.parametrize("wrong", ["cut", "broken"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_archive_waits_for_its_writer_before_its_directory_is_closed(
    tmp_path: pathlib.Path, workers: int, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfold, "_FEW", 1)
    closed_while_writing: list[str] = []

    class Slow(RealDisk):
        busy = False

        def perform(self, effects: Sequence[Effect]) -> None:
            self.busy = True
            time.sleep(0.02)
            super().perform(effects)
            self.busy = False

        def close(self) -> None:
            if self.busy:
                closed_while_writing.append(self.path)
            super().close()

        def open_directory(self, path: str) -> "Slow":
            inner = Slow(f"{self.path}/{path}")
            inner.path = f"{self.path}/{path}"
            return inner

    store = Store(str(tmp_path / "root"), Slow(str(tmp_path / "root"), create=True))
    spoilt = packed([3000] * 300, cut=700_000) if wrong == "cut" else packed([3000] * 300, broken=250)
    with store.open_batch(workers=workers) as batch:
        batch.put(spoilt, UnpackSpec("tar"), "x", "1")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert caught.value.problems[0].code == "damaged-archive"
    assert closed_while_writing == []
    assert store.list_directories() == ()
    assert store.remove_debris() == 0


@pytest.mark.parametrize("sizes", [[0, 1, 511, 512, 513], [70_000] * 40, [1 << 20, (1 << 20) + 1, 3 << 20, 5], [3 << 20] + [100] * 50])
def test_with_and_without_threads_the_trees_are_the_same(tmp_path: pathlib.Path, sizes: list[int]) -> None:
    archive = packed(sizes).getvalue()
    found = set()
    for workers in (1, 2, 3):
        store = Store(str(tmp_path / f"root{workers}"))
        with store.open_batch(workers=workers) as batch:
            for number in range(3):
                batch.put(io.BytesIO(archive), UnpackSpec("tar"), f"p{number}", "1")
            found.add(tuple(name.digest for name, _ in batch.commit()))
        for directory in store.list_directories():
            tree = store.read_manifest(directory)
            assert tree is not None
            assert tree.size == sum(sizes)
    assert len(found) == 1


def test_a_name_clash_names_its_member_even_if_another_thread_wrote_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfold, "_FEW", 1)

    class Folding(RealDisk):
        """As a file system that does not tell `F7` from `f7`."""

        def perform(self, effects: Sequence[Effect]) -> None:
            for effect in effects:
                if effect.path.endswith("f7"):
                    raise FileExistsError(17, "File exists", effect.path)
            super().perform(effects)

        def open_directory(self, path: str) -> "Folding":
            inner = Folding(f"{self.path}/{path}")
            inner.path = f"{self.path}/{path}"
            return inner

    store = Store(str(tmp_path / "root"), Folding(str(tmp_path / "root"), create=True))
    with store.open_batch(workers=2) as batch:
        batch.put(packed([3000] * 30), UnpackSpec("tar"), "x", "1")
        with pytest.raises(Rejected, match="d1/f7"):
            batch.commit()


def test_parts_are_no_larger_than_planned() -> None:
    company = Company(threads=True)
    with company.beside as beside:
        plain, _ = open_decompressed(io.BytesIO(gzip.compress(bytes(5 << 20))).read, Limits(), pipeline=beside)
        sizes = []
        while part := plain(1):
            sizes.append(len(part))
    assert sum(sizes) == 5 << 20
    assert max(sizes) <= compression._PART
    company.close()
