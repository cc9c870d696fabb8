"""Fetch many files from loopback with every byte verified and written, against ``curl -Z`` writing the same files unverified.

    python benchmarks/fetch/parallel.py [--rounds 9] [--files 200 --size 2000000]

Large files and small ones, as an index of npm or of Python packages is. The server is a process of its own that answers with sendfile;
both clients use six connections and take turns at going first. Prints the ratio of every round, and judges by the median of them: at
least 0.7 is promised for each size.
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

from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.package.resource import Resource

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import has

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


def ratio(files: int, size: int, rounds: int) -> float:
    """Return the median of how fast we are against curl, round by round."""
    found = []
    with tempfile.TemporaryDirectory(prefix="nipsys-bench-") as temporary:
        root = Path(temporary, "served")
        root.mkdir()
        made = make(root, files, size)
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        child = os.fork()
        if child == 0:
            serve(root, listener)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            for number in range(rounds):
                taken = {}
                for name, run in (("curl", curl), ("ours", ours))[:: 1 if number % 2 else -1]:
                    where = Path(temporary, "got")
                    where.mkdir()
                    taken[name] = run(base, made, where)
                    shutil.rmtree(where)
                found.append(taken["curl"][0] / taken["ours"][0])
                told = ", ".join(f"{name} {wall:.3f} s (processor {processor:.3f})" for name, (wall, processor) in sorted(taken.items()))
                print(f"{files} x {size}: {told}: {found[-1]:.2f}", flush=True)
        finally:
            os.kill(child, 15)
            os.waitpid(child, 0)
    return statistics.median(found)


def main() -> int:
    """Measure both sizes, or the one asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int)
    parser.add_argument("--size", type=int)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if not has("curl", "curl", "the comparison with curl"):
        return 0
    shapes = [(arguments.files, arguments.size)] if arguments.files and arguments.size else [(200, 2_000_000), (3000, 30_000)]
    medians = {shape: ratio(*shape, arguments.rounds) for shape in shapes}
    for (files, size), median in medians.items():
        print(f"speed against curl -Z, {files} files of {size} bytes, median of {arguments.rounds} rounds: {median:.2f} (promised: 0.70)")
    return 0 if min(medians.values()) >= 0.7 else 1


if __name__ == "__main__":
    sys.exit(main())
