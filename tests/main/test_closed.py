"""On a host that has closed namespaces since the last apply, `apply` with nothing to do makes programs start again."""

import shutil
import subprocess
from pathlib import Path

import pytest
from debian_maker import Deb
from machine import Archive, Machine, greet, hello, write_profile

from nipsys.effects.host.namespaces import probe

LIBRARIES = {
    "usr/lib64/ld-linux-x86-64.so.2": "/lib64/ld-linux-x86-64.so.2",
    "usr/lib/x86_64-linux-gnu/libc.so.6": "/lib/x86_64-linux-gnu/libc.so.6",
}


@pytest.fixture
def compiled(tmp_path: Path) -> tuple[Deb, Deb]:
    """Return a C library (the host's own) and a program made for it, which tells whether it sees its own data."""
    if not (found := probe()).open:
        pytest.skip(f"namespaces are closed here: {found.step}: {found.reason}")
    if shutil.which("gcc") is None or not all(Path(path).exists() for path in LIBRARIES.values()):
        pytest.skip("gcc or glibc for x86_64 is missing")
    (tmp_path / "p.c").write_text(
        '#include <stdio.h>\nint main(void) { char t[9] = ""; FILE *f = fopen("/usr/share/own/x", "r"); return f && fgets(t, 9, f) && puts(t) >= 0 ? 0 : 1; }\n'
    )
    subprocess.run(["gcc", "-O", "-o", "p", "p.c"], cwd=tmp_path, check=True)
    libc = Deb("libc6", "1", files={path: Path(origin).read_bytes() for path, origin in LIBRARIES.items()})
    own = Deb("own", "1", fields={"Depends": "libc6"}, files={"usr/bin/own": (tmp_path / "p").read_bytes(), "usr/share/own/x": b"mine"})
    return libc, own


def closed(machine: Machine) -> Machine:
    return Machine(machine.home, machine.root, {"NIPSYS_NAMESPACES": "off"})


def test_nothing_to_do_is_no_answer_while_programs_cannot_start(machine: Machine, archive: Archive, compiled: tuple[Deb, Deb]) -> None:
    archive.publish(*compiled)
    profile = write_profile(machine.home / "p.kdl", archive, "own")
    first = machine("apply", profile)
    assert machine.program("own").out.strip() == "mine", f"{first.err}{machine.program('own')}"
    shut = closed(machine)
    assert shut.program("own").err, "refused, or run by proot with a warning"
    ran = shut("apply", profile)
    assert "nothing to do" in ran.out
    again = shut.program("own")
    assert (again.out.strip(), again.err) == ("mine", ""), ran.err
    assert machine.current()[0] == 1
    assert "relocate" not in shut("apply", profile).err, "once"


def test_a_world_that_cannot_be_relocated_is_a_warning(machine: Machine, archive: Archive, compiled: tuple[Deb, Deb]) -> None:
    archive.publish(hello("1.0"), greet())
    profile = write_profile(machine.home / "p.kdl", archive, "greet")
    machine("apply", profile)
    assert "warning: the programs of `debian` cannot be relocated" in closed(machine)("apply", profile).err
