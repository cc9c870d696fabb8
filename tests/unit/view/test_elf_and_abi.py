"""The ELF reader against real and damaged files; the check of worlds that cannot start."""

import contextlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping

import pytest
import toy_views
from hypothesis import given
from hypothesis import strategies as st

from nipsys.view.abi import AbiReport, check_abi
from nipsys.view.compose import compose_view
from nipsys.view.elf import Elf, NeededVersion, parse_elf, read_elf
from nipsys.view.relocate.runpath import Patch, check_patched, search_path_of

member, world = toy_views.member, toy_views.world
LIB, LOADER = "usr/lib/x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Make a library with versions, and a program that needs it."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    where = tmp_path_factory.mktemp("elf")
    (where / "l.c").write_text("int f(void) { return 42; }\n")
    (where / "l.map").write_text("ONE_1.0 { global: f; local: *; };\n")
    (where / "p.c").write_text("int f(void); int main(void) { return f(); }\n")
    for command in (
        "gcc -shared -fPIC -Wl,-soname,libf.so.1 -Wl,--version-script=l.map -o libf.so.1 l.c",
        "gcc -o p p.c ./libf.so.1 -Wl,--disable-new-dtags,-rpath,/opt/f/lib",
        "gcc -o q p.c ./libf.so.1 -Wl,--enable-new-dtags,-rpath,$ORIGIN",
        "gcc -static -o s l.c p.c",
    ):
        subprocess.run(command.split(), cwd=where, check=True)
    return where


def test_headers_of_a_program_and_a_library_are_read(made: pathlib.Path) -> None:
    program, library = read_elf(str(made / "p")), read_elf(str(made / "libf.so.1"))
    assert program is not None
    assert library is not None
    assert program.interpreter == LOADER if os.uname().machine == "x86_64" else program.interpreter
    assert "libc.so.6" in program.needed
    assert program.libc == "glibc"
    assert (program.rpath, program.runpath) == ("/opt/f/lib", None)
    assert any(one.version == "ONE_1.0" for one in program.needed_versions)
    assert (library.soname, "ONE_1.0" in library.defined_versions) == ("libf.so.1", True)
    new = read_elf(str(made / "q"))
    assert new is not None
    assert (new.rpath, new.runpath) == (None, "$ORIGIN")
    static = read_elf(str(made / "s"))
    assert static is not None
    assert static.is_static
    assert not program.is_static


def test_other_files_are_not_elf_files(tmp_path: pathlib.Path) -> None:
    for name, data in (
        ("text", b"/* GNU ld script */"),
        ("empty", b""),
        ("short", b"\x7fELF\x02\x01"),
        ("guile", b"\x7fELF\x02\x01" + bytes(100)),
    ):
        (tmp_path / name).write_bytes(data)
        assert read_elf(str(tmp_path / name)) is None
    os.symlink("text", tmp_path / "link")
    assert read_elf(str(tmp_path / "link")) is None
    assert read_elf(str(tmp_path / "none")) is None


@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_damaged_file_never_breaks_the_reader(place: int, value: int) -> None:
    data = bytearray(pathlib.Path(sys.executable).resolve().read_bytes()[:20000])
    data[place] = value
    with contextlib.suppress(ValueError, struct.error):
        parse_elf(bytes(data))


def proof(programs: Mapping[str, Elf], **files: str) -> AbiReport:
    """Prove a world whose files say what ``programs`` says, each of the package that ``files`` names."""
    packages: dict[str, dict[str, bytes | str]] = {}
    for number, path in enumerate(programs):
        owner = files.get(path.rpartition("/")[2].replace(".", "_").replace("-", "_"), "app")
        packages.setdefault(owner, {})[path] = str(number).encode()
    plan = compose_view(world(*(member(name, content, requested=name == "app") for name, content in packages.items())))
    return check_abi(plan, lambda entry: programs.get(entry.path))


PROGRAM = Elf("x86_64", 3, LOADER, ("libc.so.6",), dynamic=True)
LIBC = Elf("x86_64", 3, "", (), "libc.so.6", defined_versions=frozenset({"GLIBC_2.36"}), dynamic=True)
LD = Elf("x86_64", 3, "", (), "ld-linux-x86-64.so.2", dynamic=True)
GOOD = {"usr/bin/a": PROGRAM, f"{LIB}/libc.so.6": LIBC, "usr/lib64/ld-linux-x86-64.so.2": LD}
OWNERS = {"libc_so_6": "libc6", "ld_linux_x86_64_so_2": "libc6"}


