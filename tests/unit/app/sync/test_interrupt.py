"""Ctrl-C during a sync: the command ends soon, reports it in one line, and leaves nothing that breaks the next sync."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nipsys.effects.web.fetcher import FetchPolicy

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
SOON = FetchPolicy().rate_window
"""Seconds after which a silent server is given up: whoever waits for that did not end because of the interrupt."""


@contextmanager
def mirror(*, drips: bool) -> Iterator[tuple[str, "threading.Semaphore"]]:
    """Return the address of a slow or silent server, and a counter of its requests."""
    asked, over = threading.Semaphore(0), threading.Event()

    def serve(client: socket.socket) -> None:
        with client:
            client.recv(1 << 16)
            asked.release()
            try:
                while drips and not over.wait(0.1):
                    client.sendall(HEAD if not serving[client] else b"x" * 2000)
                    serving[client] = True
                over.wait()
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            serving[client] = False
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    serving: dict[socket.socket, bool] = {}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("sources", [1, 3])
@pytest.mark.parametrize("drips", [True, False], ids=["drips", "silent"])
def test_an_interrupted_sync_ends_soon(tmp_path: Path, sources: int, drips: bool) -> None:
    with mirror(drips=drips) as (address, asked):
        lines = [f'source "gentoo" name="g{number}" mirror="{address}/{number}" signatures="none"' for number in range(sources)]
        profile = tmp_path / "profile.kdl"
        profile.write_text("\n".join(lines) + "\n")
        words = [sys.executable, "-m", "nipsys", "--root", str(tmp_path / "root"), "--progress", "none", "sync", str(profile)]
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(sources):
            assert asked.acquire(timeout=300)
        started = time.monotonic()
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=300)
        took = time.monotonic() - started
    assert (running.returncode, output, errors) == (
        130,
        "",
        "interrupted; the current generation is intact (see `nipsys status`)\n",
    )
    assert took < SOON
    left = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert all(path.name == "lock" or path.suffix == ".part" for path in left), left
