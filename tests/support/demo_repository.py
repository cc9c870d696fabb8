"""A small apt repository for ``make demo`` where no archive can be reached: ``demo_repository.py DIRECTORY``.

It has two programs of our own, and the host's shell with its libraries as a third package, so that they run. Where gpg is installed, it is
signed with a key made for it. ``starter.kdl`` and ``workstation.kdl`` are written next to it. Prints what was made.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from debian_maker import Deb, Repository, Signer

ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
GREET = '#!/bin/sh\necho "Hello, ${1:-world}: from a package that was made on this machine."\n'
COUNT = '#!/bin/sh\nn=0\nwhile read -r line; do n=$((n + 1)); done\necho "lines: $n"\n'
REST = 'files { file "~/.config/greet" text="hello"; }\nenv { GREETING "hello"; }\n'


class Unsigned:
    """In a signer's place where there is no gpg."""

    def detached(self, _: bytes) -> bytes:
        return b""


def shell() -> dict[str, bytes]:
    """Read the host's shell and the libraries that it loads, each at the path by which it is found."""
    listed = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=False).stdout
    paths = re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE)
    return {"usr/bin/sh": Path("/bin/sh").read_bytes()} | {path.lstrip("/"): Path(path).read_bytes() for path in paths}


def publish(home: Path) -> str:
    """Make packages, repository and profiles below ``home``; return what was made, in a sentence."""
    arch = ARCHES[os.uname().machine]
    debs = [
        Deb("demo-shell", "1.0", arch, files=shell()),
        Deb("greet", "1.0", "all", {"Depends": "demo-shell"}, {"usr/bin/greet": GREET.encode()}),
        Deb("count", "1.0", "all", {"Depends": "demo-shell (>= 1.0)"}, {"usr/bin/count": COUNT.encode()}),
    ]
    signer = Signer(home, "demo") if shutil.which("gpg") else None
    mirror = home / "repository"
    Repository(mirror, signer or Unsigned()).publish("demo", debs, arches=(arch,), inline=signer is not None)  # type: ignore[arg-type]
    trust = f'keyring="{signer.keyring}"' if signer else 'signatures="none"'
    for name, packages, rest in (("starter", "greet", ""), ("workstation", "greet; count", REST)):
        source = f'source "debian" name="demo" suite="demo" mirror="file://{mirror}" {trust}\n'
        (home / f"{name}.kdl").write_text(f'profile "{name}"\n{source}packages {{ {packages}; }}\n{rest}')
    if signer:
        signer.close()
    how = "signed with a key made for it" if signer else "unsigned, because gpg is missing (install gnupg)"
    return f"an apt repository of {len(debs)} packages in {mirror}, {how}"


if __name__ == "__main__":
    for tool, package in (("dpkg-deb", "dpkg"), ("ldd", "libc-bin")):
        if not shutil.which(tool):
            sys.exit(f"missing: `{tool}` (install {package}): no repository can be made on this machine")
    print(publish(Path(sys.argv[1])))
