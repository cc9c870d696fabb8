"""Bulk writes and reads: the compiled library, Python, the simulated and the faulty disk do the same."""

import errno
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from nipsys.effects.disk import Disk, Effect, RealDisk
from nipsys.effects.disk.factory import load_library
from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
from nipsys.effects.disk.native import DiskLibrary
from nipsys.effects.disk.port import STATUS_ONLY
from nipsys.effects.disk.simulated import SimulatedDisk

TREE = [
    Effect("mkdir", "usr"),
    Effect("mkdir", "usr/bin"),
    Effect("write", "usr/bin/x", b"x" * 3000, 0o555, 1_700_000_000),
    Effect("write", "usr/empty", b"", 0o444, 7),
    Effect("write", "usr/now", memoryview(b"--now--")[2:5]),
    Effect("symlink", "lib", target="usr/lib"),
    Effect("link", "usr/second", target="usr/bin/x"),
    Effect("write", "caf\u00e9 \udcff\n", b"any bytes name a file"),
]


def shown(disk: Disk, above: str = "") -> dict[str, tuple[object, ...]]:
    """Everything below a disk, with what a tree keeps of it."""
    found: dict[str, tuple[object, ...]] = {}
    for name, kind in disk.list_entries(above):
        path = f"{above}/{name}" if above else name
        seen = disk.lstat(path)
        assert seen is not None
        if kind == "directory":
            found[path] = (kind,)
            found |= shown(disk, path)
        elif kind == "link":
            found[path] = (kind, disk.readlink(path))
        else:
            found[path] = (kind, bytes(disk.read(path)), oct(seen.mode))
    return found


def test_every_effect_is_done(make: Callable[[], Disk]) -> None:
    disk = make()
    disk.perform(TREE)
    there = shown(disk)
    assert len(there) == len(TREE)
    assert there["usr/bin/x"] == ("file", b"x" * 3000, "0o555")
    assert there["usr/now"] == ("file", b"now", "0o444")
    assert there["lib"] == ("link", "usr/lib")
    for path, mtime in (("usr/bin/x", 1_700_000_000), ("usr/second", 1_700_000_000), ("usr/empty", 7)):
        seen = disk.lstat(path)
        assert seen is not None
        assert seen.mtime == mtime
    first, second = disk.lstat("usr/bin/x"), disk.lstat("usr/second")
    assert first is not None
    assert second is not None
    assert first.inode == second.inode


