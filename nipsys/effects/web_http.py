"""HTTP/1.1 over kept connections: http.client, a proxy when the environment names one, and a socket that will not wait for ever."""

import base64
import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import nipsys
from nipsys.effects.web_transport import Pace, Patience, RateGuard, RealPace, Refused

_DRAIN = 1 << 16
"""An unwanted body (of a redirect, say) up to this size is read to keep the connection; a longer one costs the connection."""


class _Route(NamedTuple):
    """Where a connection leads: equal routes share connections."""

    scheme: str
    host: str
    port: int
    proxy: str


class HttpTransport:
    """Requests over a pool of kept connections; safe to use from several threads."""

    def __init__(self, patience: Patience, pace: Pace | None = None) -> None:
        """Start with no connection."""
        self._patience, self._pace = patience, pace or RealPace()
        self._idle: dict[_Route, list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def open(self, url: str, headers: Mapping[str, str]) -> "HttpReply":
        """Send one GET; a kept connection that the server has closed meanwhile is replaced once."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise Refused("bad-address", "the address names no host")
        route = _route(parts)
        sent = {"Accept-Encoding": "identity", "User-Agent": f"nipsys/{nipsys.__version__}", **_credentials(parts), **headers}
        kept = self._take(route)
        if kept is not None:
            try:
                return self._send(kept, route, parts, sent)
            except (OSError, http.client.HTTPException, Refused):
                kept.close()
        try:
            return self._send(self._connect(route), route, parts, sent)
        except ssl.SSLCertVerificationError as error:
            raise Refused("untrusted-server", f"the certificate of `{route.host}` is not trusted: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Refused("unreachable", f"`{route.host}` cannot be reached: {_reason(error)}", transient=True) from error

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def __del__(self) -> None:
        """Close what is idle when nobody fetches any more."""
        self.close()

    def keep(self, route: _Route, connection: http.client.HTTPConnection) -> None:
        """Put a connection back whose reply was read to its end."""
        with self._lock:
            self._idle.setdefault(route, []).append(connection)

    def _take(self, route: _Route) -> http.client.HTTPConnection | None:
        with self._lock:
            idle = self._idle.get(route)
            return idle.pop() if idle else None

    def _send(self, connection: http.client.HTTPConnection, route: _Route, parts: SplitResult, headers: Mapping[str, str]) -> "HttpReply":
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if route.proxy and route.scheme == "http":
            target = f"http://{parts.netloc.rpartition('@')[2]}{target}"
        try:
            connection.request("GET", target, headers=dict(headers))
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        return HttpReply(self, route, connection, response)

    def _connect(self, route: _Route) -> http.client.HTTPConnection:
        host, port = route.host, route.port
        if route.proxy:
            proxy = urlsplit(route.proxy if "://" in route.proxy else f"http://{route.proxy}")
            host, port = proxy.hostname or "", proxy.port or 8080
        connection: http.client.HTTPConnection
        if route.scheme == "https":
            self._context = self._context or ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, timeout=self._patience.connect, context=self._context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._patience.connect)
        if route.proxy and route.scheme == "https":
            connection.set_tunnel(route.host, route.port, headers=_credentials(proxy, "Proxy-Authorization"))
        connection.response_class = self._response  # type: ignore[assignment]
        return connection

    def _response(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> http.client.HTTPResponse:
        """Make a response whose socket is read through ``_Patient``."""
        response = http.client.HTTPResponse(sock, debuglevel, method, url)
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_Patient(raw, sock, RateGuard(self._patience, self._pace)))
        return response


class _Patient(io.RawIOBase):
    """A socket's stream that judges its rate below every buffer, so that neither headers nor body can drip."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, guard: RateGuard) -> None:
        self._raw, self._guard = raw, guard
        sock.settimeout(guard.window)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            amount = self._raw.readinto(buffer)
        except TimeoutError:
            self._guard.took(0)
            raise Refused("too-slow", "it sent nothing for too long", transient=True) from None
        self._guard.took(amount or 0)
        return amount or 0

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class HttpReply:
    """An answer over HTTP."""

    def __init__(
        self, pool: HttpTransport, route: _Route, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        """Hold the connection until the body was read or given up."""
        self._pool, self._route, self._connection, self._response = pool, route, connection, response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def readinto(self, buffer: memoryview) -> int:
        """Read from the body."""
        try:
            return self._response.readinto(buffer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Refused("truncated", f"the connection broke: {_reason(error)}", transient=True) from error

    def close(self) -> None:
        """Keep the connection when nothing of the body is left, or little that can be read away."""
        response, connection = self._response, self._connection
        try:
            if not response.isclosed() and response.length is not None and response.length <= _DRAIN:
                response.read()
        except (OSError, http.client.HTTPException, Refused):
            pass
        reusable = response.isclosed() and not response.will_close and connection.sock is not None
        response.close()
        if reusable:
            self._pool.keep(self._route, connection)
        else:
            connection.close()


def _route(parts: SplitResult) -> _Route:
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Refused("bad-address", "the address names no port that exists") from error
    return _Route(parts.scheme, host, port, "" if _bypassed(host, port) else _proxy(parts.scheme))


def _proxy(scheme: str) -> str:
    """Give the proxy the environment names for a scheme; ``HTTP_PROXY`` in capitals is what a CGI client can set, so it does not count."""
    names = (f"{scheme}_proxy", "HTTPS_PROXY" if scheme == "https" else "", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _bypassed(host: str, port: int) -> bool:
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for entry in filter(None, (word.strip().lower().lstrip("*").lstrip(".") for word in listed.split(","))):
        name, _, only = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if (not only or only == str(port)) and (host == name or host.endswith(f".{name}")):
            return True
    return any(word.strip() == "*" for word in listed.split(","))


def _credentials(parts: SplitResult, header: str = "Authorization") -> dict[str, str]:
    """Turn ``user:password@`` of an address into a header."""
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {header: "Basic " + base64.b64encode(pair.encode()).decode()}


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong with a connection."""
    match error:
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return "no answer in time"
        case http.client.RemoteDisconnected():
            return "the server closed the connection"
        case OSError() if error.strerror:
            return error.strerror.lower()
        case _:
            return str(error) or type(error).__name__
