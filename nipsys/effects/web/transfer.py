"""One resource: over its addresses, through redirects, resumed, until its bytes are proven or every way has failed."""

import errno
import os
import threading
from typing import NamedTuple

from nipsys.effects import openpgp
from nipsys.effects.web.partial import part_of, put
from nipsys.effects.web.receive import Intake, judged, unfit, verified
from nipsys.effects.web.redirects import Redirects
from nipsys.effects.web.transport import Pace, Patience, RateGuard, Refused, Reply, Transport
from nipsys.model.digest import digest_of, short
from nipsys.model.package.resource import Resource, shown
from nipsys.model.problem import Problem, Rejected, reject
from nipsys.model.value import replace

_BUFFER = 1 << 18
_SIGNATURE_LIMIT = 1 << 18
_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0
_HINTS = {
    "unreachable": "check the network and the mirror's address, or name another with `mirror=`",
    "not-found": "the mirror may have dropped it since the lock was made: `nipsys update` takes what is there now",
    "never-found": "the address is made of the source's settings: check `mirror=` and what else names a part of it",
    "wrong-digest": "nothing was kept; try another mirror, or `nipsys update` if the archive has changed",
    "too-slow": "try another mirror",
    "offline": "run once without `--offline`",
}


class Fetched(NamedTuple):
    """A resource that is there, or is known not to be."""

    resource: Resource
    """As asked for, with the address that answered moved to the front."""
    path: str | None
    """The verified file (for a clear-signed one: its plain text); ``None`` when an optional resource does not exist or has not changed."""
    digest: str = ""
    """Of the file, ``sha256:<hex>`` when the resource names no algorithm."""
    unchanged: bool = False
    """The server says that what ``headers`` described (``If-None-Match``, ``If-Modified-Since``) still holds."""
    headers: tuple[tuple[str, str], ...] = ()
    """``etag`` and ``last-modified``, for the next time."""
    cached: bool = False
    """It was there already."""


