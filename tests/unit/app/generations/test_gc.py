"""What `nipsys gc` deletes by number and by age, and that a dry run lists the same."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from nipsys.app.context import Context
from nipsys.app.generations.gc import collect_garbage
from nipsys.cli.commands.maintenance.gc import _parse_age
from nipsys.effects.clock import FixedClock
from nipsys.effects.web.fetcher import OfflineWeb
from nipsys.generation.catalog import Generations
from nipsys.model.event import ignore_event
from nipsys.model.layout import Layout
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.system.generation import FarmLink, PlacedPackage, System
from nipsys.store.trees import Store

DAY = 86400


def archive(name: str, size: int) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo(f"usr/bin/{name}")
        info.size, info.mtime = size, 1
        made.addfile(info, io.BytesIO(name.encode() * (size // len(name)) + b"x" * (size % len(name))))
    out.seek(0)
    return out


@pytest.fixture
def root(tmp_path: Path) -> str:
    """Four generations, ten days apart, each with its own package; the last is current, the second pinned."""
    path = str(tmp_path / "root")
    store = Store(path)
    for number in range(4):
        with store.open_batch(workers=1) as batch:
            batch.put(archive(f"p{number}", 10_000 + number), UnpackSpec("tar"), f"p{number}", "1", f"x:{number}")
            ((tree, _),) = batch.commit()
        generations = Generations(path, store.disk, clock=FixedClock(number * 10 * DAY))
        generations.sweep()
        placed = PlacedPackage(f"t/p{number}", f"p{number}", "1", tree.digest, tree.directory, True)
        links = (FarmLink(f"Programs/P{number}/1", f"../../../../store/{tree.directory}"),)
        generations.commit(generations.stage(System("p", "d", f"l{number}", "x86_64", (placed,), links=links)))
    generations.pin(2, pinned=True)
    return path


def site(root: str, day: int = 35) -> Context:
    return Context(Layout(root), OfflineWeb(), FixedClock(day * DAY), ignore_event, "/nowhere", command="nipsys gc")


def left(root: str) -> tuple[tuple[int, ...], list[str]]:
    return Generations(root).numbers(), sorted(directory.rpartition("-")[0][27:] for directory in Store(root).list_directories())


ALL = ((1, 2, 3, 4), ["p0", "p1", "p2", "p3"])


def test_without_options_no_generation_is_deleted(root: str) -> None:
    done = collect_garbage(site(root))
    assert (done.generations, done.trees) == ((), ())
    assert left(root) == ALL


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({"keep": 1}, (1, 3)),
        ({"keep": 2}, (1,)),
        ({"keep": 9}, ()),
        ({"older_than": 30 * DAY}, (1,)),
        ({"older_than": 12 * DAY}, (1, 3)),
        ({"older_than": 0}, (1, 3)),
        ({"older_than": 36 * DAY}, ()),
        ({"keep": 2, "older_than": 12 * DAY}, (1,)),
        ({"keep": 1, "older_than": 30 * DAY}, (1,)),
    ],
    ids=str,
)
def test_a_dry_run_lists_exactly_what_is_deleted_afterwards(root: str, options: dict[str, float], gone: tuple[int, ...]) -> None:
    """The current and the pinned generation are never deleted."""
    promised = collect_garbage(site(root), dry_run=True, **options)  # type: ignore[arg-type]
    assert promised.generations == gone
    assert promised.size == sum(10_000 + number - 1 for number in gone)
    assert left(root) == ALL
    before = sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(f"{root}/store") for name in names if "usr" in top)
    done = collect_garbage(site(root), **options)  # type: ignore[arg-type]
    after = sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(f"{root}/store") for name in names if "usr" in top)
    assert (done.generations, done.trees, done.size) == (promised.generations, promised.trees, promised.size)
    assert before - after == done.size
    numbers, packages = left(root)
    assert set(numbers) == {1, 2, 3, 4} - set(gone)
    assert packages == [f"p{number - 1}" for number in numbers]
    assert not collect_garbage(site(root), **options).trees  # type: ignore[arg-type]


def test_gc_is_recorded_in_the_history(root: str) -> None:
    collect_garbage(site(root), keep=1)
    last = Generations(root).history.last()
    assert last is not None
    assert (last.what, last.before, last.after) == ("gc", 4, 4)
    assert last.detail.startswith("generations 1, 3; 2 trees, ")
    assert Generations(root).history.check() == ()


def test_link_folders_of_a_deleted_generation_are_removed(root: str) -> None:
    before = len(os.listdir(f"{root}/generations/.links"))
    collect_garbage(site(root), keep=1)
    assert len(os.listdir(f"{root}/generations/.links")) < before
    for number in (2, 4):
        assert os.path.exists(f"{root}/generations/{number}/Programs/P{number - 1}/1/usr/bin/p{number - 1}")


def test_ages_are_read_with_their_unit() -> None:
    assert [_parse_age(text) for text in ("30d", "12h", "2w", "45m")] == [30 * DAY, DAY / 2, 14 * DAY, 45 * 60]
    for wrong in ("30", "d", "-1d", "1y", "1.5d", ""):
        with pytest.raises(Exception, match="invalid age"):
            _parse_age(wrong)
