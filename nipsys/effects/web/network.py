"""The transport of the network: ``file`` addresses directly, ``http`` and ``https`` by HTTP."""

import os
import threading
from collections.abc import Mapping

from nipsys.effects.web.transport import FetchError, FetchPolicy, Reply, Transport


class FileReply:
    """A local file, or a 404 when it does not exist."""

    def __init__(self, descriptor: int | None, size: int) -> None:
        """Take an open descriptor, or ``None`` when the file does not exist."""
        self._descriptor = descriptor
        self.status = 404 if descriptor is None else 200
        self.headers: dict[str, str] = {} if descriptor is None else {"content-length": str(size)}

    def readinto(self, buffer: memoryview) -> int:
        """Read from the file."""
        return 0 if self._descriptor is None else os.readv(self._descriptor, [buffer])

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class FileTransport:
    """``file://`` addresses."""

    def open(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Open the file of an address."""
        from urllib.parse import unquote  # noqa: PLC0415 - only for files

        del headers
        path = unquote(url.removeprefix("file://").partition("?")[0])
        if not path.startswith("/"):
            path = "/" + path.partition("/")[2]
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return FileReply(None, 0)
        except OSError as error:
            raise FetchError("unreachable", f"the file cannot be read: {error.strerror}") from error
        if not os.path.isfile(path):
            os.close(descriptor)
            return FileReply(None, 0)
        return FileReply(descriptor, os.fstat(descriptor).st_size)

    def close(self) -> None:
        """Do nothing: no connection is held."""


class NetworkTransport:
    """All supported schemes: ``file`` directly, ``http`` and ``https`` by HTTP, loaded at first use."""

    def __init__(self, patience: FetchPolicy) -> None:
        """Use ``patience`` for all connections."""
        self._patience = patience
        self._files = FileTransport()
        self._http: Transport | None = None
        self._lock = threading.Lock()

    def open(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Send a request over the transport of the address's scheme; ``FetchError`` for an unsupported scheme."""
        scheme = url.partition(":")[0].lower()
        if scheme == "file":
            return self._files.open(url, headers)
        if scheme not in {"http", "https"}:
            raise FetchError("bad-address", f"the scheme `{scheme}` is not supported", "supported are `https`, `http` and `file`")
        with self._lock:
            if self._http is None:
                from nipsys.effects.web.http import HttpTransport  # noqa: PLC0415 - ssl and http are heavy

                self._http = HttpTransport(self._patience)
        return self._http.open(url, headers)

    def close(self) -> None:
        """Close idle connections."""
        if self._http is not None:
            self._http.close()
