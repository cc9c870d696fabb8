"""What a command does not use, it does not load: `status`, `rollback` and a `lock` without a fetch start in a few milliseconds."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from nipsys.effects import hold_lock, replace_file
from nipsys.effects.disk import Effect, RealDisk
from nipsys.effects.threads import run_all
from nipsys.effects.web import Fetcher, OfflineWeb
from nipsys.model import ignore_event
from nipsys.model.package import Resource
from nipsys.store import Store

root = sys.argv[1]
with hold_lock(root + "/lock"), RealDisk(root) as disk:
    disk.perform([Effect("write", "near", b"near")])
store = Store(root)
list(Fetcher().fetch([Resource("near", ("file://" + root + "/near",), 4)], root + "/got"))
run_all([lambda report: 1, lambda report: 2], ignore_event)
print(*sorted({"http", "ssl", "email", "concurrent", "logging"} & {name.partition(".")[0] for name in sys.modules}))
"""


def test_neither_http_nor_pools_are_loaded_for_local_work(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
