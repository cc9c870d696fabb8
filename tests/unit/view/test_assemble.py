"""Building a view: the store is never written, an unchanged world is not built again, prefixes hide nothing."""

import os
import pathlib
import shutil
import subprocess

import pytest
import toy_views

from nipsys.effects.host.binfmt import Emulation
from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.event import Event, Warned
from nipsys.store.trees import Store
from nipsys.view.assemble import _use_bare_name, build_view, unshare_files
from nipsys.view.check import find_problems
from nipsys.view.compose import compose_view
from nipsys.view.launcher.binary import build_python_launcher
from nipsys.view.launcher.emulation import describe_emulation

OPEN = Namespaces(True, True)


def test_files_are_hard_links_and_generated_texts_are_not(store: Store, keep: toy_views.Keep) -> None:
    package = keep("a", {"usr/share/a": "text", "usr/bin/a": b"program"}, requested=True)
    plan = compose_view(toy_views.world(package))
    build_view(plan, store, namespaces=OPEN)
    view = store.path(plan.directory)
    assert os.stat(f"{view}/usr/share/a").st_ino == os.stat(f"{store.path(package.directory)}/usr/share/a").st_ino
    assert os.stat(f"{view}/etc/nsswitch.conf").st_nlink == 1
    assert os.readlink(f"{view}/etc/passwd") == "/.host/etc/passwd"
    assert store.has(plan.directory)


def test_an_unchanged_world_is_not_built_again(store: Store, keep: toy_views.Keep) -> None:
    plan = compose_view(toy_views.world(keep("a", {"usr/bin/a": b"program"}, requested=True)))
    assert build_view(plan, store, namespaces=OPEN).fresh
    before = os.stat(f"{store.path(plan.directory)}/usr").st_mtime_ns
    assert not build_view(plan, store, namespaces=OPEN).fresh
    assert os.stat(f"{store.path(plan.directory)}/usr").st_mtime_ns == before


