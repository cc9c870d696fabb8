"""The lock of a root: a second writer waits, and a dead holder does not block anybody."""

import pathlib
import subprocess
import sys
import threading
import time

from nipsys.effects.filelock import find_holder, hold_lock
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
