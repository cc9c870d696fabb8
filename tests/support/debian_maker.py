"""Makes real signed Debian repositories: packages by dpkg-deb, signatures by gpg, lists by a writer of our own; apt accepts them."""

import gzip
import hashlib
import lzma
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

DATE = "2026-11-20T20:00:00Z"


def need_tools() -> None:
    """Skip loudly when the makers' own tools are missing."""
    for tool, package in (("dpkg-deb", "dpkg"), ("gpg", "gnupg"), ("gpgv", "gpgv")):
        if not shutil.which(tool):
            pytest.skip(f"missing: `{tool}` (install {package})")


class Signer:
    """A key, its keyring files, and what it signs."""

    def __init__(self, home: Path, name: str = "archive") -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = Path(tempfile.mkdtemp(prefix="gnupg-"))  # the agent's socket needs a short path
        self._run("--passphrase", "", "--quick-gen-key", f"{name} <{name}@example.invalid>", "ed25519", "sign", "never")
        self.keyring = home / f"{name}.gpg"
        self.armoured = home / f"{name}.asc"
        self.keyring.write_bytes(self._run("--export").stdout)
        self.armoured.write_bytes(self._run("--armor", "--export").stdout)
        listed = self._run("--with-colons", "--list-keys").stdout.decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def clear(self, text: str, *options: str) -> bytes:
        """Return ``text`` clear-signed."""
        return self._run(*options, "--clearsign", stdin=text.encode()).stdout

    def detached(self, text: bytes) -> bytes:
        """Return an armoured detached signature."""
        return self._run("--armor", "--detach-sign", stdin=text).stdout

    def close(self) -> None:
        """End this key's own agent."""
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", *arguments]
        ran = subprocess.run(command, input=stdin, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran


@dataclass
class Deb:
    """One binary package to be made."""

    name: str
    version: str
    arch: str = "amd64"
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    compression: str = "xz"
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links and where they point."""
    twins: Mapping[str, str] = field(default_factory=dict)
    """Second names of files."""
    directories: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the .deb: the epoch is left out, as the archive does."""
        return f"{self.name}_{self.version.partition(':')[2] or self.version}_{self.arch}.deb"

    def control(self) -> str:
        """Return the control stanza."""
        base = {"Package": self.name, "Version": self.version, "Architecture": self.arch, "Maintainer": "Test <test@example.invalid>"}
        lines = [f"{key}: {value}" for key, value in {**base, **self.fields}.items()]
        return "\n".join([*lines, f"Description: {self.name} for tests", " A long text."]) + "\n"

    def build(self, work: Path, pool: Path) -> Path:
        """Make the .deb with dpkg-deb."""
        tree = work / f"{self.name}-{self.version}-{self.arch}"
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(self.control())
        for name, text in self.scripts.items():
            (tree / "DEBIAN" / name).write_text(text)
            (tree / "DEBIAN" / name).chmod(0o755)
        for name, content in (self.files or {f"usr/share/doc/{self.name}/note": self.version.encode()}).items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o755 if "/bin/" in name or name.startswith("bin/") or path.name.startswith("ld-linux") else 0o644)
        for name, target in self.links.items():
            (tree / name).symlink_to(target)
        for name, first in self.twins.items():
            (tree / name).hardlink_to(tree / first)
        for name in self.directories:
            (tree / name).mkdir(parents=True)
        pool.mkdir(parents=True, exist_ok=True)
        made = pool / self.file
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", f"-Z{self.compression}", "-b", tree, made], check=True, capture_output=True, env=environment
        )
        return made


