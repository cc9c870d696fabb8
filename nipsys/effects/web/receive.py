"""Receiving a body: count, hash and write it while it streams, and stop at the first byte beyond its limit."""

import os
from typing import NoReturn

from nipsys.effects.web.transport import FetchError
from nipsys.model import Hasher, digest_of, make_hasher
from nipsys.model.package import Resource

_BLOCK = 1 << 20


class Receiver:
    """Writes one body into an open file and verifies it."""

    def __init__(self, descriptor: int, resource: Resource, *, resumed: bool) -> None:
        """Continue after the bytes the file already has when ``resumed``, else truncate it."""
        self._descriptor, self._resource = descriptor, resource
        self._algorithm = _algorithm(resource)
        self._hasher = make_hasher(self._algorithm)
        self._bytes = 0
        if resumed:
            self._bytes = _hash_file(descriptor, self._hasher)
        else:
            os.ftruncate(descriptor, 0)
        os.lseek(descriptor, self._bytes, os.SEEK_SET)
        self._resumed = resumed

    def check_announced(self, amount: int) -> None:
        """Check the announced number of remaining bytes; ``FetchError`` when it cannot be right. What counts is what arrives."""
        if wrong := find_length_error(self._resource, self._bytes + amount):
            self._refuse(wrong)

    def write(self, data: memoryview) -> None:
        """Hash and write a piece of the body; ``FetchError`` beyond the limit."""
        self._bytes += len(data)
        bound = self._resource.limit if self._resource.size is None else self._resource.size
        if self._bytes > bound:
            self._refuse(FetchError("too-large", f"it sends more than {bound} bytes"))
        self._hasher.update(data)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            os.ftruncate(self._descriptor, 0)  # on a full disk the space matters more than the part file
            raise

    def finish(self) -> str:
        """Check size and digest of the whole body and return the digest; ``FetchError`` for a wrong one, which is not kept."""
        size, found = self._resource.size, f"{self._algorithm}:{self._hasher.hexdigest()}"
        if size is not None and self._bytes < size:
            raise FetchError("truncated", f"the body ends after {self._bytes} of {size} bytes", transient=True)
        if wrong := _find_digest_error(self._resource, found):
            self._refuse(wrong)
        return found

    def _refuse(self, error: FetchError) -> NoReturn:
        """Drop the part file and raise; after a resume the old part may be the cause, so the fetch is tried again from the start."""
        os.ftruncate(self._descriptor, 0)
        error.transient = self._resumed
        raise error


def find_length_error(resource: Resource, total: int) -> FetchError | None:
    """Return what is wrong with a body of ``total`` bytes, or ``None``."""
    size = resource.size
    if total > resource.limit and (size is None or total != size):
        return FetchError("too-large", f"it announces {total} bytes", f"the limit is {resource.limit}")
    if size is not None and total != size:
        return FetchError("wrong-size", f"it announces {total} bytes", f"expected {size}")
    return None


def check_digest(data: memoryview, resource: Resource) -> str:
    """Return the digest of a whole body; ``FetchError`` when it is not the expected one."""
    found = digest_of(data, _algorithm(resource))
    if wrong := _find_digest_error(resource, found):
        raise wrong
    return found


def _algorithm(resource: Resource) -> str:
    return resource.digest.partition(":")[0] if resource.digest else "sha256"


def _find_digest_error(resource: Resource, found: str) -> FetchError | None:
    if not resource.digest or found == resource.digest:
        return None
    return FetchError("wrong-digest", "its digest is wrong", f"expected `{resource.digest}`", f"got `{found}`")


def is_intact(path: str, resource: Resource) -> bool:
    """Return whether a file has the expected digest and size of a resource."""
    assert resource.digest
    started = make_hasher(resource.digest.partition(":")[0])
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = _hash_file(descriptor, started)
    finally:
        os.close(descriptor)
    return (resource.size is None or size == resource.size) and started.hexdigest() == resource.digest.partition(":")[2]


def _hash_file(descriptor: int, started: Hasher) -> int:
    """Hash the content of an open file and return its size."""
    buffer = memoryview(bytearray(_BLOCK))
    os.lseek(descriptor, 0, os.SEEK_SET)
    size = 0
    while amount := os.readv(descriptor, [buffer]):
        started.update(buffer[:amount])
        size += amount
    return size
