"""Relocation where namespaces are closed: programs with a loader of their own, the redirecting library, same-length prefixes."""

import os
import pathlib
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from nipsys.effects.namespaces import Namespaces
from nipsys.model.problem import Rejected
from nipsys.store.store import Store
from nipsys.view.build import build
from nipsys.view.compose import prepare
from nipsys.view.elf import read_elf
from nipsys.view.launcher import patchelf_program
from nipsys.view.relocate import missing_twins, sweep, twin_of
from nipsys.view.relocate_prefix import relocate_prefix, short_prefix
from nipsys.view.retrofit import retrofit

spec = spec_from_file_location("view_conftest", pathlib.Path(__file__).with_name("conftest.py"))
assert spec is not None
assert spec.loader is not None
shelf = module_from_spec(spec)
spec.loader.exec_module(shelf)
CLOSED = Namespaces(False, False, "make namespaces", "test")
LIB, LOADER = "usr/lib/x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2"
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words) {
    char line[100] = "";
    FILE *file = fopen("/usr/share/world/data", "r");
    if (!file || !fgets(line, sizeof line, file)) return 3;
    printf("%s\n", line);
    fflush(stdout);
    if (count > 1) return system("child");
    return access("/etc/passwd", R_OK) ? 4 : 0;
}
"""


@pytest.fixture
def host_libraries() -> dict[str, bytes]:
    if os.uname().machine != "x86_64" or not os.path.exists(LOADER) or shutil.which("gcc") is None:
        pytest.skip("relocation is tried with gcc and the glibc of an x86_64 host")
    try:
        patchelf_program()
    except Rejected as error:
        pytest.skip(error.problems[0].message)
    libc = next(path for path in ("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6") if os.path.exists(path))
    return {"loader": pathlib.Path(LOADER).resolve().read_bytes(), "libc": pathlib.Path(libc).resolve().read_bytes()}


def compiled(where: pathlib.Path, *flags: str) -> bytes:
    (where / "p.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-o", "p", "p.c", *flags], cwd=where, check=True)
    return (where / "p").read_bytes()


def test_a_program_finds_its_loader_its_data_and_its_children(
    store: Store, keep: shelf.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path
) -> None:
    libc = keep(
        "libc6",
        {
            f"{LIB}/libc.so.6": host_libraries["libc"],
            f"{LIB}/ld-linux-x86-64.so.2": host_libraries["loader"],
            "lib64/ld-linux-x86-64.so.2": f"->/{LIB}/ld-linux-x86-64.so.2",
        },
    )
    shell = "/bin/sh"
    program = keep(
        "app",
        {"usr/bin/p": compiled(tmp_path), "usr/share/world/data": "of the world", "usr/bin/child": f"#!{shell}\necho child\n".encode()},
        requested=True,
    )
    plan = prepare(shelf.world(libc, program))
    build(plan, store, namespaces=CLOSED)
    twin = pathlib.Path(twin_of(plan, store.layout.root))
    moved = read_elf(str(twin / "usr/bin/p"))
    assert moved is not None
    assert moved.interpreter == f"{store.path(libc.directory)}/{LIB}/ld-linux-x86-64.so.2"
    assert "libnipsys.so.0" in moved.needed
    env = dict(os.environ, NIPSYS_NAMESPACES="off")
    launcher = f"{store.path(plan.directory)}/.run/usr/bin/p"
    done = subprocess.run([launcher], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "of the world\n"), done.stderr
    assert subprocess.run([launcher, "x"], env=env, capture_output=True, text=True, check=False).stdout == "of the world\nchild\n"
    assert pathlib.Path(f"{store.path(plan.directory)}/usr/bin/p").read_bytes() == (tmp_path / "p").read_bytes()
    build(plan, store, namespaces=CLOSED)
    assert (store.path(plan.directory), len(list(twin.parent.glob(".patched/*")))) == (store.path(plan.directory), 1)


def test_twins_without_a_view_are_swept(store: Store, keep: shelf.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    libc = keep("libc6", {f"{LIB}/libc.so.6": host_libraries["libc"], "lib64/ld-linux-x86-64.so.2": host_libraries["loader"]})
    plan = prepare(shelf.world(libc, keep("app", {"usr/bin/p": compiled(tmp_path)}, requested=True)))
    build(plan, store, namespaces=CLOSED)
    twin = twin_of(plan, store.layout.root)
    sweep(store.layout.root, frozenset(store.directories()))
    assert os.path.isdir(twin)
    assert missing_twins(store.layout.root, [plan.directory, "other"], CLOSED) == ("other",)
    assert missing_twins(store.layout.root, ["other"], Namespaces(True, True)) == ()
    sweep(store.layout.root, frozenset())
    assert not os.path.exists(twin)


def test_a_view_made_while_namespaces_were_open_is_retrofitted(
    store: Store, keep: shelf.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path, namespaces: None
) -> None:
    loader = f"{LIB}/ld-linux-x86-64.so.2"
    content: dict[str, bytes | str] = {
        f"{LIB}/libc.so.6": host_libraries["libc"],
        loader: host_libraries["loader"],
        LOADER[1:]: f"->/{loader}",
    }
    program = keep("app", {"usr/bin/p": compiled(tmp_path), "usr/share/world/data": "of the world"}, requested=True)
    plan = prepare(shelf.world(keep("libc6", content), program))
    build(plan, store, namespaces=Namespaces(True, True))
    launcher = f"{store.path(plan.directory)}/.run/usr/bin/p"
    env = dict(os.environ, NIPSYS_NAMESPACES="off")
    assert subprocess.run([launcher], capture_output=True, text=True, check=True).stdout == "of the world\n"
    assert subprocess.run([launcher], env=env, capture_output=True, check=False).returncode == 125
    assert retrofit([plan.view], plan.arch, store, CLOSED) == ("debian",)
    assert retrofit([plan.view], plan.arch, store, CLOSED) == ()
    assert subprocess.run([launcher], env=env, capture_output=True, text=True, check=True).stdout == "of the world\n"


def test_a_world_made_on_a_closed_host_gets_its_triggers_when_it_opens(
    store: Store, keep: shelf.Keep, busybox: bytes, namespaces: None
) -> None:
    content = {"usr/bin/busybox": busybox, "usr/bin/sh": "->busybox", "usr/share/glib-2.0/schemas/a.xml": "x"}
    content |= {"usr/bin/glib-compile-schemas": b"#!/usr/bin/sh\n: > $1/compiled\n"}
    plan = prepare(shelf.world(keep("glib", content, requested=True)))
    build(plan, store, namespaces=CLOSED)
    made = pathlib.Path(store.path(plan.directory)) / "usr/share/glib-2.0/schemas/compiled"
    assert not made.exists()
    assert build(plan, store, namespaces=Namespaces(True, True)).fresh
    assert made.exists()
    assert not build(plan, store, namespaces=Namespaces(True, True)).fresh


def test_a_prefix_is_rewritten_without_changing_a_length(
    store: Store, keep: shelf.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path
) -> None:
    glibc, app = "a" * 32 + "-glibc-2.40", "b" * 32 + "-app-1"
    source = PROGRAM.replace("/usr/share/world/data", f"/nix/store/{app}/share/data")
    (tmp_path / "p.c").write_text(source)
    flags = [f"-Wl,--dynamic-linker=/nix/store/{glibc}/lib/ld-linux-x86-64.so.2", f"-Wl,-rpath,/nix/store/{glibc}/lib"]
    subprocess.run(["gcc", "-o", "p", "p.c", *flags], cwd=tmp_path, check=True)
    one = keep("glibc", {f"{glibc}/lib/libc.so.6": host_libraries["libc"], f"{glibc}/lib/ld-linux-x86-64.so.2": host_libraries["loader"]})
    two = keep("app", {f"{app}/bin/p": (tmp_path / "p").read_bytes(), f"{app}/share/data": "of the prefix"}, requested=True)
    plan = prepare(shelf.world(one, two, prefix="/nix/store"))
    build(plan, store, namespaces=CLOSED)
    twin = twin_of(plan, store.layout.root)
    place = short_prefix(twin)
    try:
        launcher = f"{store.path(plan.directory)}/.run/nix/store/{app}/bin/p"
        env = dict(os.environ, NIPSYS_NAMESPACES="off")
        os.unlink(place)  # it is only a link: the launcher makes it again
        done = subprocess.run([launcher], env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "of the prefix\n"), done.stderr
        os.unlink(place)
        os.symlink("/etc", place)
        refused = subprocess.run([launcher], env=env, capture_output=True, text=True, check=False)
        assert refused.returncode == 125
        assert "remove it" in refused.stderr
        assert os.stat(f"{place}/.").st_ino == os.stat("/etc").st_ino
    finally:
        os.unlink(place)


def test_a_prefix_without_room_is_refused(store: Store, keep: shelf.Keep) -> None:
    plan = prepare(shelf.world(keep("a", {"bin/a": b"x"}, requested=True), prefix="/usr/pkg"))
    with pytest.raises(Rejected) as raised:
        relocate_prefix(plan, store)
    assert raised.value.problems[0].code == "no-relocation"
