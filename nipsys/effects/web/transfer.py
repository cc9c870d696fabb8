"""The fetch of one resource: over its addresses and redirects, resumed, until it is verified or every address has failed."""

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
    "unreachable": "check the network and the mirror's address, or set another with `mirror=`",
    "not-found": "the mirror may have removed it since the lock was made: `nipsys update` locks the versions it has now",
    "never-found": "the address is built from the source's settings: check `mirror=` and the other settings",
    "wrong-digest": "nothing was kept; try another mirror, or `nipsys update` if the archive has changed",
    "too-slow": "try another mirror",
    "offline": "run once without `--offline`",
}


class Fetched(NamedTuple):
    """A resource that was fetched, or is known not to exist or not to have changed."""

    resource: Resource
    """As requested, with the address that responded moved to the front."""
    path: str | None
    """The verified file (for a clear-signed one: its plain text); ``None`` when an optional resource does not exist or has not changed."""
    digest: str = ""
    """Digest of the file, ``sha256:<hex>`` when the resource names no algorithm."""
    unchanged: bool = False
    """The server says (status 304) that the version named by ``If-None-Match`` or ``If-Modified-Since`` is still current."""
    headers: tuple[tuple[str, str], ...] = ()
    """``etag`` and ``last-modified``, for the next request."""
    cached: bool = False
    """The file was in the directory already."""


class Traffic:
    """State shared by the workers: bytes received, hosts that are down, and the event that stops them."""

    def __init__(self) -> None:
        """Start with no bytes and no host down."""
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._moved = 0
        self._down: set[str] = set()

    def moved(self, amount: int) -> None:
        """Count received bytes."""
        with self._lock:
            self._moved += amount

    def drawn(self) -> int:
        """Return the bytes counted since the last call."""
        with self._lock:
            moved, self._moved = self._moved, 0
        return moved

    def down(self, host: str) -> None:
        """Remember a host that was unreachable in all attempts."""
        with self._lock:
            self._down.add(host)

    def is_down(self, host: str) -> bool:
        """Return whether a host was given up."""
        return host in self._down


class Transfer:
    """Fetches resources one after the other into a directory; each worker has its own transfer."""

    def __init__(self, transport: Transport, patience: Patience, pace: Pace, directory: str, traffic: Traffic) -> None:
        """Fetch into ``directory``, which must exist."""
        self._transport, self._patience, self._pace = transport, patience, pace
        self._directory, self._traffic = directory, traffic
        self._buffer = memoryview(bytearray(_BUFFER))

    def fetch(self, resource: Resource) -> Fetched:
        """Return the verified file; ``Rejected`` (kind ``source``) with one problem that lists every address and why it failed.

        Problems of this machine (no space, no ``gpgv``) are a ``Rejected`` of kind ``host``.
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
        """Try every address in order, in several rounds while failures are transient."""
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
        """Fetch from one address, verify, and put the file in place: a small one from memory, others by way of a part file."""
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
        """Receive a body that fits the buffer: it is verified before anything is written."""
        try:
            size = self._filled(resource, reply)
        finally:
            reply.close()
        data = self._buffer[:size]
        digest = judged(data, resource)
        put(data, target)
        return Fetched(_first(resource, url), target, digest, headers=_kept(reply))

    def _filled(self, resource: Resource, reply: Reply) -> int:
        """Fill the buffer with a body that fits it; return its size."""
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
        """Stream a body into the part file; the returned intake has checked all but the digest."""
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
        """Send the request, from the end of a kept part on, and check the status."""
        redirects = Redirects(self._transport, self._patience.redirects)
        sent = dict(resource.headers)
        if have:
            sent["Range"] = f"bytes={have}-"
        reply = redirects.open(url, sent)
        if have and reply.status == 206 and not reply.headers.get("content-range", "").startswith(f"bytes {have}-"):
            reply.close()
            raise Refused("bad-answer", "it returns a different range than requested")
        if have and reply.status == 416:
            reply.close()
            del sent["Range"]
            reply = redirects.open(url, sent)
        if reply.status in {200, 304} or (have and reply.status == 206):
            return reply
        status, wait = reply.status, reply.headers.get("retry-after", "")
        reply.close()
        if status in _GONE:
            raise Refused("not-found", "it does not exist")
        pause = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else 0.0
        raise Refused("bad-answer", f"it responds with status {status}", transient=status in _BUSY, wait=pause)

    def _go_on(self) -> None:
        """Raise ``Refused`` when the fetch was stopped, perhaps long ago: what arrives after that is not written."""
        if self._traffic.stop.is_set():
            raise Refused("stopped", "the fetch was stopped")

    def _open_seal(self, resource: Resource, url: str, path: str, target: str) -> None:
        """Verify the signature, if one is required; the plain text of a clear-signed file becomes the target."""
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
            origins = (f"the signature is from `{address}`" for address in resource.seal.detached)
            raise Refused(problem.code, problem.message, *problem.notes, *origins) from error

    def _signature(self, resource: Resource, target: str) -> str:
        """Fetch the detached signature and return its path, next to the file."""
        assert resource.seal is not None
        asked = Resource(f"{resource.role} (signature)", resource.seal.detached, _SIGNATURE_LIMIT)
        try:
            return str(self._rounds(asked, f"{target}.sig").path)
        except Rejected as error:
            problem = error.problems[0]
            raise Refused("bad-signature", "its signature cannot be fetched", problem.message, *problem.notes) from error

    def _sealed(self, target: str, resource: Resource) -> bool:
        """Return whether the detached signature of a cached file is valid with the current keyrings."""
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
    """Write next to a file which keys signed it: an audit reports them."""
    with open(os.path.join(os.path.dirname(target), f"signer-{os.path.basename(target)}"), "w", encoding="ascii") as stream:
        stream.write("".join(f"{fingerprint}\n" for fingerprint in fingerprints))


def unwritable(directory: str, error: OSError) -> Rejected:
    """Return the rejection for a directory of this machine that cannot be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    hint = "free some space: `nipsys gc` removes what no generation needs" if full else "choose another root with `--root DIR`"
    return reject(
        "host", "disk-full" if full else "not-writable", f"`{directory}` cannot be written: {(error.strerror or '').lower()}", hint=hint
    )


def name_of(resource: Resource) -> str:
    """Return the file name of a resource: its digest, or a name made from its role and addresses when it has none."""
    if resource.digest:
        return resource.digest.replace(":", "-")
    return "fresh-" + short(digest_of("\n".join((resource.role, *resource.urls)).encode(), "blake3"))


def _small(reply: Reply) -> bool:
    """Return whether the announced body fits the buffer, with one byte to spare to detect a longer one."""
    length = reply.headers.get("content-length", "")
    return length.isdigit() and int(length) < _BUFFER


def _kept(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return the headers by which a later request can ask whether anything has changed."""
    return tuple((name, reply.headers[name]) for name in ("etag", "last-modified") if name in reply.headers)


def _first(resource: Resource, url: str) -> Resource:
    if resource.urls[:1] == (url,):
        return resource
    return replace(resource, urls=tuple(dict.fromkeys((url, *resource.urls))))


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _problem(resource: Resource, failures: dict[str, Refused]) -> Problem:
    """Return the problem of the most important failure (bad bytes before no response), with the reasons of the other addresses as notes."""
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
    """Return a resource's role for messages, shortened: some sources put whole keys into it."""
    return resource.role if len(resource.role) <= 80 else f"{resource.role[:60]}..."
