"""What the port promises: the real disk, the faulty and the simulated one keep it alike, operation by operation."""

import errno
from collections.abc import Callable

import pytest

from nipsys.effects.disk import Disk, FileStatus, remove_tree


def status(disk: Disk, path: str) -> FileStatus:
    found = disk.lstat(path)
    assert found is not None
    return found


@pytest.fixture
def disk(make: Callable[[], Disk]) -> Disk:
    """Return a disk with ``d/f`` (``abc``, executable, of second 7), the empty directory ``e`` and the link ``l`` to ``d/f``."""
    made = make()
    made.mkdir("d")
    made.mkdir("e")
    made.write("d/f", (b"a", memoryview(b"bc")), 0o555, 7)
    made.symlink("d/f", "l")
    return made


def number_of(action: Callable[[], object]) -> int | None:
    with pytest.raises(OSError, match=r".") as caught:
        action()
    return caught.value.errno


def test_a_file_has_its_bytes_mode_and_time(disk: Disk) -> None:
    seen, data = disk.examine("d/f")
    assert bytes(data) == bytes(disk.read("d/f")) == b"abc"
    assert (seen.kind, seen.size, seen.mtime, seen.mode) == ("file", 3, 7, 0o555)
    assert seen == disk.lstat("d/f")


def test_a_link_is_not_followed(disk: Disk) -> None:
    assert status(disk, "l").kind == "link"
    assert disk.readlink("l") == "d/f"


def test_entries_are_listed_with_their_kinds(disk: Disk) -> None:
    assert dict(disk.list_entries()) == {"d": "directory", "e": "directory", "l": "link"}
    assert disk.list_entries("d") == [("f", "file")]
    assert disk.list_entries("e") == []


def test_what_is_missing_has_no_status(disk: Disk) -> None:
    assert disk.lstat("none") is None
    assert disk.lstat("none/x") is None
    assert disk.lstat("d/f/x") is None


REFUSED: dict[str, tuple[Callable[[Disk], object], int]] = {
    "mkdir over a directory": (lambda disk: disk.mkdir("d"), errno.EEXIST),
    "mkdir below nothing": (lambda disk: disk.mkdir("none/x"), errno.ENOENT),
    "write over a file": (lambda disk: disk.write("d/f", (b"x",)), errno.EEXIST),
    "write over a link": (lambda disk: disk.write("l", (b"x",)), errno.EEXIST),
    "write below a file": (lambda disk: disk.write("d/f/x", (b"x",)), errno.ENOTDIR),
    "symlink over a file": (lambda disk: disk.symlink("x", "d/f"), errno.EEXIST),
    "link of nothing": (lambda disk: disk.link(disk, "none", "x"), errno.ENOENT),
    "link over a file": (lambda disk: disk.link(disk, "d/f", "l"), errno.EEXIST),
    "rename of nothing": (lambda disk: disk.rename("none", "x"), errno.ENOENT),
    "rename over a full directory": (lambda disk: disk.rename("e", "d"), errno.ENOTEMPTY),
    "remove nothing": (lambda disk: disk.remove("none"), errno.ENOENT),
    "remove a full directory": (lambda disk: disk.remove("d"), errno.ENOTEMPTY),
    "read nothing": (lambda disk: disk.read("none"), errno.ENOENT),
    "list nothing": (lambda disk: disk.list_entries("none"), errno.ENOENT),
    "open nothing": (lambda disk: disk.open_directory("none"), errno.ENOENT),
    "list a file": (lambda disk: disk.list_entries("d/f"), errno.ENOTDIR),
    "open a file": (lambda disk: disk.open_directory("d/f"), errno.ENOTDIR),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_the_error_of_the_kernel_and_changes_nothing(disk: Disk, name: str) -> None:
    action, number = REFUSED[name]
    assert number_of(lambda: action(disk)) == number
    assert dict(disk.list_entries()) == {"d": "directory", "e": "directory", "l": "link"}
    assert bytes(disk.read("d/f")) == b"abc"


def test_append_makes_a_file_and_adds_to_it(disk: Disk) -> None:
    disk.append("log", b"one\n")
    disk.append("log", b"two\n")
    assert bytes(disk.read("log")) == b"one\ntwo\n"


def test_a_second_name_is_the_same_file(disk: Disk) -> None:
    inner = disk.open_directory("e")
    inner.link(disk, "d/f", "second")
    inner.close()
    assert status(disk, "e/second").inode == status(disk, "d/f").inode
    disk.remove("d/f")
    assert bytes(disk.read("e/second")) == b"abc"


def test_rename_replaces_and_exchange_swaps(disk: Disk) -> None:
    disk.write("new", (b"new",))
    disk.rename("new", "d/f")
    assert bytes(disk.read("d/f")) == b"new"
    assert disk.lstat("new") is None
    disk.write("g", (b"other",))
    try:
        disk.exchange("d/f", "g")
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        pytest.skip("this file system cannot swap names")
    assert (bytes(disk.read("d/f")), bytes(disk.read("g"))) == (b"other", b"new")


def test_files_links_and_empty_directories_are_removed(disk: Disk) -> None:
    for path in ("l", "e", "d/f", "d"):
        disk.remove(path)
    assert disk.list_entries() == []


def test_a_directory_opened_below_is_a_disk_of_its_own(disk: Disk) -> None:
    inner = disk.open_directory("d")
    inner.mkdir("deep")
    inner.write("deep/x", (b"x",))
    assert bytes(disk.read("d/deep/x")) == b"x"
    assert dict(inner.list_entries()) == {"f": "file", "deep": "directory"}
    inner.sync_directory()
    inner.sync_directory("deep")
    inner.sync()
    inner.close()


def test_a_tree_is_removed_with_everything_below_it(disk: Disk) -> None:
    disk.mkdir("d/deep")
    disk.symlink("../../e", "d/deep/up")
    for path in ("d", "d", "l"):
        remove_tree(disk, path)
    assert dict(disk.list_entries()) == {"e": "directory"}
