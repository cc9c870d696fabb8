"""The guarantees of the real disk."""

import errno
import os
import pathlib

import pytest

from nipsys.effects.disk import RealDisk, remove_tree


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