@dataclass
class Repository:
    """A directory that apt can use as a mirror."""

    root: Path
    signer: Signer

    def publish(
        self,
        suite: str,
        debs: Mapping[str, Iterable[Deb]] | Iterable[Deb],
        *,
        date: str = DATE,
        until: str | None = None,
        fields: Mapping[str, str] | None = None,
        by_hash: bool = True,
        compressions: tuple[str, ...] = ("", ".gz", ".xz"),
        arches: tuple[str, ...] = ("amd64",),
        signer: Signer | None = None,
        inline: bool = True,
        separate_all: bool = False,
        sources: Iterable[Path] = (),
    ) -> None:
        """Write ``suite`` (``./`` or ``name/`` for a flat one): debs by component, or all in ``main``."""
        flat = suite.endswith("/")
        components = dict(debs) if isinstance(debs, Mapping) else {"main": list(debs)}
        base = self.root / (suite if flat else f"dists/{suite}")
        base.mkdir(parents=True, exist_ok=True)
        stanzas = {
            name: [self._stanza(deb, base if flat else self.root / "pool" / name) for deb in members]
            for name, members in components.items()
        }
        lists: dict[str, bytes] = {}
        if flat:
            lists["Packages"] = _joined(text for members in stanzas.values() for _, text in members)
        for name, members in ({} if flat else stanzas).items():
            for arch in arches:
                fits = {arch} if separate_all else {arch, "all"}
                lists[f"{name}/binary-{arch}/Packages"] = _joined(text for deb, text in members if deb.arch in fits)
            if separate_all:
                lists[f"{name}/binary-all/Packages"] = _joined(text for deb, text in members if deb.arch == "all")
        described = [self._described(dsc) for dsc in sources]
        if described:
            lists["Sources" if flat else f"{next(iter(components))}/source/Sources"] = _joined(described)
        told = {"Origin": "Test", "Suite": suite, "Codename": suite, "Date": _written(date)}
        told |= {"Valid-Until": _written(until)} if until else {}
        told |= {"Acquire-By-Hash": "yes"} if by_hash else {}
        told |= (
            {} if flat else {"Architectures": " ".join((*arches, *(["all"] if separate_all else []))), "Components": " ".join(components)}
        )
        told |= dict(fields or {})
        lines = [
            f" {digest} {size} {path}"
            for path, content in lists.items()
            for digest, size, path in self._lists(base, path, content, compressions, by_hash)
        ]
        release = "\n".join([*(f"{key}: {value}" for key, value in told.items() if value), "SHA256:", *lines]) + "\n"
        self._seal(base, release, signer or self.signer, inline=inline)

    def _stanza(self, deb: Deb, pool: Path) -> tuple[Deb, str]:
        made = pool / deb.file
        if not made.exists():
            deb.build(self.root.parent / f"{self.root.name}.work", pool)
        content = made.read_bytes()
        location = made.relative_to(self.root)
        return deb, deb.control() + f"Filename: {location}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"

    def _described(self, dsc: Path) -> str:
        """Return the stanza of a source package whose files lie below the mirror, as dpkg-scansources would."""
        fields = dict(_fields(dsc.read_text()))
        files = [dsc, *(dsc.parent / line.split()[2] for line in fields["Files"].splitlines() if line.strip())]
        sums = "\n".join(f" {hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_size} {file.name}" for file in files)
        old = "\n".join(f" {hashlib.md5(file.read_bytes()).hexdigest()} {file.stat().st_size} {file.name}" for file in files)
        kept = "".join(
            f"{key}: {fields[key]}\n"
            for key in ("Binary", "Version", "Maintainer", "Architecture", "Format", "Build-Depends")
            if key in fields
        )
        where = dsc.parent.relative_to(self.root)
        return f"Package: {fields['Source']}\n{kept}Directory: {where}\nFiles:\n{old}\nChecksums-Sha256:\n{sums}\n"

    def _lists(self, base: Path, path: str, content: bytes, compressions: tuple[str, ...], by_hash: bool) -> list[tuple[str, int, str]]:
        told = []
        for end in ("", *(end for end in compressions if end)):
            packed = {"": lambda data: data, ".gz": lambda data: gzip.compress(data, mtime=0), ".xz": lzma.compress, ".zst": _zstd}[end](
                content
            )
            digest = hashlib.sha256(packed).hexdigest()
            told.append((digest, len(packed), path + end))
            if end not in compressions:
                continue  # vouched for, as apt wants it, but not there
            target = base / (path + end)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packed)
            if by_hash:
                named = target.parent / "by-hash" / "SHA256" / digest
                named.parent.mkdir(parents=True, exist_ok=True)
                named.write_bytes(packed)
        return told

    def _seal(self, base: Path, release: str, signer: Signer, inline: bool) -> None:
        for name in ("InRelease", "Release", "Release.gpg"):
            (base / name).unlink(missing_ok=True)
        if inline:
            (base / "InRelease").write_bytes(signer.clear(release))
        (base / "Release").write_text(release)
        (base / "Release.gpg").write_bytes(signer.detached(release.encode()))

    def files(self) -> dict[str, bytes]:
        """Return every file of the mirror by its path."""
        return {str(path.relative_to(self.root)): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}


def _joined(stanzas: Iterable[str]) -> bytes:
    return "\n".join(stanzas).encode()


def _fields(text: str) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    for line in text.splitlines():
        if line[:1] in {" ", "\t"}:
            value += "\n" + line
        else:
            if name:
                yield name, value.strip("\n")
            name, _, value = line.partition(": ") if ": " in line else line.partition(":")
    yield name, value.strip("\n")


def make_source(work: Path, pool: Path, name: str, version: str, binary: str) -> Path:
    """Make a native source package with dpkg-source; give its .dsc."""
    if not shutil.which("dpkg-source"):
        pytest.skip("missing: `dpkg-source` (install dpkg-dev)")
    tree = work / f"{name}-{version}"
    (tree / "debian/source").mkdir(parents=True)
    (tree / "hello.c").write_text("int main(void) { return 0; }\n")
    (tree / "debian/source/format").write_text("3.0 (native)\n")
    base = f"Source: {name}\nSection: utils\nPriority: optional\nMaintainer: Test <test@example.invalid>\nBuild-Depends: debhelper (>= 13), gcc [amd64] <!cross>\n"
    (tree / "debian/control").write_text(f"{base}\nPackage: {binary}\nArchitecture: any\nDescription: a test\n long\n")
    (tree / "debian/changelog").write_text(
        f"{name} ({version}) unstable; urgency=low\n\n  * a\n\n -- Test <test@example.invalid>  Fri, 20 Nov 2026 20:00:00 +0000\n"
    )
    pool.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-source", "-b", str(tree)], cwd=pool, check=True, capture_output=True)
    return pool / f"{name}_{version}.dsc"


def _zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


def _written(moment: str) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))
