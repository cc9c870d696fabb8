"""Two profiles that need neither a network nor any tool: their packages are archives next to them, one source each."""

import hashlib
import io
import tarfile
from pathlib import Path

PACKAGES = {"greet": "echo hello", "count": "echo 1 2 3"}


def write_profiles(home: Path) -> tuple[Path, Path]:
    """Write ``greet.kdl`` and ``both.kdl`` with their archives into ``home``; return their paths."""
    sources = {name: f'source "url" name="{name}" {write_archive(home, name)} strip=1 bin="bin/{name}"\n' for name in PACKAGES}
    profiles = {"greet": ("greet",), "both": ("greet", "count")}
    for profile, packages in profiles.items():
        text = f'profile "{profile}"\n{"".join(sources[name] for name in packages)}packages {{ {"; ".join(packages)}; }}\n'
        (home / f"{profile}.kdl").write_text(text)
    return home / "greet.kdl", home / "both.kdl"


def write_archive(home: Path, name: str) -> str:
    """Write an archive with one script; return the settings of a source that takes it."""
    path = home / f"{name}-1.0.tar"
    script = f"#!/bin/sh\n{PACKAGES[name]}\n".encode()
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(f"{name}-1.0/bin/{name}")
        member.mode, member.size = 0o755, len(script)
        archive.addfile(member, io.BytesIO(script))
    return f'url="file://{path}" digest="sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"'
