"""The fetch of one resource: over its addresses and redirects, resumed, until it is verified or every address has failed."""

import os
import threading
from typing import NamedTuple

from nipsys.effects import openpgp
from nipsys.effects.web.failures import describe_failures, reject_unwritable
from nipsys.effects.web.partial import open_part, write_atomically
from nipsys.effects.web.receive import Receiver, check_digest, find_length_error, is_intact
from nipsys.effects.web.redirects import RedirectFollower
from nipsys.effects.web.transport import FetchError, FetchPolicy, RateGuard, Reply, Timer, Transport, parse_number
from nipsys.model import Problem, Rejected, digest_of, replace, shorten_digest
from nipsys.model.package import Resource, hide_password

_BUFFER = 1 << 18
_SIGNATURE_LIMIT = 1 << 18
_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0


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

    def count(self, amount: int) -> None:
        """Count received bytes."""
        with self._lock:
            self._moved += amount

    def drain(self) -> int:
        """Return the bytes counted since the last call."""
        with self._lock:
            moved, self._moved = self._moved, 0
        return moved

    def mark_down(self, host: str) -> None:
        """Remember a host that was unreachable in all attempts."""
        with self._lock:
            self._down.add(host)

    def is_down(self, host: str) -> bool:
        """Return whether a host was given up."""
        return host in self._down


class Transfer:
    """Fetches resources one after the other into a directory; each worker has its own transfer."""

    def __init__(self, transport: Transport, patience: FetchPolicy, pace: Timer, directory: str, traffic: Traffic) -> None:
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
            raise reject_unwritable(self._directory, error) from error

    def _fetch(self, resource: Resource) -> Fetched:
        target = os.path.join(self._directory, file_name_of(resource))
        if resource.digest and os.path.exists(target):
            if is_intact(target, resource) and self._is_still_signed(target, resource):
                self._traffic.count(resource.size or 0)
                return Fetched(resource, target, resource.digest, cached=True)
            os.unlink(target)
        return self._try_addresses(resource, target)

    def _try_addresses(self, resource: Resource, target: str) -> Fetched:
        """Try every address in order, in several rounds while failures are transient."""
        failures: dict[str, FetchError] = {}
        waiting = list(dict.fromkeys(resource.urls))
        for attempt in range(self._patience.attempts):
            if attempt:
                self._pace.sleep(max(self._patience.backoff * 2 ** (attempt - 1), *(failures[url].wait for url in waiting), 0.0))
            for url in tuple(waiting):
                if self._traffic.stop.is_set():
                    raise Rejected((Problem("stopped", f"the fetch of `{resource.role}` was stopped"),), "source")
                try:
                    return self._fetch_from(resource, url, target)
                except FetchError as error:
                    failures[url] = error
                    if not error.transient or self._traffic.is_down(_host_of(url)):
                        waiting.remove(url)
            if not waiting:
                break
        for url, refused in failures.items():
            if refused.code == "unreachable":
                self._traffic.mark_down(_host_of(url))
        if resource.optional and failures and all(refused.code == "not-found" for refused in failures.values()):
            return Fetched(resource, None)
        raise Rejected((describe_failures(resource, failures),), "source")

    def _fetch_from(self, resource: Resource, url: str, target: str) -> Fetched:
        """Fetch from one address, verify, and put the file in place: a small one from memory, others by way of a part file."""
        reply = None
        if not os.path.exists(f"{target}.part"):
            reply = self._request(resource, url, 0)
            if reply.status == 200 and _fits_buffer(reply) and not resource.signature_policy:
                return self._receive_small(resource, reply, url, target)
        try:
            with open_part(target) as (descriptor, path):
                if reply is None:
                    reply = self._request(resource, url, os.fstat(descriptor).st_size if resource.digest else 0)
                if reply.status == 304:
                    return Fetched(_with_url_first(resource, url), None, unchanged=True)
                digest = self._receive(resource, reply, descriptor).finish()
                self._check_signature(resource, url, path, target)
                if not (resource.signature_policy and not resource.signature_policy.detached):
                    os.rename(path, target)
        finally:
            if reply is not None:
                reply.close()
        return Fetched(_with_url_first(resource, url), target, digest, headers=_validators(reply))

    def _receive_small(self, resource: Resource, reply: Reply, url: str, target: str) -> Fetched:
        """Receive a body that fits the buffer: it is verified before anything is written."""
        try:
            size = self._fill_buffer(resource, reply)
        finally:
            reply.close()
        data = self._buffer[:size]
        digest = check_digest(data, resource)
        write_atomically(data, target)
        return Fetched(_with_url_first(resource, url), target, digest, headers=_validators(reply))

    def _fill_buffer(self, resource: Resource, reply: Reply) -> int:
        """Fill the buffer with a body that fits it; return its size."""
        expected, size = int(reply.headers["content-length"]), 0
        if wrong := find_length_error(resource, expected):
            raise wrong
        guard = RateGuard(self._patience, self._pace)
        while amount := reply.readinto(self._buffer[size : expected + 1]):
            size += amount
            self._traffic.count(amount)
            guard.count(amount)
            self._check_stopped()
        if size != expected:
            raise FetchError("truncated", f"the body has {size} bytes where {expected} were announced", transient=True)
        return size

    def _receive(self, resource: Resource, reply: Reply, descriptor: int) -> Receiver:
        """Stream a body into the part file; the returned intake has checked all but the digest."""
        intake = Receiver(descriptor, resource, resumed=reply.status == 206)
        left = parse_number(reply.headers.get("content-length", ""))
        if left is not None:
            intake.check_announced(left)
        guard = RateGuard(self._patience, self._pace)
        while amount := reply.readinto(self._buffer):
            self._check_stopped()
            intake.write(self._buffer[:amount])
            self._traffic.count(amount)
            guard.count(amount)
            if left is not None:
                left -= amount
        if left:
            raise FetchError("truncated", f"the body ends {left} bytes early", transient=True)
        return intake

    def _request(self, resource: Resource, url: str, have: int) -> Reply:
        """Send the request, from the end of a kept part on, and check the status."""
        redirects = RedirectFollower(self._transport, self._patience.max_redirects)
        sent = dict(resource.headers)
        if have:
            sent["Range"] = f"bytes={have}-"
        reply = redirects.open(url, sent)
        if have and reply.status == 206 and not reply.headers.get("content-range", "").startswith(f"bytes {have}-"):
            reply.close()
            raise FetchError("bad-answer", "it returns a different range than requested")
        if have and reply.status == 416:
            reply.close()
            del sent["Range"]
            reply = redirects.open(url, sent)
        if reply.status in {200, 304} or (have and reply.status == 206):
            return reply
        status, wait = reply.status, reply.headers.get("retry-after", "")
        reply.close()
        if status in _GONE:
            raise FetchError("not-found", "it does not exist")
        pause = min(parse_number(wait) or 0.0, _LONGEST_WAIT)
        raise FetchError("bad-answer", f"it responds with status {status}", transient=status in _BUSY, wait=pause)

    def _check_stopped(self) -> None:
        """Raise ``FetchError`` when the fetch was stopped, perhaps long ago: what arrives after that is not written."""
        if self._traffic.stop.is_set():
            raise FetchError("stopped", "the fetch was stopped")

    def _check_signature(self, resource: Resource, url: str, path: str, target: str) -> None:
        """Verify the signature, if one is required; the plain text of a clear-signed file becomes the target."""
        if resource.signature_policy is None:
            return
        try:
            if not resource.signature_policy.detached:
                plain = f"{path}.plain"
                signed = openpgp.verify_clearsigned(path, plain, resource.signature_policy, hide_password(url))
                os.rename(plain, target)
                _write_signers(target, signed.fingerprints)
                os.unlink(path)
                return
            signature = self._fetch_signature(resource, target)
            signed = openpgp.verify_detached(signature, path, resource.signature_policy, hide_password(url))
            _write_signers(target, signed.fingerprints)
        except Rejected as error:
            os.truncate(path, 0)
            if error.kind != "source":
                raise
            problem = error.problems[0]
            origins = (f"the signature is from `{hide_password(address)}`" for address in resource.signature_policy.detached)
            raise FetchError(problem.code, problem.message, *problem.notes, *origins) from error

    def _fetch_signature(self, resource: Resource, target: str) -> str:
        """Fetch the detached signature and return its path, next to the file."""
        assert resource.signature_policy is not None
        asked = Resource(f"{resource.role} (signature)", resource.signature_policy.detached, _SIGNATURE_LIMIT)
        try:
            return str(self._try_addresses(asked, f"{target}.sig").path)
        except Rejected as error:
            problem = error.problems[0]
            raise FetchError("bad-signature", "its signature cannot be fetched", problem.message, *problem.notes) from error

    def _is_still_signed(self, target: str, resource: Resource) -> bool:
        """Return whether the detached signature of a cached file is valid with the current keyrings."""
        if resource.signature_policy is None or not resource.signature_policy.detached:
            return True
        try:
            openpgp.verify_detached(f"{target}.sig", target, resource.signature_policy, resource.role)
        except Rejected as error:
            if error.kind == "host":
                raise
            return False
        return True


