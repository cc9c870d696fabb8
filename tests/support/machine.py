"""The command line as a user runs it, on roots of its own and a small signed archive on loopback."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from debian_maker import Deb, Repository
from loopback import Server

BUSYBOX = Path("/bin/busybox")


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def value(self) -> object:
        return json.loads(self.out)


@dataclass
class Machine:
    """One root with a user's home."""

    home: Path
    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIPSYS_", "XDG_"))}
        return {**kept, "HOME": str(self.home), "NIPSYS_ROOT": str(self.root), **self.environment}

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nipsys", *map(str, words)]
        return subprocess.Popen(command, env=self.environ(), cwd=self.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __call__(self, *words: str | Path, code: int | None = 0) -> Ran:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert code is None or process.returncode == code, f"{words}: exit code {process.returncode}\n{out}\n{err}"
        return Ran(process.returncode, out, err)

    def program(self, name: str, *words: str) -> Ran:
        path = self.root / "System/Links/Executables" / name
        ran = subprocess.run([path, *words], env=self.environ(), cwd=self.home, capture_output=True, text=True, check=False, timeout=300)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def store(self) -> set[str]:
        """Everything below the store, work in progress included."""
        return {
            str(path.relative_to(self.root))
            for path in (self.root / "store").glob("**/*")
            if path.parent.name != ".artifacts" or path.exists()
        }

    def current(self) -> tuple[int, str]:
        rows = self("generations", "--json").value
        assert isinstance(rows, list)
        return next((row["number"], row["digest"]) for row in rows if row["current"])


@dataclass
class Archive:
    """A signed Debian archive that a test may publish anew."""

    repository: Repository
    server: Server

    def publish(self, *debs: Deb, suite: str = "stable", **options: object) -> None:
        self.repository.publish(suite, [base(), *debs], **options)

    def source(self, **more: str) -> str:
        words = {"suite": "stable", "mirror": self.server.url, "keyring": str(self.repository.signer.keyring), **more}
        return "source debian " + " ".join(f'{key}="{value}"' for key, value in words.items())


def base() -> Deb:
    """Make the essential package of the small archive: a shell, static, so that it runs anywhere."""
    return Deb("base", "1", fields={"Essential": "yes"}, files={"usr/bin/sh": BUSYBOX.read_bytes(), "usr/bin/cat": BUSYBOX.read_bytes()})


def hello(version: str, **fields: str) -> Deb:
    return Deb("hello", version, fields=fields, files={"usr/bin/hello": f'#!/bin/sh\necho hello {version} "$@"\n'.encode()})


def greet(version: str = "1.0", depends: str = "hello (>= 1.0)") -> Deb:
    files = {"usr/bin/greet": b"#!/bin/sh\nexec hello from greet\n", "usr/share/greet/words": b"good day\n"}
    return Deb("greet", version, fields={"Depends": depends}, files=files)


def write_profile(path: Path, archive: Archive, *packages: str, more: str = "", **source: str) -> Path:
    asked = "\n".join(f"    {package}" for package in packages)
    path.write_text(f'profile "p"\n{archive.source(**source)}\npackages {{\n{asked}\n}}\n{more}\n')
    return path
