"""A small HTTP server on loopback that serves a directory, knows ranges, keeps connections, and can be told to misbehave."""

import http.server
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

Behaviour = Callable[["Handler", bytes], bool]
"""Gets the handler and the file's bytes; ``True`` when it has answered in its own way."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET from a directory."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append((path, dict(self.headers)))
        self.server.seen[path] += 1
        file = self.server.root / path.lstrip("/")
        body = file.read_bytes() if file.is_file() else None
        behaviour = self.server.behaviours.get(path)
        if behaviour is not None and behaviour(self, body or b""):
            return
        if body is None:
            self.answer(404, b"nothing here")
            return
        start = self.headers.get("Range", "").removeprefix("bytes=").rstrip("-")
        if start.isdigit() and int(start) < len(body):
            self.answer(206, body[int(start) :], ("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"))
        elif start.isdigit():
            self.answer(416, b"")
        else:
            self.answer(200, body)

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """Serves one directory until left."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.seen: Counter[str] = Counter()
        self.connections = 0
        self.behaviours: dict[str, Behaviour] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()