def _write_signers(target: str, fingerprints: tuple[str, ...]) -> None:
    """Write next to a file which keys signed it: an audit reports them."""
    with open(os.path.join(os.path.dirname(target), f"signer-{os.path.basename(target)}"), "w", encoding="ascii") as stream:
        stream.write("".join(f"{fingerprint}\n" for fingerprint in fingerprints))


def file_name_of(resource: Resource) -> str:
    """Return the file name of a resource: its digest, or a name made from its role and addresses when it has none."""
    if resource.digest:
        return resource.digest.replace(":", "-")
    return "fresh-" + shorten_digest(digest_of("\n".join((resource.role, *resource.urls)).encode(), "blake3"))


def _fits_buffer(reply: Reply) -> bool:
    """Return whether the announced body fits the buffer, with one byte to spare to detect a longer one."""
    length = parse_number(reply.headers.get("content-length", ""))
    return length is not None and length < _BUFFER


def _validators(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return the headers by which a later request can ask whether anything has changed."""
    return tuple((name, reply.headers[name]) for name in ("etag", "last-modified") if name in reply.headers)


def _with_url_first(resource: Resource, url: str) -> Resource:
    if resource.urls[:1] == (url,):
        return resource
    return replace(resource, urls=tuple(dict.fromkeys((url, *resource.urls))))


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]