class Traffic:
    """Bytes that came, counted across workers, and the word to stop."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._moved = 0
        self._down: set[str] = set()

    def moved(self, amount: int) -> None:
        """Count bytes."""
        with self._lock:
            self._moved += amount

    def drawn(self) -> int:
        """Return the bytes counted since the last call."""
        with self._lock:
            moved, self._moved = self._moved, 0
        return moved

    def down(self, host: str) -> None:
        """Remember a host that could not be reached in all attempts."""
        with self._lock:
            self._down.add(host)

    def is_down(self, host: str) -> bool:
        """Return whether a host was given up."""
        return host in self._down


class Transfer:
    """Fetches one resource after the other into a directory; each worker has its own."""

    def __init__(self, transport: Transport, patience: Patience, pace: Pace, directory: str, traffic: Traffic) -> None:
        """Fetch into ``directory``, which is made when needed."""
        self._transport, self._patience, self._pace = transport, patience, pace
        self._directory, self._traffic = directory, traffic
        self._buffer = memoryview(bytearray(_BUFFER))

    def fetch(self, resource: Resource) -> Fetched:
        """Return the verified file; ``Rejected`` (kind ``source``) with one problem that tells every address and why it failed.

        What is wrong with this machine (no space, no ``gpgv``) is a ``Rejected`` of kind ``host``.
        """
        try:
            return self._fetch(resource)
        except OSError as error:
            raise unwritable(self._directory, error) from error

    def _fetch(self, resource: Resource) -> Fetched:
        target = os.path.join(self._directory, name_of(resource))
        if resource.digest and os.path.exists(target):
            if verified(target, resource) and self._sealed(target, resource):
                self._traffic.moved(resource.size or 0)
                return Fetched(resource, target, resource.digest, cached=True)
            os.unlink(target)
        return self._rounds(resource, target)

    def _rounds(self, resource: Resource, target: str) -> Fetched:
        """Try every address in order, round after round while a failure may pass."""
        failures: dict[str, Refused] = {}
        waiting = list(dict.fromkeys(resource.urls))
        for attempt in range(self._patience.attempts):
            if attempt:
                self._pace.sleep(max(self._patience.backoff * 2 ** (attempt - 1), *(failures[url].wait for url in waiting), 0.0))
            for url in tuple(waiting):
                if self._traffic.stop.is_set():
                    raise Rejected((Problem("stopped", f"the fetch of `{resource.role}` was stopped"),), "source")
                try:
                    return self._one(resource, url, target)
                except Refused as error:
                    failures[url] = error
                    if not error.transient or self._traffic.is_down(_host(url)):
                        waiting.remove(url)
            if not waiting:
                break
        for url, refused in failures.items():
            if refused.code == "unreachable":
                self._traffic.down(_host(url))
        if resource.optional and failures and all(refused.code == "not-found" for refused in failures.values()):
            return Fetched(resource, None)
        raise Rejected((_problem(resource, failures),), "source")

    def _one(self, resource: Resource, url: str, target: str) -> Fetched:
        """Fetch from one address, check, and put the file in its place: what is small at once, the rest by way of a part file."""
        reply = None
        if not os.path.exists(f"{target}.part"):
            reply = self._reply(resource, url, 0)
            if reply.status == 200 and _small(reply) and not resource.seal:
                return self._whole(resource, reply, url, target)
        try:
            with part_of(target) as (descriptor, path):
                if reply is None:
                    reply = self._reply(resource, url, os.fstat(descriptor).st_size if resource.digest else 0)
                if reply.status == 304:
                    return Fetched(_first(resource, url), None, unchanged=True)
                digest = self._receive(resource, reply, descriptor).finish()
                self._open_seal(resource, url, path, target)
                if not (resource.seal and not resource.seal.detached):
                    os.rename(path, target)
        finally:
            if reply is not None:
                reply.close()
        return Fetched(_first(resource, url), target, digest, headers=_kept(reply))

    def _whole(self, resource: Resource, reply: Reply, url: str, target: str) -> Fetched:
        """Take in a body that fits the buffer: nothing is written before it was checked."""
        try:
            size = self._filled(resource, reply)
        finally:
            reply.close()
        data = self._buffer[:size]
        digest = judged(data, resource)
        put(data, target)
        return Fetched(_first(resource, url), target, digest, headers=_kept(reply))

    def _filled(self, resource: Resource, reply: Reply) -> int:
        """Fill the buffer with a body that fits it; give its size."""
        expected, size = int(reply.headers["content-length"]), 0
        if wrong := unfit(resource, expected):
            raise Refused(*wrong)
        guard = RateGuard(self._patience, self._pace)
        while amount := reply.readinto(self._buffer[size : expected + 1]):
            size += amount
            self._traffic.moved(amount)
            guard.took(amount)
            self._go_on()
        if size != expected:
            raise Refused("truncated", f"the body has {size} bytes where {expected} were announced", transient=True)
        return size

    def _receive(self, resource: Resource, reply: Reply, descriptor: int) -> Intake:
        """Stream a body into the part file through the checks."""
        intake = Intake(descriptor, resource, resumed=reply.status == 206)
        expected = reply.headers.get("content-length", "")
        left = int(expected) if expected.isdigit() else None
        if left is not None:
            intake.announce(left)
        guard = RateGuard(self._patience, self._pace)
        while amount := reply.readinto(self._buffer):
            self._go_on()
            intake.take(self._buffer[:amount])
            self._traffic.moved(amount)
            guard.took(amount)
            if left is not None:
                left -= amount
        if left:
            raise Refused("truncated", f"the body ends {left} bytes early", transient=True)
        return intake

    def _reply(self, resource: Resource, url: str, have: int) -> Reply:
        """Ask, from where a kept part ends, and judge the status."""
        redirects = Redirects(self._transport, self._patience.redirects)
        sent = dict(resource.headers)
        if have:
            sent["Range"] = f"bytes={have}-"
        reply = redirects.open(url, sent)
        if have and reply.status == 206 and not reply.headers.get("content-range", "").startswith(f"bytes {have}-"):
            reply.close()
            raise Refused("bad-answer", "it answers with another range than asked for")
        if have and reply.status == 416:
            reply.close()
            del sent["Range"]
            reply = redirects.open(url, sent)
        if reply.status in {200, 304} or (have and reply.status == 206):
            return reply
        status, wait = reply.status, reply.headers.get("retry-after", "")
        reply.close()
        if status in _GONE:
            raise Refused("not-found", "it is not there")
        pause = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else 0.0
        raise Refused("bad-answer", f"it answers with status {status}", transient=status in _BUSY, wait=pause)

    def _go_on(self) -> None:
        """Refuse to when the fetch was left, perhaps long ago: what has come since is not written."""
        if self._traffic.stop.is_set():
            raise Refused("stopped", "the fetch was stopped")

    def _open_seal(self, resource: Resource, url: str, path: str, target: str) -> None:
        """Check the signature, if one must hold; the plain text of a clear-signed file becomes the target."""
        if resource.seal is None:
            return
        try:
            if not resource.seal.detached:
                plain = f"{path}.plain"
                signed = openpgp.open_clear(path, plain, resource.seal, url)
                os.rename(plain, target)
                _remember(target, signed.fingerprints)
                os.unlink(path)
                return
            signature = self._signature(resource, target)
            signed = openpgp.check_detached(signature, path, resource.seal, url)
            _remember(target, signed.fingerprints)
        except Rejected as error:
            os.truncate(path, 0)
            if error.kind != "source":
                raise
            problem = error.problems[0]
            beside = (f"the signature is that of `{address}`" for address in resource.seal.detached)
            raise Refused(problem.code, problem.message, *problem.notes, *beside) from error

    def _signature(self, resource: Resource, target: str) -> str:
        """Fetch the detached signature beside the file."""
        assert resource.seal is not None
        asked = Resource(f"{resource.role} (signature)", resource.seal.detached, _SIGNATURE_LIMIT)
        try:
            return str(self._rounds(asked, f"{target}.sig").path)
        except Rejected as error:
            problem = error.problems[0]
            raise Refused("bad-signature", "its signature cannot be fetched", problem.message, *problem.notes) from error

    def _sealed(self, target: str, resource: Resource) -> bool:
        """Check the detached signature of a cached file again with today's keyrings."""
        if resource.seal is None or not resource.seal.detached:
            return True
        try:
            openpgp.check_detached(f"{target}.sig", target, resource.seal, resource.role)
        except Rejected as error:
            if error.kind == "host":
                raise
            return False
        return True


