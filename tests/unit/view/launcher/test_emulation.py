"""Programs of aarch64 on x86_64: by binfmt_misc in the namespace, by qemu in front of the first program, relocated, or under proot."""

import os
import pathlib
import shutil
import subprocess

import pytest
import toy_views

from nipsys.effects.host.binfmt import probe_emulation
from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.value import replace
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.relocate.copies import twin_path

COMPILER, LIBRARIES, LOADER = "aarch64-linux-gnu-gcc", pathlib.Path("/usr/aarch64-linux-gnu/lib"), "lib/ld-linux-aarch64.so.1"
PROGRAM = r"""
#include <stdio.h>
#include <unistd.h>
#include <sys/utsname.h>
int main(int count, char **words) {
    char line[100] = "";
    struct utsname name;
    FILE *file = fopen("/usr/share/world/data", "r");
    uname(&name);
    if (!file || !fgets(line, sizeof line, file)) return 3;
    printf("%s %s %s %d\n", name.machine, words[0], line, (int)getuid());
    fflush(stdout);
    if (count > 1) { execl("/usr/bin/p", "child", (char *)0); return 4; }
    return 7;
}
"""


@pytest.fixture(params=["compiled", "python"])
def view(
    request: pytest.FixtureRequest, store: Store, keep: toy_views.Keep, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> pathlib.Path:
    """Return a view with one program of aarch64 that says what it is and can start itself."""
    if os.uname().machine != "x86_64" or shutil.which(COMPILER) is None or not (LIBRARIES / "libc.so.6").exists():
        pytest.skip("gcc-aarch64-linux-gnu and libc6-dev-arm64-cross on x86_64 make the programs of this test")
    if not probe_emulation("aarch64").qemu:
        pytest.skip("qemu-user-static is missing: arm64 programs cannot run")
    if request.param == "python":
        monkeypatch.setattr("nipsys.view.launcher.binary.compile_static", lambda source, target: "")
        monkeypatch.setattr("os.access", lambda path, mode, real=os.access: "launch-" not in str(path) and real(path, mode))
    (tmp_path / "p.c").write_text(PROGRAM)
    subprocess.run([COMPILER, "-o", "p", "p.c"], cwd=tmp_path, check=True)
    libc = keep(
        "libc6", {"usr/lib/libc.so.6": (LIBRARIES / "libc.so.6").read_bytes(), f"usr/{LOADER}": (LIBRARIES / LOADER[4:]).read_bytes()}
    )
    program = keep("app", {"usr/bin/p": (tmp_path / "p").read_bytes(), "usr/share/world/data": "of the world"}, requested=True)
    plan = compose_view(replace(toy_views.world(libc, program), arch="aarch64"))
    closed = "closed" in request.node.name
    assert build_view(plan, store, namespaces=Namespaces(not closed, not closed)).failed == ()
    assert os.path.isdir(twin_path(plan.directory, store.layout.root)) == closed
    return pathlib.Path(store.path(plan.directory))


def said(view: pathlib.Path, *words: str, before: tuple[str, ...] = (), path: str = "") -> subprocess.CompletedProcess[str]:
    env = dict(os.environ, PATH=path + os.environ["PATH"])
    return subprocess.run([*before, f"{view}/.run/usr/bin/p", *words], capture_output=True, text=True, check=False, env=env)


@pytest.mark.usefixtures("namespaces")
def test_a_foreign_program_and_its_children_run(view: pathlib.Path) -> None:
    found = probe_emulation("aarch64")
    if not found.nested:
        pytest.skip(f"{found.step}: {found.reason}")
    done = said(view, "x")
    assert done.returncode == 7, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"aarch64 /usr/bin/p of the world {os.getuid()}"
    assert second == f"aarch64 child of the world {os.getuid()}"


@pytest.mark.usefixtures("namespaces")
def test_a_foreign_program_runs_under_qemu_where_the_kernel_refuses_binfmt(view: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A path longer than binfmt_misc takes is refused like all of it is by a kernel without one of its own for a namespace."""
    deep = tmp_path.joinpath(*["d" * 200] * 10)
    deep.mkdir(parents=True)
    shutil.copy(probe_emulation("aarch64").qemu, deep)
    others = ":".join(place for place in os.environ["PATH"].split(":") if not os.path.exists(f"{place}/qemu-aarch64-static"))
    env = dict(os.environ, PATH=f"{deep}:{others}")
    done = subprocess.run([shutil.which("env") or "", f"{view}/.run/usr/bin/p"], capture_output=True, text=True, check=False, env=env)
    assert done.stdout == f"aarch64 /usr/bin/p of the world {os.getuid()}\n", done.stderr
    assert done.returncode == 7
    child = subprocess.run([shutil.which("env") or "", f"{view}/.run/usr/bin/p", "x"], capture_output=True, text=True, check=False, env=env)
    assert child.returncode == 4, "what it starts does not run: the plan must not promise it"


def test_with_closed_namespaces_a_foreign_program_runs_relocated(view: pathlib.Path, closed: list[str]) -> None:
    done = said(view, before=tuple(closed))
    assert done.stdout.endswith(f" of the world {os.getuid()}\n"), done.stderr
    assert done.stdout.startswith("aarch64 ")
    assert done.returncode == 7
    assert "proot" not in done.stderr


@pytest.mark.usefixtures("namespaces")
def test_without_a_relocated_copy_a_foreign_program_runs_under_proot(view: pathlib.Path, request: pytest.FixtureRequest) -> None:
    if shutil.which("proot") is None:
        pytest.skip("proot is missing: the last resort cannot be tried")
    done = said(view, "x", before=tuple(request.getfixturevalue("closed")))
    assert "runs under proot" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["aarch64", "aarch64"], done.stderr
    assert done.returncode == 7
