"""Relocation where namespaces are closed: programs with a loader of their own, the redirecting library, same-length prefixes."""

import os
import pathlib
import shutil
import subprocess

import pytest
import toy_views

from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.problem import Rejected
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.elf import read_elf
from nipsys.view.launcher.binary import find_patchelf
from nipsys.view.model import ViewPlan
from nipsys.view.relocate.backfill import make_missing_twins
from nipsys.view.relocate.copies import find_missing_twins, remove_stale_twins, twin_path
from nipsys.view.relocate.prefix import check_rewritten, find_free_place, relocate_prefix

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
        find_patchelf()
    except Rejected as error:
        pytest.skip(error.problems[0].message)
    libc = next(path for path in ("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6") if os.path.exists(path))
    return {"loader": pathlib.Path(LOADER).resolve().read_bytes(), "libc": pathlib.Path(libc).resolve().read_bytes()}


def compiled(where: pathlib.Path, *flags: str) -> bytes:
    (where / "p.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-o", "p", "p.c", *flags], cwd=where, check=True)
    return (where / "p").read_bytes()


def test_a_program_finds_its_loader_its_data_and_its_children(
    store: Store, keep: toy_views.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path
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
    plan = compose_view(toy_views.world(libc, program))
    build_view(plan, store, namespaces=CLOSED)
    twin = pathlib.Path(twin_path(plan.directory, store.layout.root))
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
    build_view(plan, store, namespaces=CLOSED)
    assert (store.path(plan.directory), len(list(twin.parent.glob(".patched/*")))) == (store.path(plan.directory), 1)


def test_relocated_copies_without_a_view_are_removed(
    store: Store, keep: toy_views.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path
) -> None:
    libc = keep("libc6", {f"{LIB}/libc.so.6": host_libraries["libc"], "lib64/ld-linux-x86-64.so.2": host_libraries["loader"]})
    plan = compose_view(toy_views.world(libc, keep("app", {"usr/bin/p": compiled(tmp_path)}, requested=True)))
    build_view(plan, store, namespaces=CLOSED)
    twin = twin_path(plan.directory, store.layout.root)
    remove_stale_twins(store.layout.root, frozenset(store.list_directories()))
    assert os.path.isdir(twin)
    assert find_missing_twins(store.layout.root, [plan.directory, "other"], CLOSED) == ("other",)
    assert find_missing_twins(store.layout.root, ["other"], Namespaces(True, True)) == ()
    remove_stale_twins(store.layout.root, frozenset())
    assert not os.path.exists(twin)


def test_a_view_built_with_open_namespaces_is_relocated_later(
    store: Store, keep: toy_views.Keep, host_libraries: dict[str, bytes], tmp_path: pathlib.Path, namespaces: None
) -> None:
    loader = f"{LIB}/ld-linux-x86-64.so.2"
    content: dict[str, bytes | str] = {
        f"{LIB}/libc.so.6": host_libraries["libc"],
        loader: host_libraries["loader"],
        LOADER[1:]: f"->/{loader}",
    }
    program = keep("app", {"usr/bin/p": compiled(tmp_path), "usr/share/world/data": "of the world"}, requested=True)
    plan = compose_view(toy_views.world(keep("libc6", content), program))
    build_view(plan, store, namespaces=Namespaces(True, True))
    launcher = f"{store.path(plan.directory)}/.run/usr/bin/p"
    env = dict(os.environ, NIPSYS_NAMESPACES="off")
    assert subprocess.run([launcher], capture_output=True, text=True, check=True).stdout == "of the world\n"
    assert subprocess.run([launcher], env={**env, "PATH": "/nowhere"}, capture_output=True, check=False).returncode == 125
    assert make_missing_twins([plan.view], plan.arch, store, CLOSED) == ("debian",)
    assert make_missing_twins([plan.view], plan.arch, store, CLOSED) == ()
    assert subprocess.run([launcher], env=env, capture_output=True, text=True, check=True).stdout == "of the world\n"


def test_triggers_skipped_on_a_closed_host_run_when_it_opens(store: Store, keep: toy_views.Keep, busybox: bytes, namespaces: None) -> None:
    content = {"usr/bin/busybox": busybox, "usr/bin/sh": "->busybox", "usr/share/glib-2.0/schemas/a.xml": "x"}
    content |= {"usr/bin/glib-compile-schemas": b"#!/usr/bin/sh\n: > $1/compiled\n"}
    plan = compose_view(toy_views.world(keep("glib", content, requested=True)))
    build_view(plan, store, namespaces=CLOSED)
    made = pathlib.Path(store.path(plan.directory)) / "usr/share/glib-2.0/schemas/compiled"
    assert not made.exists()
    assert build_view(plan, store, namespaces=Namespaces(True, True)).fresh
    assert made.exists()
    assert not build_view(plan, store, namespaces=Namespaces(True, True)).fresh


NIX = "a" * 32 + "-glibc-2.40", "b" * 32 + "-app-1"


def prefixed(prefix: str, keep: toy_views.Keep, libraries: dict[str, bytes], where: pathlib.Path) -> ViewPlan:
    """Return the plan of a world below a prefix: a C library and a program there, a script for the program, a link."""
    glibc, app = NIX if prefix == "/nix/store" else ("", "")
    lib, home = f"{prefix}/{glibc}/lib".replace("//", "/"), f"{prefix}/{app}".rstrip("/")
    (where / "p.c").write_text(PROGRAM.replace("/usr/share/world/data", f"{home}/share/data"))
    flags = [f"-Wl,--dynamic-linker={lib}/ld-linux-x86-64.so.2", f"-Wl,-rpath,{lib}"]
    subprocess.run(["gcc", "-o", "p", "p.c", *flags], cwd=where, check=True)
    below = home.removeprefix(prefix).lstrip("/")
    inner = lib.removeprefix(prefix).lstrip("/")
    one = keep("glibc", {f"{inner}/libc.so.6": libraries["libc"], f"{inner}/ld-linux-x86-64.so.2": libraries["loader"]})
    content: dict[str, bytes | str] = {
        "bin/p": (where / "p").read_bytes(),
        "share/real": "of the prefix",
        "share/data": f"->{home}/share/real",
    }
    content |= {"share/other": f"{home}src {home}-x {home}", "bin/script": f"#!{home}/bin/p\n".encode()}
    two = keep("app", {f"{below}/{path}".lstrip("/"): data for path, data in content.items()}, requested=True)
    return compose_view(toy_views.world(one, two, prefix=prefix))


@pytest.mark.parametrize("prefix", ["/nix/store", "/usr/pkg", "/opt/gentoo", "/home/somebody/deep/below/eprefix"])
def test_a_prefix_is_rewritten_without_changing_lengths(
    prefix: str, store: Store, host_libraries: dict[str, bytes], request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> None:
    closed: list[str] = request.getfixturevalue("closed")
    plan = prefixed(prefix, request.getfixturevalue("keep"), host_libraries, tmp_path)
    assert build_view(plan, store, namespaces=CLOSED).failed == ()
    twin = twin_path(plan.directory, store.layout.root)
    place = os.readlink(f"{twin}/.prefix")
    assert len(place) == 30 if prefix == "/nix/store" else len(place) == len(prefix)
    home = f"{prefix}/{NIX[1]}" if prefix == "/nix/store" else prefix
    try:
        for name in ("p", "script"):
            launcher = f"{store.path(plan.directory)}/.run{home}/bin/{name}"
            os.unlink(place)  # it is only a link: the launcher makes it again
            done = subprocess.run([*closed, launcher], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout) == (0, "of the prefix\n") or name == "script", done.stderr
            assert done.stdout.startswith("of the prefix\n"), done.stderr
        other = pathlib.Path(f"{twin}/share/other")
        assert prefix == "/nix/store" or other.read_text() == f"{prefix}src {prefix}-x {place}"
        os.unlink(place)
        os.symlink("/etc", place)
        refused = subprocess.run([*closed, launcher], capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
        assert refused.returncode == 125
        assert "remove it" in refused.stderr
        assert os.stat(f"{place}/.").st_ino == os.stat("/etc").st_ino
        os.unlink(place)
        os.symlink(twin, place)
        remove_stale_twins(store.layout.root, frozenset())
        assert not os.path.lexists(place)
    finally:
        pathlib.Path(place).unlink(missing_ok=True)


def test_an_occupied_prefix_is_left_alone(tmp_path: pathlib.Path) -> None:
    first = find_free_place(str(tmp_path), 8)
    assert (len(first), first[:5]) == (8, "/tmp/")
    os.symlink("/etc", first)
    try:
        other = find_free_place(str(tmp_path), 8)
        assert other not in {"", first}
        os.unlink(first)
        os.symlink(tmp_path, first)
        assert find_free_place(str(tmp_path), 8) == first
    finally:
        os.unlink(first)


def test_a_file_that_rewriting_has_damaged_is_refused(host_libraries: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(compiled(tmp_path))
    before = read_elf(str(good))
    assert check_rewritten(before, before) == ""
    bad.write_bytes(good.read_bytes().replace(b"libc.so.6", b"\0ibc.so.6").replace(b"GLIBC_2.", b"GLIBC-2."))
    assert check_rewritten(before, read_elf(str(bad))) == "what it needs has changed"
    bad.write_bytes(b"no ELF")
    assert check_rewritten(before, read_elf(str(bad)))
    assert check_rewritten(None, None) == ""


def test_a_prefix_without_room_is_refused(store: Store, keep: toy_views.Keep) -> None:
    plan = compose_view(toy_views.world(keep("a", {"bin/a": b"x"}, requested=True), prefix="/pkg"))
    with pytest.raises(Rejected) as raised:
        relocate_prefix(plan, store)
    assert raised.value.problems[0].code == "no-relocation"


def test_a_relocatable_world_needs_no_copy(store: Store, keep: toy_views.Keep) -> None:
    plan = compose_view(toy_views.world(keep("a", {"bin/a": b"#!/bin/sh\n"}, requested=True), prefix="/opt/nipsys/pypi"))
    assert build_view(plan, store, namespaces=CLOSED).failed == ()
    assert find_missing_twins(store.layout.root, [plan.directory], CLOSED) == ()
    assert not os.path.exists(twin_path(plan.directory, store.layout.root))


def test_a_program_of_musl_finds_its_loader_its_data_and_its_children(store: Store, keep: toy_views.Keep, tmp_path: pathlib.Path) -> None:
    """Its loader is its C library, its names carry no version, and the one redirecting library serves it as well."""
    loader = "/lib/ld-musl-x86_64.so.1"
    if not os.path.exists(loader) or shutil.which("musl-gcc") is None:
        pytest.skip("relocation of musl's programs is tried with Debian's musl-tools on x86_64")
    (tmp_path / "p.c").write_text(PROGRAM)
    subprocess.run(["musl-gcc", "-o", "p", "p.c", "-Wl,--dynamic-linker=" + loader], cwd=tmp_path, check=True)
    (tmp_path / "child.c").write_text('#include <stdio.h>\nint main(void) { puts("child"); return access("/usr/share/world/data", 0); }\n')
    subprocess.run(["musl-gcc", "-w", "-o", "child", "child.c"], cwd=tmp_path, check=True)
    musl = keep("musl", {"usr/lib/ld-musl-x86_64.so.1": pathlib.Path(loader).resolve().read_bytes()})
    content: dict[str, bytes | str] = {"usr/share/world/data": "of the world"}
    content |= {f"usr/bin/{name}": (tmp_path / name).read_bytes() for name in ("p", "child")}
    content |= {"etc/apk/world": "x"}
    plan = compose_view(toy_views.world(musl, keep("app", content, requested=True)))
    assert build_view(plan, store, namespaces=CLOSED).failed == ()
    moved = read_elf(f"{twin_path(plan.directory, store.layout.root)}/usr/bin/p")
    assert moved is not None
    assert moved.interpreter == f"{store.path(musl.directory)}/usr/lib/ld-musl-x86_64.so.1"
    env = dict(os.environ, NIPSYS_NAMESPACES="off")
    launcher = f"{store.path(plan.directory)}/.run/usr/bin/p"
    done = subprocess.run([launcher, "x"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "of the world\nchild\n"), done.stderr
