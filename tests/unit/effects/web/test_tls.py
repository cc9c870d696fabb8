"""Servers with certificates, directly and through a proxy's tunnel."""

import datetime as dt
import http.server
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from loopback import Server

from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Problem, Rejected

POLICY = FetchPolicy(attempts=1)


def write_certificate(directory: Path) -> Path:
    """Write a key with its own certificate for 127.0.0.1; return the path of the file with both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "both.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path)


@pytest.fixture
def secure(server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the server speak TLS, and let its certificate be trusted; return its address."""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (server.root / "it").write_bytes(b"secured")
    return server.url.replace("http://", "https://")


class Tunnel(http.server.BaseHTTPRequestHandler):
    """A proxy that only makes tunnels, for those who know its password."""

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"], self.headers["Proxy-Authorization"]))  # type: ignore[attr-defined]
        if self.headers["Proxy-Authorization"] != "Basic bWU6czNjcmV0":
            self.send_error(407)
            return
        host, _, port = self.path.rpartition(":")
        if host == "[::1]":
            self.send_error(502)
            return
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
            ends = {self.connection: far, far: self.connection}
            while True:
                ready, _, _ = select.select(list(ends), [], [], 10)
                for end in ready:
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    ends[end].sendall(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[http.server.ThreadingHTTPServer]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    made.handle_error = lambda *_: None  # type: ignore[method-assign] # of a client that went away
    made.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def fetch(url: str, where: Path) -> bytes:
    web = Fetcher(patience=POLICY)
    try:
        (found,) = web.fetch([Resource("it", (url,), 100)], str(where))
        return Path(str(found.path)).read_bytes()
    finally:
        web.close()


def refuse(url: str, where: Path) -> Problem:
    with pytest.raises(Rejected) as caught:
        fetch(url, where)
    return caught.value.problems[0]


def test_a_trusted_certificate_is_accepted_for_its_name_only(secure: str, tmp_path: Path) -> None:
    assert fetch(f"{secure}/it", tmp_path / "got") == b"secured"
    found = refuse(f"{secure.replace('127.0.0.1', 'localhost')}/it", tmp_path / "got")
    assert found.code == "untrusted-server"
    assert "localhost" in found.message


def test_an_unknown_certificate_is_refused(secure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    assert refuse(f"{secure}/it", tmp_path / "got").code == "untrusted-server"


def test_a_server_without_tls_is_reported(server: Server, tmp_path: Path) -> None:
    found = refuse(f"{server.url.replace('http://', 'https://')}/it", tmp_path / "got")
    assert found.code == "unreachable"


def test_a_proxy_makes_a_tunnel_through_which_the_certificate_is_checked(
    secure: str, proxy: http.server.ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"127.0.0.1:{proxy.server_address[1]}"
    monkeypatch.setenv("https_proxy", f"http://me:s3cret@{place}")
    assert fetch(f"{secure}/it", tmp_path / "got") == b"secured"
    wanted = secure.removeprefix("https://")
    assert proxy.asked == [(wanted, wanted, "Basic bWU6czNjcmV0")]  # type: ignore[attr-defined]
    assert refuse(f"{secure.replace('127.0.0.1', 'localhost')}/it", tmp_path / "got").code == "untrusted-server"
    monkeypatch.setenv("https_proxy", f"http://me:wr0ng@{place}")
    found = refuse(f"{secure}/it", tmp_path / "got")
    assert found.code == "unreachable"
    assert "status 407" in found.message
    assert "wr0ng" not in found.message + "".join(found.notes)


def test_the_address_of_version_6_is_in_brackets_for_a_proxy(
    proxy: http.server.ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
    assert refuse("https://[::1]:1/it", tmp_path / "got").code == "unreachable"
    assert proxy.asked == [("[::1]:1", "[::1]:1", None)]  # type: ignore[attr-defined]
