"""HTTP/1.1 over persistent connections, through a proxy when the environment names one."""

import http.client
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress

from nipsys.effects.web.address import Route, find_route, split_address
from nipsys.effects.web.connection import Connection, Incoming, describe_error
from nipsys.effects.web.transport import FetchError, FetchPolicy, SystemTimer, Timer

_DRAIN = 1 << 16
"""An unwanted body (of a redirect, say) of up to this many bytes is read to keep the connection; for a longer one it is closed."""


class HttpTransport:
    """Requests over a pool of persistent connections; thread-safe."""

    def __init__(self, patience: FetchPolicy, pace: Timer | None = None) -> None:
        """Start with an empty pool."""
        self._patience, self._pace = patience, pace or SystemTimer()
        self._idle: dict[Route, list[Connection]] = {}
        self._routes: dict[str, Route] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def open(self, url: str, headers: Mapping[str, str]) -> "HttpReply":
        """Send one GET; when the server has closed a pooled connection, try once more on a new one."""
        base, target = split_address(url)
        route = self._routes.get(base)
        if route is None:
            route = self._routes[base] = find_route(base)
        kept = self._acquire(route)
        if kept is not None:
            with suppress(FetchError):
                return self._send(kept, target, headers)
        return self._send(Connection(route, self._patience, self._pace, self._load_context), target, headers)

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

    def release(self, connection: Connection) -> None:
        """Put a connection back into the pool after its response was read to the end."""
        with self._lock:
            self._idle.setdefault(connection.route, []).append(connection)

    def _acquire(self, route: Route) -> Connection | None:
        with self._lock:
            idle = self._idle.get(route)
            return idle.pop() if idle else None

    def _load_context(self) -> ssl.SSLContext:
        """Return the TLS settings of all connections: reading the trusted certificates takes longer than a handshake."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context

    def _send(self, connection: Connection, target: str, headers: Mapping[str, str]) -> "HttpReply":
        try:
            return HttpReply(self, connection, *connection.get(target, dict(headers)))
        except BaseException:
            connection.close()
            raise


class HttpReply:
    """A response over HTTP."""

    def __init__(self, pool: HttpTransport, connection: Connection, response: http.client.HTTPResponse, incoming: Incoming) -> None:
        """Hold the connection until the body was read or is abandoned."""
        self._pool, self._connection, self._response, self._incoming = pool, connection, response, incoming
        self.status = response.status
        self.headers = {name.lower(): " ".join(value.splitlines()) for name, value in response.headers.items()}
        self._reusable = not response.will_close

    def readinto(self, buffer: memoryview) -> int:
        """Read from the body; return the number of bytes, 0 at the end. Raises ``FetchError``."""
        reusable, self._reusable = self._reusable, False  # it stays so when this fails
        amount = self._receive(buffer)
        self._reusable = reusable
        self._incoming.note_body()
        return amount

    def close(self) -> None:
        """Return the connection to the pool when little or nothing of the body is left, else close it."""
        response = self._response
        if self._reusable and (response.chunked or (response.length is not None and response.length <= _DRAIN)):
            self._drain()
        if response.isclosed() and self._reusable:
            self._pool.release(self._connection)
        else:
            response.close()
            self._connection.close()

    def _receive(self, buffer: memoryview) -> int:
        response = self._response
        try:
            amount = self._read_chunk(buffer) if response.chunked else response.readinto(buffer)
        except OSError as error:
            raise FetchError("truncated", f"the connection broke: {describe_error(error)}", transient=True) from error
        if not amount and response.length:
            raise FetchError("truncated", "the connection broke", transient=True)
        return amount

    def _read_chunk(self, buffer: memoryview) -> int:
        """Read from a chunked body; ``http.client`` takes the end of the connection and a malformed chunk for the same."""
        try:
            data = self._response.read1(len(buffer))
        except http.client.HTTPException as error:
            if self._incoming.ended:
                raise FetchError("truncated", "the connection broke", transient=True) from error
            raise FetchError("bad-answer", "its chunked encoding is malformed") from error
        if len(data) > len(buffer):
            raise FetchError("bad-answer", "its chunked encoding has a negative size")
        buffer[: len(data)] = data
        return len(data)

    def _drain(self) -> None:
        """Read a short rest of the body."""
        room = memoryview(bytearray(_DRAIN))
        taken = 0
        with suppress(FetchError):
            while taken <= _DRAIN and (amount := self.readinto(room)):
                taken += amount
