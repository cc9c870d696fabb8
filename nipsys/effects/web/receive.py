"""The door bytes come in by: counted, hashed and written as they stream; the first byte too many ends it."""

import os

from nipsys.effects.web.transport import Refused
from nipsys.model.digest import Hasher, digest_of, hasher
from nipsys.model.package.resource import Resource

_BLOCK = 1 << 20


class Intake:
    """Writes one body into an open file while checking it."""

    def __init__(self, descriptor: int, resource: Resource, *, resumed: bool) -> None:
        """Continue after what the file holds when ``resumed``, else start it anew."""
        self._descriptor, self._resource = descriptor, resource
        self._algorithm = _algorithm(resource)
        self._hasher = hasher(self._algorithm)
        self._bytes = 0
        if resumed:
            self._bytes = _hashed(descriptor, self._hasher)
        else:
            os.ftruncate(descriptor, 0)
        os.lseek(descriptor, self._bytes, os.SEEK_SET)
        self._resumed = resumed

    def announce(self, amount: int) -> None:
        """Take the server's word for how much is still to come: enough to refuse, never enough to accept."""
        if wrong := unfit(self._resource, self._bytes + amount):
            self._refuse(*wrong)

    def take(self, data: memoryview) -> None:
        """Take in a piece of the body."""
        self._bytes += len(data)
        bound = self._resource.limit if self._resource.size is None else self._resource.size
        if self._bytes > bound:
            self._refuse("too-large", f"it sends more than {bound} bytes")
        self._hasher.update(data)
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            os.ftruncate(self._descriptor, 0)  # a full disk needs the space more than we need the part
            raise

    def finish(self) -> str:
        """Judge the whole and give its digest; ``Refused`` drops what was kept."""
        size, found = self._resource.size, f"{self._algorithm}:{self._hasher.hexdigest()}"
        if size is not None and self._bytes < size:
            raise Refused("truncated", f"the body ends after {self._bytes} of {size} bytes", transient=True)
        if wrong := _other(self._resource, found):
            self._refuse(*wrong)
        return found

    def _refuse(self, code: str, reason: str, *notes: str) -> None:
        """Drop the part; one that was continued may be to blame for itself, so it is tried again from the start."""
        os.ftruncate(self._descriptor, 0)
        raise Refused(code, reason, *notes, transient=self._resumed)


def unfit(resource: Resource, total: int) -> tuple[str, str, str] | None:
    """Say what is wrong with a body of ``total`` bytes (code, reason, note), or ``None``."""
    size = resource.size
    if total > resource.limit and (size is None or total != size):
        return "too-large", f"it announces {total} bytes", f"at most {resource.limit} are taken"
    if size is not None and total != size:
        return "wrong-size", f"it announces {total} bytes", f"expected {size}"
    return None


def judged(data: memoryview, resource: Resource) -> str:
    """Return the digest of a whole body; ``Refused`` when it is not the one asked for."""
    found = digest_of(data, _algorithm(resource))
    if wrong := _other(resource, found):
        raise Refused(*wrong)
    return found


def _algorithm(resource: Resource) -> str:
    return resource.digest.partition(":")[0] if resource.digest else "sha256"


def _other(resource: Resource, found: str) -> tuple[str, ...] | None:
    if not resource.digest or found == resource.digest:
        return None
    return "wrong-digest", "it has another digest", f"expected `{resource.digest}`", f"got `{found}`"


def verified(path: str, resource: Resource) -> bool:
    """Return whether a file has the digest and size a resource must have."""
    assert resource.digest
    started = hasher(resource.digest.partition(":")[0])
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = _hashed(descriptor, started)
    finally:
        os.close(descriptor)
    return (resource.size is None or size == resource.size) and started.hexdigest() == resource.digest.partition(":")[2]


def _hashed(descriptor: int, started: Hasher) -> int:
    """Hash what an open file holds; give its size."""
    buffer = memoryview(bytearray(_BLOCK))
    os.lseek(descriptor, 0, os.SEEK_SET)
    size = 0
    while amount := os.readv(descriptor, [buffer]):
        started.update(buffer[:amount])
        size += amount
    return size