def _remember(target: str, fingerprints: tuple[str, ...]) -> None:
    """Keep beside a file which keys signed it: an audit names them."""
    with open(os.path.join(os.path.dirname(target), f"signer-{os.path.basename(target)}"), "w", encoding="ascii") as stream:
        stream.write("".join(f"{fingerprint}\n" for fingerprint in fingerprints))


def unwritable(directory: str, error: OSError) -> Rejected:
    """Say that the machine's own disk is in the way."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    hint = "free some space: `nipsys gc` drops what no generation needs" if full else "choose another root with `--root DIR`"
    return reject(
        "host", "disk-full" if full else "not-writable", f"`{directory}` cannot be written: {(error.strerror or '').lower()}", hint=hint
    )


def name_of(resource: Resource) -> str:
    """Return the file name a resource is kept under: its digest, or a name made of its addresses when it has none."""
    if resource.digest:
        return resource.digest.replace(":", "-")
    return "fresh-" + short(digest_of("\n".join((resource.role, *resource.urls)).encode(), "blake3"))


def _small(reply: Reply) -> bool:
    """Return whether a body is announced that fits the buffer with room to see that more comes."""
    length = reply.headers.get("content-length", "")
    return length.isdigit() and int(length) < _BUFFER


def _kept(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return what a later request can ask by whether anything has changed."""
    return tuple((name, reply.headers[name]) for name in ("etag", "last-modified") if name in reply.headers)


def _first(resource: Resource, url: str) -> Resource:
    if resource.urls[:1] == (url,):
        return resource
    return replace(resource, urls=tuple(dict.fromkeys((url, *resource.urls))))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _problem(resource: Resource, failures: dict[str, Refused]) -> Problem:
    """Tell the failure that matters most (bad bytes before silence), and each address with its own reason."""
    order = (
        "wrong-digest",
        "wrong-size",
        "too-large",
        "bad-signature",
        "redirect-loop",
        "too-slow",
        "truncated",
        "bad-answer",
        "not-found",
        "unreachable",
    )
    codes = [refused.code for refused in failures.values()]
    code = next((name for name in order if name in codes), codes[0] if codes else "unreachable")
    url, chosen = next(((url, refused) for url, refused in failures.items() if refused.code == code), ("", None))
    if chosen is None:
        return Problem("no-address", f"no address is known for `{called(resource)}`")
    locked = resource.digest or resource.size
    hint = _HINTS.get("never-found" if code == "not-found" and not locked else code)
    notes = list(chosen.notes)
    notes += [f"`{shown(other)}`: {refused.reason}" for other, refused in failures.items() if other != url]
    return Problem(code, f"`{called(resource)}` from `{shown(url)}` is refused: {chosen.reason}", notes=tuple(notes), hint=hint)


def called(resource: Resource) -> str:
    """Return a resource's role as people see it: some sources let theirs carry whole keys."""
    return resource.role if len(resource.role) <= 80 else f"{resource.role[:60]}..."
