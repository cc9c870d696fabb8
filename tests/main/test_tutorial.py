"""The tutorial, followed to the letter: every command of the page in order, with the profile it shows, from an archive of our own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from debian_maker import Deb
from machine import Archive, Machine

PAGE = (Path(__file__).resolve().parents[2] / "docs/tutorial/first-profile.md").read_text(encoding="utf-8")
STEPS = re.findall(r"(?ms)^```(sh|kdl)\n(.*?)^```$", PAGE)
SOURCE = 'source "debian" suite="bookworm"'


def program(name: str, says: str, depends: str = "base") -> Deb:
    text = f'#!/bin/sh\ncat > /dev/null < /dev/null\necho "{says}"\n'
    return Deb(name, "1", fields={"Depends": depends}, files={f"usr/bin/{name}": text.encode()})


def script(archive: Archive) -> str:
    """Put the steps together: commands as they are, the profile at the place where the page shows it."""
    told = archive.source(suite="bookworm")
    lines = []
    for language, body in STEPS:
        lines.append(body if language == "sh" else f"cat > laptop.kdl <<'END'\n{body.replace(SOURCE, told)}END\n")
    return "set -uo pipefail\ntrap 'echo \"FAILED $? $BASH_COMMAND\"' ERR\n" + "".join(lines)


def test_the_tutorial_can_be_followed(machine: Machine, archive: Archive) -> None:
    assert SOURCE in PAGE
    library = Deb("libpcre2-8-0", "1", files={"usr/share/doc/libpcre2-8-0/note": b"a library"})
    debs = [program("jq", "42"), program("tree", "tree 2"), program("rg", "rg 1"), library]
    ripgrep = Deb("ripgrep", "1", fields={"Depends": "libpcre2-8-0, rg"})
    archive.publish(*debs, ripgrep, suite="bookworm")
    env = machine.environ() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": "/dev/null"}
    ran = subprocess.run(
        ["bash", "-c", script(archive)], env=env, cwd=machine.home, capture_output=True, text=True, check=False, timeout=300
    )
    assert [line for line in ran.stdout.splitlines() if line.startswith("FAILED")] == ["FAILED 2 nipsys check laptop.kdl"], ran.stderr
    assert "42\ntree 2\n" in ran.stdout
    assert "libpcre2-8-0" in ran.stdout, "why it is there"
    assert machine.current()[0] == 1, "rolled back"
    assert "ripgrep" in (machine.home / "machine/laptop.kdl").read_text(), "installing edited the profile"
