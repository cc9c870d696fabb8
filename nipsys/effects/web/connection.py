"""One HTTP/1.1 connection: ``http.client`` under the bounds of a fetch.

``http.client`` bounds a line and the number of headers, but reads preliminary responses and trailers for as long as they come, and knows
no minimum rate. So it reads from a socket that counts what arrives.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.errors import MissingHeaderBodySeparatorDefect
from typing import TYPE_CHECKING, Any

from nipsys.effects.web.address import Proxy, Route, bracket_host
from nipsys.effects.web.transport import FetchError, FetchPolicy, RateGuard, Timer, parse_number

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 1 << 16
_MOST_FRAMING = 1 << 17
"""Most bytes received between two pieces of a body: heads, preliminary responses, chunk headers and trailers."""


class Incoming(io.RawIOBase):
    """The bytes of one response as they arrive; ``FetchError`` when they are too slow, or go on and on without a body."""

    def __init__(self, raw: io.RawIOBase, policy: FetchPolicy, timer: Timer) -> None:
        """Read from the unbuffered stream of a socket."""
        self._raw = raw
        self._guard = RateGuard(policy, timer)
        self._framing = 0
        self.ended = False
        """The server has closed the connection."""

    def readable(self) -> bool:
        """Return ``True``: it is only read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Receive once; 0 when the server has closed the connection."""
        if self._framing > _MOST_FRAMING:
            raise FetchError("bad-answer", f"it sends more than {_MOST_FRAMING} bytes that are not part of a body")
        try:
            amount: int = self._raw.readinto(buffer) or 0
        except TimeoutError:
            self._guard.count(0)
            raise FetchError("too-slow", "it sent nothing for too long", transient=True) from None
        self._guard.count(amount)
        self._framing += amount
        self.ended = not amount
        return amount

    def note_body(self) -> None:
        """Note that a piece of the body was read: what was received until now was not only framing."""
        self._framing = 0

    def close(self) -> None:
        """Close the socket's stream."""
        self._raw.close()
        super().close()


class _Reader(io.BufferedReader):
    """Reads what has arrived: ``BufferedReader.readinto`` would wait until the caller's buffer is full."""

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Receive at most once."""
        return self.readinto1(buffer)


class _CountedSocket:
    """A connected socket as ``http.client`` uses one."""

    def __init__(self, sock: socket.socket, policy: FetchPolicy, timer: Timer) -> None:
        sock.settimeout(policy.rate_window)
        self._socket, self._policy, self._timer = sock, policy, timer
        self.incoming: Incoming
        self.sendall, self.close = sock.sendall, sock.close

    def makefile(self, _mode: str) -> io.BufferedReader:
        self.incoming = Incoming(self._socket.makefile("rb", buffering=0), self._policy, self._timer)
        return _Reader(self.incoming, _BUFFER)


class Connection(http.client.HTTPConnection):
    """A connection to the server of a route, direct or through its proxy, opened by the first request."""

    def __init__(self, route: Route, policy: FetchPolicy, timer: Timer, context: Callable[[], ssl.SSLContext]) -> None:
        """Prepare a connection; ``context`` returns what an ``https`` route needs."""
        super().__init__(route.host, route.port)
        self.route = route
        self._policy, self._timer, self._context = policy, timer, context
        self._counted: _CountedSocket

    def connect(self) -> None:
        """Connect, through a tunnel where a proxy leads to an ``https`` server. Raises ``OSError``, ``HTTPException`` or ``FetchError``."""
        place = self.route.proxy or self.route
        sock = socket.create_connection((place.host, place.port), self._policy.connect_timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.route.scheme == "https":
                if self.route.proxy is not None:
                    self._open_tunnel(sock, self.route.proxy)
                    sock.settimeout(self._policy.connect_timeout)
                sock = self._context().wrap_socket(sock, server_hostname=self.route.host)
            self.sock: Any = _CountedSocket(sock, self._policy, self._timer)
        except BaseException:
            sock.close()
            raise
        self._counted = self.sock

    def get(self, target: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, Incoming]:
        """Send a request and read the head of the response; return it with the bytes that its body is read from.

        Raises ``FetchError``: ``unreachable`` when there is no response, ``bad-answer`` when it is not valid HTTP.
        """
        with _translate_errors(self.route.host):
            self.request("GET", self.route.prefix + target, headers={**dict(self.route.headers), **headers})
            response = self.getresponse()
            try:
                while response.status < 200:  # http.client skips `100 Continue` only
                    response.headers = None  # type: ignore[assignment] # until then a head counts as read
                    response.begin()
                _check_head(response, self._counted.incoming)
            except BaseException:
                response.close()
                raise
            return response, self._counted.incoming

    def _open_tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        """Ask a proxy for a tunnel to the host; ``http.client`` would not put an IPv6 address in brackets, nor send a ``Host``."""
        place = f"{bracket_host(self.route.host)}:{self.route.port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *(f"{name}: {value}" for name, value in proxy.headers), "", ""]
        sock.sendall("\r\n".join(lines).encode("latin-1"))
        counted: Any = _CountedSocket(sock, self._policy, self._timer)
        with http.client.HTTPResponse(counted, method="CONNECT") as response:
            response.begin()
            if response.status != 200:
                raise FetchError(
                    "unreachable", f"the proxy `{proxy.host}` responds with status {response.status}", transient=response.status >= 500
                )


def _check_head(response: http.client.HTTPResponse, incoming: Incoming) -> None:
    """Check that a head arrived whole and says where its body ends: ``http.client`` takes the end of the connection for either."""
    if incoming.ended:
        raise FetchError("unreachable", "the server closed the connection", transient=True)
    if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in response.headers.defects):
        raise FetchError("bad-answer", "its headers are malformed")
    codings = response.headers.get_all("transfer-encoding", [])
    lengths = set(response.headers.get_all("content-length", []))
    if len(codings) > response.chunked or (not codings and (len(lengths) > 1 or None in map(parse_number, lengths))):
        raise FetchError("bad-answer", "it does not say where its response ends")


@contextmanager
def _translate_errors(host: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a response into ``FetchError``, without the server's own text."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FetchError("untrusted-server", f"the certificate of `{host}` is not trusted: {error.verify_message}") from error
    except http.client.RemoteDisconnected as error:
        raise FetchError("unreachable", "the server closed the connection", transient=True) from error
    except http.client.InvalidURL as error:
        raise FetchError("bad-address", "the address is not valid") from error
    except (http.client.BadStatusLine, http.client.UnknownProtocol) as error:
        raise FetchError("bad-answer", "its response is not HTTP/1.x") from error
    except http.client.HTTPException as error:
        raise FetchError("bad-answer", "the head of its response is too long") from error
    except OSError as error:
        raise FetchError("unreachable", f"`{host}` cannot be reached: {describe_error(error)}", transient=True) from error
    except ValueError as error:  # a validator that an earlier response gave
        raise FetchError("bad-answer", "a header for it has characters that HTTP does not allow") from error


def describe_error(error: OSError) -> str:
    """Return in a few words what went wrong with a connection."""
    match error:
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return "no answer in time"
        case _ if error.strerror:
            return error.strerror.lower()
        case _:
            return str(error) or type(error).__name__