def codes(verdict: AbiReport) -> list[str]:
    return [problem.code for problem in verdict.errors]


def test_a_complete_world_passes() -> None:
    assert proof(GOOD, **OWNERS) == AbiReport((), (), 3)


def test_a_missing_library_of_a_program_is_an_error_and_of_a_plugin_a_warning() -> None:
    lacking = Elf("x86_64", 3, "", ("libgone.so.1",), dynamic=True)
    program = Elf("x86_64", 3, LOADER, ("libc.so.6", "libgone.so.1"), dynamic=True)
    verdict = proof(GOOD | {"usr/bin/a": program}, **OWNERS)
    assert codes(verdict) == ["missing-library"]
    assert "`/usr/bin/a` of `debian/app` needs `libgone.so.1`" in verdict.errors[0].message
    verdict = proof(GOOD | {f"{LIB}/plugins/p.so": lacking}, **OWNERS)
    assert (codes(verdict), len(verdict.warnings)) == ([], 1)


def test_an_unmet_version_names_file_version_and_provider() -> None:
    program = Elf("x86_64", 3, LOADER, ("libc.so.6",), needed_versions=(NeededVersion("libc.so.6", "GLIBC_2.41", False),), dynamic=True)
    verdict = proof(GOOD | {"usr/bin/a": program}, **OWNERS)
    assert codes(verdict) == ["missing-version"]
    for word in ("`/usr/bin/a`", "`GLIBC_2.41`", "`debian/libc6`"):
        assert word in verdict.errors[0].message
    weak = Elf("x86_64", 3, LOADER, ("libc.so.6",), needed_versions=(NeededVersion("libc.so.6", "GLIBC_2.41", True),), dynamic=True)
    assert not codes(proof(GOOD | {"usr/bin/a": weak}, **OWNERS))


def test_two_c_libraries_or_machines_in_one_world_are_refused() -> None:
    musl = Elf("x86_64", 3, "/lib/ld-musl-x86_64.so.1", ("libc.musl-x86_64.so.1",), dynamic=True)
    assert "mixed-libc" in codes(proof(GOOD | {"usr/bin/m": musl}, **OWNERS))
    assert "wrong-machine" in codes(proof(GOOD | {"usr/bin/b": Elf("aarch64", 3, LOADER, ("libc.so.6",), dynamic=True)}, **OWNERS))


def test_the_loader_comes_from_the_package_of_the_c_library() -> None:
    assert codes(proof(GOOD, libc_so_6="libc6", ld_linux_x86_64_so_2="other")) == ["loader-apart"]
    assert "no-loader" in codes(proof({path: elf for path, elf in GOOD.items() if "ld-linux" not in path}, **OWNERS))


def test_search_paths_become_relative_and_keep_their_order() -> None:
    assert search_path_of("usr/bin/a", PROGRAM, (LIB, "usr/lib")) == "$ORIGIN/../lib/x86_64-linux-gnu:$ORIGIN/../lib"
    asked = Elf("x86_64", 3, runpath="/usr/lib/x86_64-linux-gnu/private:$ORIGIN/x", dynamic=True)
    assert search_path_of(f"{LIB}/a.so", asked, (LIB,)) == "$ORIGIN/private:$ORIGIN/x:$ORIGIN/."


def test_every_damage_of_a_patched_file_is_detected() -> None:
    patch = Patch("usr/bin/a", "d", "/r/ld.so", "$ORIGIN", shim=True)
    good = Elf(
        "x86_64", 3, "/r/ld.so", ("libnipsys.so.0", "libc.so.6"), rpath="$ORIGIN", dynamic=True, segments=((0, 0, 4096), (4096, 8192, 4096))
    )
    assert check_patched(PROGRAM, good, patch) == ""
    from nipsys.model.value import replace

    for damaged in (
        None,
        replace(good, interpreter=LOADER),
        replace(good, rpath=None),
        replace(good, runpath="$ORIGIN"),
        replace(good, needed=("libc.so.6",)),
        replace(good, needed=("libnipsys.so.0",)),
        replace(good, needed_versions=(NeededVersion("libc.so.6", "GLIBC_9", False),)),
        replace(good, segments=((100, 4096, 4096),)),
    ):
        assert check_patched(PROGRAM, damaged, patch)
