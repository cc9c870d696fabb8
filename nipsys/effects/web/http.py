"""HTTP/1.1 over kept connections, by a proxy when the environment names one."""

import base64
import os
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import nipsys
from nipsys.effects.web.connection import Body, Connection, Head
from nipsys.effects.web.transport import Pace, Patience, RealPace, Refused

_DRAIN = 1 << 16
"""An unwanted body (of a redirect, say) up to this size is read to keep the connection; a longer one costs the connection."""
_UNFIT = re.compile(r"[\x00-\x20\x7f-\U0010ffff]").search
"""No address has these: they would end a request's line, or mean another to another reader."""


class _Route(NamedTuple):
    """Where a connection leads, and the lines every request on it begins with: equal routes share connections."""

    scheme: str
    host: str
    port: int
    proxy: str
    prefix: str
    """What stands before the path in a request's first line: the whole address, where a proxy reads it."""
    lines: str


class HttpTransport:
    """Requests over a pool of kept connections; safe to use from several threads."""

    def __init__(self, patience: Patience, pace: Pace | None = None) -> None:
        """Start with no connection."""
        self._patience, self._pace = patience, pace or RealPace()
        self._idle: dict[_Route, list[Connection]] = {}
        self._routes: dict[str, _Route] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def open(self, url: str, headers: Mapping[str, str]) -> "HttpReply":
        """Send one GET; a kept connection that the server has closed meanwhile is replaced once."""
        route, request = self._request(url, headers)
        kept = self._take(route)
        if kept is not None:
            try:
                return self._send(kept, route, request)
            except (OSError, Refused):
                pass
        try:
            return self._send(self._connect(route), route, request)
        except ssl.SSLCertVerificationError as error:
            raise Refused("untrusted-server", f"the certificate of `{route.host}` is not trusted: {error.verify_message}") from error
        except OSError as error:
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

    def keep(self, route: _Route, connection: Connection) -> None:
        """Put a connection back whose reply was read to its end."""
        with self._lock:
            self._idle.setdefault(route, []).append(connection)

    def _take(self, route: _Route) -> Connection | None:
        with self._lock:
            idle = self._idle.get(route)
            return idle.pop() if idle else None

    def _request(self, url: str, headers: Mapping[str, str]) -> tuple[_Route, bytes]:
        """Return the way to an address and what to send."""
        if _UNFIT(url):
            raise Refused("bad-address", "the address has letters that must be quoted")
        start = url.find("/", url.find("://") + 3)
        base = url if start < 0 else url[:start]
        if start < 0 or "?" in base or "#" in base:
            parts = urlsplit(url)
            base, target = f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        else:
            target = url[start:].partition("#")[0]
        route = self._routes.get(base)
        if route is None:
            route = self._routes[base] = _route(urlsplit(base))
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        return route, f"GET {route.prefix}{target} HTTP/1.1\r\n{route.lines}{lines}\r\n".encode("latin-1")

    def _send(self, connection: Connection, route: _Route, request: bytes) -> "HttpReply":
        try:
            head = connection.ask(request)
            return HttpReply(self, route, connection, head)
        except BaseException:
            connection.close()
            raise

    def _connect(self, route: _Route) -> Connection:
        host, port = route.host, route.port
        if route.proxy:
            proxy = urlsplit(route.proxy)
            host, port = proxy.hostname or "", proxy.port or 8080
        sock = socket.create_connection((host, port), self._patience.connect)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.scheme == "https":
                if route.proxy:
                    self._tunnel(sock, route, proxy)
                    sock.settimeout(self._patience.connect)
                self._context = self._context or ssl.create_default_context()
                sock = self._context.wrap_socket(sock, server_hostname=route.host)
        except BaseException:
            sock.close()
            raise
        return Connection(sock, self._patience, self._pace)

    def _tunnel(self, sock: socket.socket, route: _Route, proxy: SplitResult) -> None:
        """Ask a proxy to lead on to the host."""
        place = f"{_bracketed(route.host)}:{route.port}"
        request = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{_credentials(proxy, 'Proxy-Authorization')}\r\n"
        head = Connection(sock, self._patience, self._pace).ask(request.encode("latin-1"))
        if head.status != 200:
            raise Refused("unreachable", f"the proxy `{proxy.hostname}` answers with status {head.status}", transient=head.status >= 500)


class HttpReply:
    """An answer over HTTP."""

    def __init__(self, pool: HttpTransport, route: _Route, connection: Connection, head: Head) -> None:
        """Hold the connection until the body was read or given up."""
        self._pool, self._route, self._connection, self._head = pool, route, connection, head
        self.status, self.headers = head.status, head.headers
        self._body = Body(connection, head)

    def readinto(self, buffer: memoryview) -> int:
        """Read from the body."""
        try:
            return self._body.readinto(buffer)
        except OSError as error:
            raise Refused("truncated", f"the connection broke: {_reason(error)}", transient=True) from error

    def close(self) -> None:
        """Keep the connection when nothing of the body is left, or little that can be read away."""
        body, connection = self._body, self._connection
        if body.measured and not body.ended and body.left <= _DRAIN:
            self._drain()
        if body.ended and body.measured and self._head.kept and connection.drained:
            self._pool.keep(self._route, connection)
        else:
            connection.close()

    def _drain(self) -> None:
        room = memoryview(bytearray(_DRAIN))
        taken = 0
        try:
            while taken <= _DRAIN and (amount := self._body.readinto(room)):
                taken += amount
        except (OSError, Refused):
            self._connection.close()


def _route(parts: SplitResult) -> _Route:
    host = parts.hostname or ""
    if not host:
        raise Refused("bad-address", "the address names no host")
    usual = 443 if parts.scheme == "https" else 80
    try:
        port = parts.port or usual
    except ValueError as error:
        raise Refused("bad-address", "the address names no port that exists") from error
    proxy = "" if _bypassed(host, port) else _proxy(parts.scheme)
    proxy = proxy if "://" in proxy or not proxy else f"http://{proxy}"
    named = _bracketed(host) + ("" if port == usual else f":{port}")
    lines = f"Host: {named}\r\nAccept-Encoding: identity\r\nUser-Agent: nipsys/{nipsys.__version__}\r\n{_credentials(parts)}"
    if proxy and parts.scheme == "http":
        return _Route(parts.scheme, host, port, proxy, f"http://{named}", lines + _credentials(urlsplit(proxy), "Proxy-Authorization"))
    return _Route(parts.scheme, host, port, proxy, "", lines)


def _bracketed(host: str) -> str:
    """Write an IPv6 address as addresses have it."""
    return f"[{host}]" if ":" in host else host


def _proxy(scheme: str) -> str:
    """Return the proxy the environment names for a scheme; ``HTTP_PROXY`` in capitals is what a CGI client can set, so it does not count."""
    names = (f"{scheme}_proxy", "HTTPS_PROXY" if scheme == "https" else "", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _bypassed(host: str, port: int) -> bool:
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for entry in filter(None, (word.strip().lower().lstrip("*").lstrip(".") for word in listed.split(","))):
        name, _, only = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if (not only or only == str(port)) and (host == name or host.endswith(f".{name}")):
            return True
    return any(word.strip() == "*" for word in listed.split(","))


def _credentials(parts: SplitResult, header: str = "Authorization") -> str:
    """Turn ``user:password@`` of an address into a line of a request's head."""
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"{header}: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong with a connection."""
    match error:
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return "no answer in time"
        case OSError() if error.strerror:
            return error.strerror.lower()
        case _:
            return str(error) or type(error).__name__
