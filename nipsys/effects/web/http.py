"""HTTP/1.1 over persistent connections, through a proxy when the environment names one."""

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
from nipsys.effects.web.connection import Body, Connection, ResponseHead
from nipsys.effects.web.transport import FetchError, FetchPolicy, SystemTimer, Timer

_DRAIN = 1 << 16
"""An unwanted body (of a redirect, say) of up to this many bytes is read to keep the connection; for a longer one it is closed."""
_find_forbidden = re.compile(r"[\x00-\x20\x7f-\U0010ffff]").search
"""Characters that no address may have: they would end the request line, or be read differently by different servers."""


class _Route(NamedTuple):
    """Where a connection leads, and what every request on it has in common: equal routes share connections."""

    scheme: str
    host: str
    port: int
    proxy: str
    prefix: str
    """What precedes the path in the request line: scheme and host when a proxy reads it, else nothing."""
    lines: str
    """Headers of every request."""


class HttpTransport:
    """Requests over a pool of persistent connections; thread-safe."""

    def __init__(self, patience: FetchPolicy, pace: Timer | None = None) -> None:
        """Start with an empty pool."""
        self._patience, self._pace = patience, pace or SystemTimer()
        self._idle: dict[_Route, list[Connection]] = {}
        self._routes: dict[str, _Route] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def open(self, url: str, headers: Mapping[str, str]) -> "HttpReply":
        """Send one GET; when the server has closed a pooled connection, try once more on a new one."""
        route, request = self._build_request(url, headers)
        kept = self._acquire(route)
        if kept is not None:
            try:
                return self._send(kept, route, request)
            except (OSError, FetchError):
                pass
        try:
            return self._send(self._connect(route), route, request)
        except ssl.SSLCertVerificationError as error:
            raise FetchError("untrusted-server", f"the certificate of `{route.host}` is not trusted: {error.verify_message}") from error
        except OSError as error:
            raise FetchError("unreachable", f"`{route.host}` cannot be reached: {_reason(error)}", transient=True) from error

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def __del__(self) -> None:
        """Close idle connections."""
        self.close()

    def release(self, route: _Route, connection: Connection) -> None:
        """Put a connection back into the pool after its response was read to the end."""
        with self._lock:
            self._idle.setdefault(route, []).append(connection)

    def _acquire(self, route: _Route) -> Connection | None:
        with self._lock:
            idle = self._idle.get(route)
            return idle.pop() if idle else None

    def _build_request(self, url: str, headers: Mapping[str, str]) -> tuple[_Route, bytes]:
        """Return the route to an address and the request to send."""
        if _find_forbidden(url):
            raise FetchError("bad-address", "the address has characters that must be percent-encoded")
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
            head = connection.send_request(request)
            return HttpReply(self, route, connection, head)
        except BaseException:
            connection.close()
            raise

    def _connect(self, route: _Route) -> Connection:
        host, port = route.host, route.port
        if route.proxy:
            proxy = urlsplit(route.proxy)
            host, port = proxy.hostname or "", proxy.port or 8080
        sock = socket.create_connection((host, port), self._patience.connect_timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.scheme == "https":
                if route.proxy:
                    self._tunnel(sock, route, proxy)
                    sock.settimeout(self._patience.connect_timeout)
                self._context = self._context or ssl.create_default_context()
                sock = self._context.wrap_socket(sock, server_hostname=route.host)
        except BaseException:
            sock.close()
            raise
        return Connection(sock, self._patience, self._pace)

    def _tunnel(self, sock: socket.socket, route: _Route, proxy: SplitResult) -> None:
        """Ask a proxy for a tunnel to the host."""
        place = f"{_bracket(route.host)}:{route.port}"
        request = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{_credentials_line(proxy, 'Proxy-Authorization')}\r\n"
        head = Connection(sock, self._patience, self._pace).send_request(request.encode("latin-1"))
        if head.status != 200:
            raise FetchError(
                "unreachable", f"the proxy `{proxy.hostname}` responds with status {head.status}", transient=head.status >= 500
            )


class HttpReply:
    """A response over HTTP."""

    def __init__(self, pool: HttpTransport, route: _Route, connection: Connection, head: ResponseHead) -> None:
        """Hold the connection until the body was read or is abandoned."""
        self._pool, self._route, self._connection, self._head = pool, route, connection, head
        self.status, self.headers = head.status, head.headers
        self._body = Body(connection, head)

    def readinto(self, buffer: memoryview) -> int:
        """Read from the body; return the number of bytes, 0 at the end. Raises ``FetchError``."""
        try:
            return self._body.readinto(buffer)
        except OSError as error:
            raise FetchError("truncated", f"the connection broke: {_reason(error)}", transient=True) from error

    def close(self) -> None:
        """Return the connection to the pool when little or nothing of the body is left, else close it."""
        body, connection = self._body, self._connection
        if body.delimited and not body.ended and body.left <= _DRAIN:
            self._drain()
        if body.ended and body.delimited and self._head.keep_alive and connection.drained:
            self._pool.release(self._route, connection)
        else:
            connection.close()

    def _drain(self) -> None:
        room = memoryview(bytearray(_DRAIN))
        taken = 0
        try:
            while taken <= _DRAIN and (amount := self._body.readinto(room)):
                taken += amount
        except (OSError, FetchError):
            self._connection.close()


def _route(parts: SplitResult) -> _Route:
    host = parts.hostname or ""
    if not host:
        raise FetchError("bad-address", "the address has no host")
    usual = 443 if parts.scheme == "https" else 80
    try:
        port = parts.port or usual
    except ValueError as error:
        raise FetchError("bad-address", "the port of the address is invalid") from error
    proxy = "" if _is_bypassed(host, port) else _find_proxy(parts.scheme)
    proxy = proxy if "://" in proxy or not proxy else f"http://{proxy}"
    named = _bracket(host) + ("" if port == usual else f":{port}")
    lines = f"Host: {named}\r\nAccept-Encoding: identity\r\nUser-Agent: nipsys/{nipsys.__version__}\r\n{_credentials_line(parts)}"
    if proxy and parts.scheme == "http":
        return _Route(parts.scheme, host, port, proxy, f"http://{named}", lines + _credentials_line(urlsplit(proxy), "Proxy-Authorization"))
    return _Route(parts.scheme, host, port, proxy, "", lines)


def _bracket(host: str) -> str:
    """Put an IPv6 address in brackets, as URLs have it."""
    return f"[{host}]" if ":" in host else host


def _find_proxy(scheme: str) -> str:
    """Return the proxy that the environment names for a scheme; ``HTTP_PROXY`` in capitals is ignored, as a CGI client can set it."""
    names = (f"{scheme}_proxy", "HTTPS_PROXY" if scheme == "https" else "", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _is_bypassed(host: str, port: int) -> bool:
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for entry in filter(None, (word.strip().lower().lstrip("*").lstrip(".") for word in listed.split(","))):
        name, _, only = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if (not only or only == str(port)) and (host == name or host.endswith(f".{name}")):
            return True
    return any(word.strip() == "*" for word in listed.split(","))


def _credentials_line(parts: SplitResult, header: str = "Authorization") -> str:
    """Turn ``user:password@`` of an address into a header line; empty when there is none."""
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"{header}: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


def _reason(error: Exception) -> str:
    """Return in a few words what went wrong with a connection."""
    match error:
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return "no answer in time"
        case OSError() if error.strerror:
            return error.strerror.lower()
        case _:
            return str(error) or type(error).__name__
