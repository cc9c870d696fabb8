"""`nipsys gc` on a full disk."""

import os
import pathlib
import subprocess

import pytest
from toy_store import make_tar

from nipsys.effects.clock import FixedClock
from nipsys.generation.catalog import Generations
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import PlacedPackage, System
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store


@pytest.mark.root
def test_gc_works_without_a_free_byte(tmp_path: pathlib.Path) -> None:
    image, mount = tmp_path / "disk.img", tmp_path / "mount"
    mount.mkdir()
    subprocess.run(["truncate", "-s", "24M", str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=False, capture_output=True).returncode:
        pytest.skip("no loop mount here")
    try:
        _fill_and_collect(mount)
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


def _fill_and_collect(mount: pathlib.Path) -> None:
    from nipsys.app.context import Context
    from nipsys.app.generations.gc import collect_garbage
    from nipsys.model.event import ignore_event
    from nipsys.model.layout import Layout

    root = str(mount / "root")
    store, generations = Store(root), Generations(root, clock=FixedClock())
    generations.sweep()
    for number in (1, 2):
        with store.open_batch() as batch:
            batch.put(make_tar({"large": os.urandom(4 << 20)}), UnpackSpec("tar"), "large", str(number))
            ((name, _),) = batch.commit()
        placed = PlacedPackage("t/large", "large", str(number), name.digest, name.directory, True)
        generations.commit(generations.stage(System("p", "d", "l", "x86_64", (placed,))))
    with open(mount / "fill", "wb") as fill:
        try:
            while True:
                fill.write(bytes(1 << 16))
                fill.flush()
        except OSError:
            pass
    try:
        with open(mount / "fill2", "wb") as fill:
            while True:
                fill.write(b"x")
                fill.flush()
    except OSError:
        pass
    with store.open_batch() as batch, pytest.raises(Rejected) as caught:
        batch.put(make_tar({"more": os.urandom(1 << 20)}), UnpackSpec("tar"), "more", "1")
    assert caught.value.problems[0].code == "disk-full"
    site = Context(Layout(root), None, FixedClock(), ignore_event, str(mount))  # type: ignore[arg-type]
    done = collect_garbage(site, keep=1)
    assert done.generations == (1,)
    assert done.size == 4 << 20
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    store.disk.close()  # type: ignore[attr-defined]
    generations.disk.close()  # type: ignore[attr-defined]
