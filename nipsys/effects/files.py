"""Small user files outside the root, read and replaced as a whole."""

import contextlib
import os


def read_bytes(path: str) -> bytes:
    """Return the content of a file; ``OSError`` when it cannot be read."""
    with open(path, "rb") as file:
        return file.read()


def replace_file(path: str, content: bytes) -> None:
    """Write a file atomically: readers, and a power cut, see the old or the new content.

    The permission bits of an existing file are kept. ``OSError`` when the write fails; the old file is then unchanged.
    """
    temporary = os.path.join(os.path.dirname(path) or ".", f".{os.path.basename(path)}.new")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)  # left by a process that was killed
    try:
        with open(temporary, "xb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(file.fileno(), os.stat(path).st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