REFUSED = {
    "a directory that is there": (Effect("mkdir", "usr"), errno.EEXIST),
    "a file that is there": (Effect("write", "usr/bin/x", b"other"), errno.EEXIST),
    "a file over a link": (Effect("write", "lib", b"other"), errno.EEXIST),
    "a link over a file": (Effect("symlink", "usr/bin/x", target="y"), errno.EEXIST),
    "a name over a name": (Effect("link", "usr/empty", target="usr/bin/x"), errno.EEXIST),
    "no such directory": (Effect("write", "none/x", b"x"), errno.ENOENT),
    "below a file": (Effect("write", "usr/bin/x/y", b"x"), errno.ENOTDIR),
    "a name for nothing": (Effect("link", "third", target="none"), errno.ENOENT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_first_that_fails_is_named_and_nothing_after_it_is_done(make: Callable[[], Disk], name: str) -> None:
    effect, number = REFUSED[name]
    disk = make()
    disk.perform(TREE)
    before = shown(disk)
    with pytest.raises(OSError, match=r".") as caught:
        disk.perform([Effect("write", "good", b"good"), effect, Effect("write", "late", b"late")])
    assert (caught.value.errno, caught.value.filename) == (number, effect.path)
    assert shown(disk) == before | {"good": ("file", b"good", "0o444")}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("effect", [Effect("write", "a\0b", b"x"), Effect("symlink", "a", target="b\0c"), Effect("mkdir", "\0")])
def test_a_zero_byte_in_a_name_is_refused(tmp_path: pathlib.Path, effect: Effect) -> None:
    with RealDisk(str(tmp_path)) as disk, pytest.raises(ValueError, match="null byte"):
        disk.perform([effect])
    assert list(tmp_path.iterdir()) == []


def test_the_crash_model_sees_each_effect() -> None:
    model = SimulatedDisk()
    model.perform(TREE)
    assert len(model.pending) == len(TREE) + sum(effect.verb == "write" for effect in TREE)  # a name and its bytes may part
    for place in range(len(TREE)):
        fate = FaultPlan(crash_at=place)
        with pytest.raises(Killed):
            FaultyDisk(SimulatedDisk(), fate).perform(TREE)
        assert fate.log == [effect.verb for effect in TREE[:place]]


NAMES = some.sampled_from(["a", "b", "a/c", "a/d", "a/c/e", "b/f", "l", "l/g", "\udcfe", "x" * 256, "a/" + "y" * 255])
EFFECTS = some.one_of(
    NAMES.map(lambda path: Effect("mkdir", path)),
    some.tuples(NAMES, some.binary(max_size=40), some.sampled_from([0o444, 0o555]), some.none() | some.integers(-9, 1_000_000_000)).map(
        lambda how: Effect("write", *how)
    ),
    some.tuples(NAMES, NAMES | some.just("")).map(lambda two: Effect("symlink", two[0], target=two[1])),
    some.tuples(NAMES, NAMES).map(lambda two: Effect("link", two[0], target=two[1])),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(EFFECTS, max_size=12))
def test_both_ways_agree_on_anything(disk_library: str, tmp_path: pathlib.Path, effects: list[Effect]) -> None:
    """The same files, times and errors, whatever is asked for."""
    outcomes = []
    for plain in (False, True):
        place = tempfile.mkdtemp(dir=tmp_path)
        with RealDisk(place, native=not plain) as disk:
            disk._load_library = lambda disk=disk: DiskLibrary(disk_library) if disk.native else None  # type: ignore[method-assign]
            try:
                disk.perform(effects)
                error = None
            except OSError as fault:
                error = (fault.errno, fault.filename)
            times = {path: min(seen.mtime, 1_500_000_000) for path in shown(disk) if (seen := disk.lstat(path))}  # what is not set is later
            outcomes.append((error, shown(disk), times))
        shutil.rmtree(place)
    assert outcomes[0] == outcomes[1]


def wanted(disk: Disk) -> list[tuple[str, int]]:
    disk.perform(TREE)
    disk.perform([Effect("write", f"f{number}", bytes([number % 256]) * number) for number in range(700)])
    disk.perform([Effect("write", "large", bytes(range(256)) * 5000)])
    sizes = [(path, int(seen.size)) for path in ("usr/bin/x", "usr/empty", "large") if (seen := disk.lstat(path))]
    return [*sizes, *((f"f{number}", number) for number in range(700)), ("large", 1_280_000), ("usr/now", 3)]


def test_many_files_are_read_in_their_order(make: Callable[[], Disk]) -> None:
    disk = make()
    paths = wanted(disk)
    count = 0
    for (path, size), (seen, data) in zip(paths, disk.examine_all(iter(paths)), strict=True):
        assert bytes(data) == bytes(disk.read(path))
        assert seen == disk.lstat(path)
        assert len(data) == size
        count += 1
    assert count == len(paths) == 705


def test_what_cannot_be_read_is_nothing_and_what_is_not_as_expected_has_no_bytes(make: Callable[[], Disk]) -> None:
    disk = make()
    disk.perform(TREE)
    asked = [
        ("none", 3),
        ("usr/bin/x/y", 1),
        ("usr", 0),
        ("lib", 7),
        ("usr/bin/x", 2999),
        ("usr/bin/x", STATUS_ONLY),
        ("usr/bin/x", 3001),
        ("usr/now", 3),
    ]
    found = [(seen and (seen.kind, seen.size), bytes(data)) for seen, data in disk.examine_all(asked)]
    assert [data for _, data in found] == [b""] * 7 + [b"now"]
    assert [seen and seen[0] for seen, _ in found][:2] == [None, None]
    assert [seen and seen[0] for seen, _ in found][4:] == ["file"] * 4
    assert {found[2][0] and found[2][0][0], found[3][0] and found[3][0][0]} <= {"directory", "link", None}


def test_a_directory_of_the_size_of_a_file_has_no_bytes(make: Callable[[], Disk]) -> None:
    disk = make()
    disk.perform(TREE)
    seen = disk.lstat("usr")
    assert seen is not None
    assert [bytes(data) for _, data in disk.examine_all([("usr", seen.size), ("usr/now", 3)])] == [b"", b"now"]


@pytest.mark.usefixtures("way")
def test_a_fifo_in_place_of_a_file_does_not_block(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "f")
    with RealDisk(str(tmp_path)) as disk:
        ((seen, data),) = disk.examine_all([("f", 0)])
    assert data == b""
    assert seen is None or seen.kind == "other"


@pytest.mark.usefixtures("way")
def test_an_abandoned_read_leaves_nothing_open(tmp_path: pathlib.Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with RealDisk(str(tmp_path)) as disk:
        paths = wanted(disk)
        reading = disk.examine_all(paths * 20)
        next(reading)
        getattr(reading, "close", lambda: None)()
    assert len(os.listdir("/proc/self/fd")) == before


WRITER = """
import resource, signal, sys
from nipsys.effects.disk import Effect, RealDisk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
disk = RealDisk(sys.argv[1])
try:
    disk.perform([Effect("write", "fits", bytes(50_000)), Effect("write", "usr-share-large", bytes(60_000)), Effect("write", "late")])
except OSError as error:
    print(error.errno, error.filename)
"""


def test_an_error_after_a_short_write_names_the_file(tmp_path: pathlib.Path, way: str) -> None:
    """A short write is followed by the error: it names the file, and later effects are not done."""
    done = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(errno.EFBIG), "usr-share-large"]
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == {"fits": 50_000, "usr-share-large": 50_000}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 50_000
    assert signal.getsignal(signal.SIGXFSZ) is not None


SEVERAL = """
import sys
from nipsys.effects.disk import Effect, RealDisk
disk = RealDisk(sys.argv[1])
try:
    disk.perform([Effect(*row) for row in (("mkdir", "d"), ("write", "d/a", b"aa"), ("write", "d/b", b"bb", 0o444, 5), ("symlink", "s", b"", 0, None, "d"), ("link", "h", b"", 0, None, "d/a"))])
    print("done")
except OSError as error:
    print(error.errno, error.filename)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt: strace)")
@pytest.mark.parametrize(
    ("call", "path"), [("mkdirat", "d"), ("write", "d/a"), ("utimensat", "d/b"), ("symlinkat", "s"), ("linkat", "h"), ("openat", "d/a")]
)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_kernel_error_names_the_path(tmp_path: pathlib.Path, way: str, call: str, path: str, error: str) -> None:
    target = tmp_path / "t"
    target.mkdir()
    trace = ("strace", "-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"trace={call}")
    subprocess.run([*trace, sys.executable, "-c", SEVERAL, str(target)], check=True, stdout=subprocess.DEVNULL)
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if f"{call}(" in line]
    marks = {"write": '"aa"', "openat": '"d/a"', "utimensat": "tv_sec=5"}
    number = next(place for place, line in enumerate(lines, 1) if marks.get(call, f'"{path}"') in line)
    shutil.rmtree(target)
    target.mkdir()
    done = subprocess.run(
        [*trace, "-e", f"inject={call}:error={error}:when={number}", sys.executable, "-c", SEVERAL, str(target)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == [str(getattr(errno, error)), path], done.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt: strace)")
@pytest.mark.parametrize(("call", "mark"), [("write", '"aa"'), ("openat", '"d/a"')])
def test_a_signal_during_a_call_is_not_an_error(tmp_path: pathlib.Path, way: str, call: str, mark: str) -> None:
    target = tmp_path / "t"
    target.mkdir()
    trace = ("strace", "-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"trace={call}")
    subprocess.run([*trace, sys.executable, "-c", SEVERAL, str(target)], check=True, stdout=subprocess.DEVNULL)
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if f"{call}(" in line]
    number = next(place for place, line in enumerate(lines, 1) if mark in line)
    shutil.rmtree(target)
    target.mkdir()
    done = subprocess.run(
        [*trace, "-e", f"inject={call}:error=EINTR:when={number}", sys.executable, "-c", SEVERAL, str(target)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "done\n"
    assert (target / "d/a").read_bytes() == b"aa"


def test_modes_do_not_depend_on_the_umask(tmp_path: pathlib.Path, way: str) -> None:
    before = os.umask(0o077)
    try:
        with RealDisk(str(tmp_path)) as disk:
            disk.perform([Effect("write", "x", b"x", 0o555, 7)])
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o555


def test_the_library_has_no_warnings_and_needs_no_version(disk_library: str, tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(__file__).parents[4] / "nipsys/effects/native/disk.c"
    strict = ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared", "-fPIC", "-nostdlib", "-fno-builtin"]
    subprocess.run([*strict, "-o", str(tmp_path / "x.so"), str(source)], check=True)
    listed = subprocess.run(["readelf", "-W", "-d", "-V", disk_library], capture_output=True, text=True, check=True).stdout
    assert "NEEDED" not in listed
    assert "GLIBC" not in listed


def test_a_library_for_another_python_is_not_loaded(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library built from an older source, and one that needs a function that this Python does not have."""
    (tmp_path / "old.c").write_text("int nipsys_make(void) { return 0; } void nipsys_read(void) {}")
    (tmp_path / "alien.c").write_text(
        "void PyMem_NotThere(void); int nipsys_make_lent(void) { PyMem_NotThere(); return 0; } void nipsys_read(void) {}"
    )
    for name in ("old", "alien"):
        made = tmp_path / f"{name}.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-nostdlib", "-o", str(made), str(tmp_path / f"{name}.c")], check=True)
        monkeypatch.setenv("NIPSYS_NATIVE", str(made))
        load_library.cache_clear()
        assert load_library() is None
    with RealDisk(str(tmp_path)) as disk:
        disk.perform([Effect("write", "x", b"plain")])
    assert (tmp_path / "x").read_bytes() == b"plain"
    load_library.cache_clear()


@pytest.mark.usefixtures("way")
def test_bytes_are_lent_for_the_call_and_given_back(tmp_path: pathlib.Path) -> None:
    """Also after one that cannot be written: who may not lend again could not grow either."""
    lent = bytearray(b"abc")
    with RealDisk(str(tmp_path)) as disk:
        disk.perform([Effect("write", "a", memoryview(lent)), Effect("write", "b", memoryview(lent)[1:])])
        with pytest.raises(OSError, match="exists"):
            disk.perform([Effect("write", "a", memoryview(lent))])
        with pytest.raises(TypeError):
            disk.perform([Effect("write", "c", memoryview(lent)), Effect("write", "d", 7)])  # type: ignore[arg-type]
    lent += b"d"
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert (tmp_path / "b").read_bytes() == b"bc"
