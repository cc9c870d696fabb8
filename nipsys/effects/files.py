"""Small files of the user's, outside the root: read whole, replaced whole."""

import contextlib
import os


def read_bytes(path: str) -> bytes:
    """Return the content of a file; ``OSError`` when it cannot be read."""
    with open(path, "rb") as file:
        return file.read()


def replace(path: str, content: bytes) -> None:
    """Write a file so that readers see the old or the new one, and a power cut leaves one of them.

    The permission bits of a file that is there are kept. ``OSError`` when the disk refuses; then the old file is as it was.
    """
    temporary = os.path.join(os.path.dirname(path) or ".", f".{os.path.basename(path)}.new")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)  # of a process that was killed
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
