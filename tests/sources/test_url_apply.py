"""Release assets by address and digest, applied and run: a bare static program, and one in an archive."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server

BUSYBOX = shutil.which("busybox") or "/bin/busybox"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    if not os.access(BUSYBOX, os.X_OK):
        pytest.skip("missing: `busybox` (install busybox-static)")
    root = tmp_path / "served"
    root.mkdir()
    shutil.copy(BUSYBOX, root / "busybox-1.36.1-x86_64")
    with tarfile.open(root / "busybox-1.36.1.tar.xz", "w:xz") as archive:
        archive.add(BUSYBOX, "busybox-1.36.1/bin/busybox")
        archive.add(__file__, "busybox-1.36.1/doc/README")
        archive.add(__file__, "busybox-1.36.1/junk/left-out")
    with zipfile.ZipFile(root / "busybox.zip", "w") as archive:
        archive.write(BUSYBOX, "bin/busybox")
    with Server(root) as server:
        yield server


def nipsys(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "nipsys", "--root", str(home / "root"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=home, timeout=300)


def profile(home: Path, server: Server, file: str, settings: str, package: str = "busybox") -> Path:
    digest = hashlib.sha256((server.root / file).read_bytes()).hexdigest() if (server.root / file).exists() else "0" * 64
    path = home / "p.kdl"
    source = f'source "url" name="{package}" url="{server.url}/{file}" digest="sha256:{digest}" {settings}'
    path.write_text(f'profile "p" arch="x86_64"\n{source}\npackages {{\n    {package}\n}}\n')
    return path


CASES = {
    "bare": ("busybox-1.36.1-x86_64", ""),
    "packed": ("busybox-1.36.1.tar.xz", 'strip=1 bin="bin/busybox" skip="*/junk/*"'),
    "renamed": ("busybox-1.36.1.tar.xz", 'strip=1 bin="busybox=bin/busybox"'),
    "laid out": ("busybox.zip", 'version="1"'),
}


@pytest.mark.parametrize("asset", CASES)
def test_applied_and_run(tmp_path: Path, served: Server, asset: str) -> None:
    ran = nipsys(tmp_path, "apply", str(profile(tmp_path, served, *CASES[asset])))
    assert ran.returncode == 0, ran.stderr
    program = tmp_path / "root/System/Links/Executables/busybox"
    told = subprocess.run([program, "echo", "it runs"], capture_output=True, text=True, check=False, timeout=300)
    assert (told.returncode, told.stdout) == (0, "it runs\n"), told.stderr
    if asset == "packed":
        (tree,) = (path for path in (tmp_path / "root/store").iterdir() if "busybox-1.36.1" in path.name)
        assert (tree / "opt/busybox/doc/README").exists()
        assert not (tree / "opt/busybox/junk").exists()


def test_the_version_is_read_from_the_address(tmp_path: Path, served: Server) -> None:
    assert nipsys(tmp_path, "lock", str(profile(tmp_path, served, *CASES["packed"]))).returncode == 0
    assert "1.36.1" in (tmp_path / "p.lock.kdl").read_text()


def test_what_is_wrong_is_told_before_anything_is_fetched(tmp_path: Path, served: Server) -> None:
    path = tmp_path / "p.kdl"
    path.write_text(
        f'profile "p" arch="x86_64"\nsource "url" name="busybox" url="{served.url}/x" bin="../../etc/passwd"\npackages {{\n    busybox\n}}\n'
    )
    ran = nipsys(tmp_path, "apply", str(path))
    assert ran.returncode == 1
    assert "has no `digest`" in ran.stderr
    assert "not a path inside the archive" in ran.stderr
    assert f"{path}:2:" in ran.stderr or "p.kdl:2:" in ran.stderr
    assert not served.requests


def test_another_file_than_promised_is_refused(tmp_path: Path, served: Server) -> None:
    path = profile(tmp_path, served, *CASES["bare"])
    (served.root / CASES["bare"][0]).write_bytes(b"#!/bin/sh\necho other\n")
    ran = nipsys(tmp_path, "apply", str(path))
    assert ran.returncode == 1
    assert "digest" in ran.stderr
    assert not (tmp_path / "root/current").exists()
