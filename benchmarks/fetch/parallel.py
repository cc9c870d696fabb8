"""Fetch many files from loopback with every byte verified and written, against ``curl -Z`` writing the same files unverified.

    python benchmarks/fetch/parallel.py [--files 200] [--size 2000000] [--rounds 5]

The server is a process of its own that answers with sendfile; both clients use six connections. Prints the times of each round
and the ratios of the best rounds and of the medians: at least 0.7 is promised, judged by the best, as other load only ever slows.
"""

import argparse
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from nipsys.effects.web import Fetcher
from nipsys.model.resource import Resource

WORKERS = 6


def serve(root: Path, listener: socket.socket) -> None:
    """Answer GET with files below ``root``, connections kept, until the process is ended."""

    def connection(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = client.makefile("rb")
        while request := stream.readline():
            while stream.readline() not in {b"\r\n", b""}:
                pass
            path = root / request.split()[1].decode().lstrip("/")
            descriptor = os.open(path, os.O_RDONLY)
            size = os.fstat(descriptor).st_size
            client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            offset = 0
            while offset < size:
                offset += os.sendfile(client.fileno(), descriptor, offset, size - offset)
            os.close(descriptor)

    while True:
        client, _ = listener.accept()
        threading.Thread(target=connection, args=(client,), daemon=True).start()


def make(root: Path, files: int, size: int) -> list[tuple[str, str, int]]:
    """Write files of random bytes; give name, digest and size of each."""
    made = []
    for number in range(files):
        content = os.urandom(size)
        (root / f"f{number}").write_bytes(content)
        made.append((f"f{number}", "sha256:" + hashlib.sha256(content).hexdigest(), size))
    return made


def ours(base: str, made: list[tuple[str, str, int]], where: Path) -> tuple[float, float]:
    """Fetch all; give seconds of wall clock and of processor."""
    resources = [Resource(name, (f"{base}/{name}",), size, digest=digest, size=size) for name, digest, size in made]
    wall, processor = time.perf_counter(), time.process_time()
    web = Fetcher(workers=WORKERS)
    count = sum(1 for _ in web.fetch(resources, str(where)))
    assert count == len(made)
    web.close()
    return time.perf_counter() - wall, time.process_time() - processor


def curl(base: str, made: list[tuple[str, str, int]], where: Path) -> tuple[float, float]:
    """Let curl fetch all into files."""
    config = where.parent / "curl.conf"
    config.write_text("".join(f'url = "{base}/{name}"\noutput = "{where}/{name}"\n' for name, _, _ in made))
    before = os.times()
    wall = time.perf_counter()
    subprocess.run(["curl", "-sS", "--no-progress-meter", "-Z", "--parallel-max", str(WORKERS), "-K", config], check=True)
    after = os.times()
    return time.perf_counter() - wall, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Run the rounds, the two clients in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--size", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {"ours": [], "curl": []}
    with tempfile.TemporaryDirectory(prefix="nipsys-bench-") as temporary:
        root = Path(temporary, "served")
        root.mkdir()
        made = make(root, arguments.files, arguments.size)
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        child = os.fork()
        if child == 0:
            serve(root, listener)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            for _ in range(arguments.rounds):
                for name, run in (("curl", curl), ("ours", ours)):
                    where = Path(temporary, "got")
                    where.mkdir()
                    wall, processor = run(base, made, where)
                    shutil.rmtree(where)
                    times[name].append(wall)
                    print(
                        f"{name}: {wall:.3f} s wall, {processor:.3f} s processor, {arguments.files * arguments.size / wall / 1e6:.0f} MB/s"
                    )
        finally:
            os.kill(child, 15)
            os.waitpid(child, 0)
    ratio = min(times["curl"]) / min(times["ours"])
    medians = statistics.median(times["curl"]) / statistics.median(times["ours"])
    print(f"speed against curl -Z, best rounds: {ratio:.2f}, medians: {medians:.2f} (promised: 0.70)")
    return 0 if ratio >= 0.7 else 1


if __name__ == "__main__":
    sys.exit(main())
