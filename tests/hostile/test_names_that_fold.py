"""Names that differ only in case, on a file system that does not tell them apart: refused with the member's name, never written over."""

import errno
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator

import pytest
from disk_ways import disk_library, way  # noqa: F401 - fixtures

from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.trees import Store


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in names:
            made = tarfile.TarInfo(name)
            made.mtime, made.size = 1, len(name.encode())
            archive.addfile(made, io.BytesIO(name.encode()))
    return out.getvalue()


class FoldingDisk(SimulatedDisk):
    """A model whose directories take names for the same that differ in case only."""

    def open_directory(self, path: str) -> "FoldingDisk":
        return FoldingDisk(self._medium, super().open_directory(path)._home)

    def _check_vacant(self, path: str) -> tuple[int, str]:
        directory, name = super()._check_vacant(path)
        if name.casefold() in map(str.casefold, self._medium.visible.names[directory]):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        return directory, name


COLLIDING = [(("xt_MARK.h", "xt_mark.h"), "xt_mark.h"), (("usr/A/x", "usr/a/y"), "usr/a/y"), (("large", "./LARGE"), "./LARGE")]


def refused(store: Store, data: bytes) -> Rejected:
    with store.open_batch(workers=1) as batch:
        batch.put(io.BytesIO(data), UnpackSpec("tar"), "x", "1")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert store.list_directories() == ()
    assert [name for name, _ in store.disk.list_entries("store") if name.startswith(".new")] == []
    return caught.value


@pytest.mark.parametrize(("names", "second"), COLLIDING)
def test_on_a_model_that_folds(names: tuple[str, ...], second: str) -> None:
    rejected = refused(Store("/nowhere", FoldingDisk()), packed(*names))
    assert rejected.problems[0].code == "hostile-member"
    assert f"`{second}` collides with another" in rejected.problems[0].message


@pytest.fixture
def folding(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Return a directory of an ext4 that folds case; skip where this kernel or its tools cannot."""
    image, mount = tmp_path / "image", tmp_path / "mount"
    mount.mkdir()
    subprocess.run(["truncate", "-s", "48M", image], check=True)
    steps = (["mkfs.ext4", "-q", "-F", "-O", "casefold", image], ["mount", "-o", "loop", image, mount])
    for step in steps:
        if shutil.which(step[0]) is None or subprocess.run(step, capture_output=True, check=False).returncode:
            pytest.skip("no ext4 that folds case can be mounted here (it needs root, e2fsprogs and a kernel with CONFIG_UNICODE)")
    try:
        (mount / "root").mkdir()
        subprocess.run(["chattr", "+F", mount / "root"], check=True)
        yield mount / "root"
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.root
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("names", "second"), COLLIDING)
def test_on_an_ext4_that_folds(folding: pathlib.Path, names: tuple[str, ...], second: str) -> None:
    assert f"`{second}` collides with another" in refused(Store(str(folding)), packed(*names)).problems[0].message


UNPACK = """
import sys
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.trees import Store
store = Store(sys.argv[1])
with store.open_batch(workers=1) as batch:
    batch.put(open(sys.argv[2], "rb"), UnpackSpec("tar"), "x", "1")
    try:
        batch.commit()
    except Rejected as rejected:
        print(rejected)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt: strace)")
@pytest.mark.parametrize("size", ["small", "large"])
def test_when_the_kernel_says_that_a_name_is_taken(tmp_path: pathlib.Path, way: str, size: str) -> None:  # noqa: F811
    """The real process by either way, with the answer of a folding directory put into the kernel's mouth."""
    second = "B" * 100 if size == "small" else "large"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("first", second):
            made = tarfile.TarInfo(name)
            made.size = 400_000 if name == "large" else 3
            archive.addfile(made, io.BytesIO(bytes(made.size)))
    (tmp_path / "evil.tar").write_bytes(out.getvalue())
    command = [sys.executable, "-c", UNPACK, str(tmp_path / "root"), str(tmp_path / "evil.tar")]
    # By name, not by number: strace counts calls thread by thread, and which thread makes which is chance.
    answer = ["-P", second, "-e", "trace=openat", "-e", "inject=openat:error=EEXIST:when=1"]
    trace = ["strace", "-f", "-qq", "-o", str(tmp_path / "log"), *answer]
    done = subprocess.run([*trace, *command], check=True, capture_output=True, text=True)
    assert "(INJECTED)" in (tmp_path / "log").read_text()
    assert f"`{second}` collides with another" in done.stdout, done
    assert os.listdir(tmp_path / "root/store/.manifests") == []