@pytest.mark.usefixtures("namespaces")
def test_a_trigger_never_changes_files_of_the_store(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    """A tool that appends to a packaged file: the store's inode stays as it was, the view has the new text."""
    schemas = "usr/share/glib-2.0/schemas"
    tool = f"#!/usr/bin/sh\necho more >> /{schemas}/a.gschema.xml\n: > /{schemas}/gschemas.compiled\n(: > /usr/share/elsewhere) 2> /dev/null && exit 3\nexit 0\n"
    content = {
        "usr/bin/busybox": busybox,
        "usr/bin/sh": "->busybox",
        "usr/bin/glib-compile-schemas": tool.encode(),
        f"{schemas}/a.gschema.xml": "x",
    }
    package = keep("glib", content, requested=True)
    plan = compose_view(toy_views.world(package))
    done = build_view(plan, store, namespaces=OPEN)
    assert done.failed == ()
    view, kept = pathlib.Path(store.path(plan.directory)), pathlib.Path(store.path(package.directory))
    assert (kept / f"{schemas}/a.gschema.xml").read_text() == "x"
    assert (view / f"{schemas}/a.gschema.xml").read_text() == "xmore\n"
    assert (view / f"{schemas}/gschemas.compiled").exists()


@pytest.mark.usefixtures("namespaces")
def test_a_failed_trigger_is_reported_and_the_view_is_kept(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    content = {
        "usr/bin/busybox": busybox,
        "usr/bin/sh": "->busybox",
        "usr/bin/glib-compile-schemas": b"#!/usr/bin/sh\necho broken schema; exit 1\n",
    }
    content |= {"usr/share/glib-2.0/schemas/a.xml": "x"}
    told: list[Event] = []
    plan = compose_view(toy_views.world(keep("glib", content)))
    done = build_view(plan, store, told.append, namespaces=OPEN)
    assert "broken schema" in done.failed[0]
    assert any(isinstance(event, Warned) and "glib-schemas" in event.message for event in told)
    assert store.has(plan.directory)


def test_a_private_copy_is_not_a_hard_link(tmp_path: pathlib.Path) -> None:
    (tmp_path / "store").write_text("x")
    (tmp_path / "store").chmod(0o444)
    (tmp_path / "view").mkdir()
    os.link(tmp_path / "store", tmp_path / "view/x")
    unshare_files(str(tmp_path / "view"))
    (tmp_path / "view/x").write_text("y")
    assert (tmp_path / "store").read_text() == "x"


def test_a_world_that_cannot_start_is_rejected_before_it_is_written(store: Store, keep: toy_views.Keep, tmp_path: pathlib.Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    (tmp_path / "p.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-o", "p", "p.c"], cwd=tmp_path, check=True)
    plan = compose_view(toy_views.world(keep("p", {"usr/bin/p": (tmp_path / "p").read_bytes()}, requested=True)))
    assert {problem.code for problem in find_problems((plan,), store)} == {"no-loader", "missing-library"}
    assert not store.has(plan.directory)
    assert find_problems((compose_view(toy_views.world(keep("q", {"usr/share/q": "x"}))),), store) == ()


@pytest.mark.usefixtures("namespaces")
def test_a_static_program_without_data_needs_no_launcher(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    alone = compose_view(toy_views.world(keep("busybox", {"usr/bin/busybox": busybox, "usr/share/doc/x": "x"}, requested=True)))
    build_view(alone, store, namespaces=OPEN)
    view = store.path(alone.directory)
    assert os.stat(f"{view}/.run/usr/bin/busybox").st_ino == os.stat(f"{view}/usr/bin/busybox").st_ino
    needs = compose_view(toy_views.world(keep("busybox", {"usr/bin/busybox": busybox, "usr/share/busybox/x": "x"}, requested=True)))
    build_view(needs, store, namespaces=OPEN)
    view = store.path(needs.directory)
    assert os.stat(f"{view}/.run/usr/bin/busybox").st_ino != os.stat(f"{view}/usr/bin/busybox").st_ino


@pytest.fixture(params=["compiled", "python"])
def any_launcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Have views entered by each kind of launcher."""
    if request.param == "python":
        launcher = tmp_path / "launcher"
        launcher.write_text(build_python_launcher())
        monkeypatch.setattr("nipsys.view.launcher.binary.ensure_launcher", lambda root: str(launcher))


@pytest.mark.usefixtures("namespaces", "any_launcher")
@pytest.mark.parametrize(
    ("prefix", "program"), [("/nix/store", "abc-busybox/bin/busybox"), ("/usr/pkg", "bin/busybox"), ("/opt/deep/er", "bin/busybox")]
)
def test_a_prefix_hides_no_file_of_the_host(prefix: str, program: str, store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    plan = compose_view(
        toy_views.world(
            keep("busybox", {program: busybox, "data": "of the prefix", "share/link": f"->{prefix}/data"}, requested=True), prefix=prefix
        )
    )
    build_view(plan, store, namespaces=OPEN)
    launcher = f"{store.path(plan.directory)}/.run{prefix}/{program}"

    def said(*words: str) -> str:
        return subprocess.run([launcher, *words], capture_output=True, text=True, check=True).stdout

    assert said("cat", f"{prefix}/share/link") == "of the prefix"
    assert said("cat", f"{prefix}/data") == "of the prefix"
    assert said("readlink", "/proc/self/exe").strip() == f"{prefix}/{program}"
    own = set(subprocess.run(["ls", "/usr", "/usr/share"], capture_output=True, text=True, check=True).stdout.split())
    assert own <= set(said("ls", "/usr", "/usr/share").split()) | {"/usr:", "/usr/share:"}
    assert not os.path.exists(prefix) or os.listdir(prefix) != ["data"]


def test_files_that_the_host_reads_name_programs_without_a_path() -> None:
    names = {"/usr/bin/gimp": "gimp"}
    assert _use_bare_name("Exec=/usr/bin/gimp %U\n", names) == "Exec=gimp %U\n"
    assert _use_bare_name("ExecStart=-/usr/bin/gimp\n", names) == "ExecStart=-gimp\n"
    assert _use_bare_name("Icon=/usr/bin/gimp\n", names) == "Icon=/usr/bin/gimp\n"
    assert _use_bare_name("Exec=/usr/bin/other\n", names) == "Exec=/usr/bin/other\n"
    assert _use_bare_name("ExecStart=-/usr/bin/gimp -d\n", names, env=True) == "ExecStart=-/usr/bin/env gimp -d\n"


def test_the_way_to_run_foreign_programs_is_reported() -> None:
    assert "do not run here" in describe_emulation("arm", "aarch64", Emulation("", False, "find qemu", ""))[0]
    assert describe_emulation("arm", "aarch64", Emulation("/q", True)) == (
        "world `arm` is for aarch64: its programs, and those they start, run with `/q` (binfmt_misc in the namespace)",
        None,
    )
    message, hint = describe_emulation("arm", "aarch64", Emulation("/q", False, "register qemu", "refused"))
    assert "but not those they start (register qemu: refused)" in message
    assert hint is not None


@pytest.mark.usefixtures("namespaces")
def test_a_script_runs_confined_and_its_difference_becomes_a_tree(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    script = """#!/bin/sh
set -e
test "$1" = configure
echo made > /usr/share/made
echo more >> /usr/share/kept
mkdir -p /var/lib/a && echo state > /var/lib/a/state
adduser --system a
ln -s made /usr/share/link
rm /usr/share/gone
test "$(id -u)" = 0
! cat /proc/net/route 2> /dev/null | grep -q 00000000
"""
    content: dict[str, bytes | str] = {f"usr/bin/{name}": "->busybox" for name in ("sh", "test", "mkdir", "ln", "rm", "id", "cat", "grep")}
    content |= {"usr/bin/busybox": busybox, "usr/share/kept": "x\n", "usr/share/gone": "x", ".package/postinst": script}
    package = keep("a", content, scripts="sandbox")
    plan = compose_view(toy_views.world(package))
    assert plan.uncovered == ()
    assert compose_view(toy_views.world(keep("a", content))).key != plan.key
    told: list[Event] = []
    done = build_view(plan, store, told.append, namespaces=OPEN)
    assert done.failed == ()
    view, kept = pathlib.Path(store.path(plan.directory)), pathlib.Path(store.path(package.directory))
    assert (view / "usr/share/made").read_text() == "made\n"
    assert (view / "usr/share/kept").read_text() == "x\nmore\n"
    assert (kept / "usr/share/kept").read_text() == "x\n"
    assert os.readlink(view / "usr/share/link") == "made"
    assert any(isinstance(event, Warned) and "`/usr/share/gone`" in event.message for event in told)
    assert pathlib.Path(store.layout.root, "state/debian/var/lib/a/state").read_text() == "state\n"
    (derived,) = [name for name in store.list_directories() if "a-script" in name]
    tree = store.read_manifest(derived)
    assert tree is not None
    assert {entry.path for entry in tree.entries} >= {"usr/share/made", "usr/share/kept", "usr/share/link", "var/lib/a/state"}
    assert not [entry for entry in tree.entries if "quiet" in entry.path or "postinst" in entry.path]


@pytest.mark.usefixtures("namespaces")
def test_a_failed_script_is_reported(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    content = {"usr/bin/busybox": busybox, "usr/bin/sh": "->busybox", ".package/postinst": "#!/bin/sh\necho no luck; exit 4\n"}
    done = build_view(compose_view(toy_views.world(keep("a", content, scripts="sandbox"))), store, namespaces=OPEN)
    assert "exit code 4: no luck" in done.failed[0]
