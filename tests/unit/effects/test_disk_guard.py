"""The lock of a root, deferred signals, and the guarantees of the real disk."""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from nipsys.effects.disk.port import RealDisk, remove_tree
from nipsys.effects.filelock import find_holder, hold_lock
from nipsys.effects.signals import hold_signals, raise_on_signals
from nipsys.model.event import Event, Waiting

HOLD = "import sys, time\nfrom nipsys.effects.filelock import hold_lock\nwith hold_lock(sys.argv[1], command='apply x.kdl'):\n    print('held', flush=True)\n    time.sleep(60)\n"


def held(lock: pathlib.Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_waits_and_names_the_holder(tmp_path: pathlib.Path) -> None:
    lock = tmp_path / "root/lock"
    process = held(lock)
    told: list[Event] = []

    def free() -> None:
        while not told:
            time.sleep(0.01)
        process.kill()

    thread = threading.Thread(target=free)
    thread.start()
    try:
        assert f"process {process.pid} (`apply x.kdl`) since 20" in (find_holder(str(lock)) or "")
        with hold_lock(str(lock), report=told.append):
            pass
    finally:
        thread.join()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert isinstance(told[0], Waiting)
    assert str(process.pid) in told[0].holder
    assert "`apply x.kdl`" in told[0].holder


def test_the_lock_of_a_dead_process_is_taken_over_at_once(tmp_path: pathlib.Path) -> None:
    lock = tmp_path / "lock"
    process = held(lock)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    assert "apply x.kdl" in lock.read_text()  # it could not clear its name
    assert find_holder(str(lock)) is None
    told: list[Event] = []
    with hold_lock(str(lock), command="mine", report=told.append):
        assert "mine" in lock.read_text()
    assert told == []
    assert lock.read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_work_and_waits_for_a_commit(number: signal.Signals) -> None:
    """Even when other threads could take the signal: the hash of a large file leaves some behind."""
    done = []
    idle = threading.Event()
    other = threading.Thread(target=idle.wait)
    other.start()

    def work() -> None:
        with raise_on_signals():
            with hold_signals():
                os.kill(os.getpid(), number)
                done.append("committed")
            done.append("too far")

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        idle.set()
        other.join()
    assert done == ["committed"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_modes_do_not_depend_on_the_umask(tmp_path: pathlib.Path) -> None:
    before = os.umask(0o077)
    try:
        with RealDisk(str(tmp_path)) as disk:
            disk.write("x", (b"x",), 0o555, 7)
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o555
    assert (tmp_path / "x").stat().st_mtime == 7


def test_nothing_is_written_over_or_through(tmp_path: pathlib.Path) -> None:
    (tmp_path / "there").write_text("kept")
    (tmp_path / "link").symlink_to("there")
    with RealDisk(str(tmp_path)) as disk:
        for name in ("there", "link"):
            with pytest.raises(FileExistsError):
                disk.write(name, (b"x",))
        with pytest.raises(OSError, match="link"):
            disk.append("link", b"x")
        with pytest.raises(OSError, match="link"):
            disk.read("link")
    assert (tmp_path / "there").read_text() == "kept"


def test_large_files_are_mapped_and_trees_removed(tmp_path: pathlib.Path) -> None:
    with RealDisk(str(tmp_path)) as disk:
        disk.mkdir("a")
        disk.mkdir("a/b")
        disk.write("a/b/large", (bytes(3 << 20),))
        disk.symlink("/etc", "a/etc")
        assert len(disk.read("a/b/large")) == 3 << 20
        remove_tree(disk, "a")
        remove_tree(disk, "a")
        assert disk.list_entries() == []
    assert os.path.isdir("/etc")


def test_exchange_swaps(tmp_path: pathlib.Path) -> None:
    with RealDisk(str(tmp_path)) as disk:
        disk.mkdir("a")
        disk.write("b", (b"x",))
        try:
            disk.exchange("a", "b")
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            pytest.skip("this file system cannot swap names")
        assert dict(disk.list_entries()) == {"a": "file", "b": "directory"}
        with pytest.raises(FileNotFoundError):
            disk.exchange("a", "missing")


def test_a_failed_syncfs_is_reported(tmp_path: pathlib.Path) -> None:
    disk = RealDisk(str(tmp_path))
    disk.sync()
    disk.close()
    with pytest.raises(OSError, match="syncfs"):
        disk.sync()
