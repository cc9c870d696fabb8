"""The launcher as its programs see it: argv, directory, signals, exit codes, terminals, what is writable, what is of the host."""

import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys

import pytest
import toy_views

from nipsys.effects.host.namespaces import Namespaces
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.launcher.binary import NATIVE, compile_static, install_launcher, is_native
from nipsys.view.native import launch

pytestmark = pytest.mark.usefixtures("namespaces")
APPLETS = ("sh", "cat", "ls", "env", "id", "pwd", "touch", "readlink", "mkdir", "kill", "wget", "true")


GIVEN = os.environ.get("NIPSYS_TEST_LAUNCHER", "")
"""A launcher to put through all of this; ``test_wheel`` gives that of another machine. The emulator of that knows no Landlock, which
keeps contained programs out of other processes' roots."""


@pytest.fixture(params=["given"] if GIVEN else ["compiled", "python"])
def view(
    request: pytest.FixtureRequest, store: Store, keep: toy_views.Keep, busybox: bytes, monkeypatch: pytest.MonkeyPatch
) -> pathlib.Path:
    """Return a view with a shell and a few tools, entered by each kind of launcher."""
    if request.param == "python":
        monkeypatch.setattr("nipsys.view.launcher.binary.compile_static", lambda source, target: "")
        monkeypatch.setattr("os.access", lambda path, mode, real=os.access: "launch-" not in str(path) and real(path, mode))
    if GIVEN:
        monkeypatch.setattr("nipsys.view.launcher.binary.ensure_launcher", lambda root: GIVEN)
    content: dict[str, bytes | str] = {"usr/bin/busybox": busybox, "usr/share/data/x": "of the view"}
    content |= {f"usr/bin/{name}": "->busybox" for name in APPLETS}
    plan = compose_view(toy_views.world(keep("busybox", content, requested=True)))
    build_view(plan, store, namespaces=Namespaces(True, True))
    monkeypatch.undo()
    launch = pathlib.Path(store.layout.root) / "state/bin/launch"
    assert is_native(str(launch)) == (request.param != "python")
    return pathlib.Path(store.path(plan.directory))


def start(view: pathlib.Path, name: str, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(view / f".run/usr/bin/{name}"), *arguments], capture_output=True, text=True, timeout=300, check=False, **more
    )  # type: ignore[call-overload, no-any-return]


def test_the_program_sees_the_view(view: pathlib.Path) -> None:
    assert start(view, "cat", "/usr/share/data/x").stdout == "of the view"
    assert start(view, "readlink", "/bin").stdout.strip() == "usr/bin"


def test_working_directory_and_open_files_are_kept(view: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/file").write_text("mine")
    assert start(view, "cat", "file", cwd=tmp_path / "here").stdout == "mine"
    assert start(view, "pwd", cwd=tmp_path / "here").stdout.strip() == str(tmp_path / "here")


def test_a_working_directory_hidden_by_the_view_is_reachable(view: pathlib.Path) -> None:
    assert (
        start(view, "pwd", cwd="/usr/share").stdout.strip() == "/usr/share"
        or start(view, "pwd", cwd="/usr/share").stdout.strip() == "/.host/usr/share"
    )
    listed = start(view, "ls", cwd="/usr/share").stdout.split()
    assert sorted(listed) == sorted(name for name in os.listdir("/usr/share") if not name.startswith("."))


def test_the_name_in_argv_is_kept(view: pathlib.Path) -> None:
    done = subprocess.run(["other-name", "-c", "echo $0"], executable=view / ".run/usr/bin/sh", capture_output=True, text=True, check=False)
    if is_native(str(view / ".run/usr/bin/sh")):
        assert "applet not found" in done.stderr or done.stdout.strip() == "other-name"
    link = subprocess.run([str(view / ".run/usr/bin/sh"), "-c", "echo $0"], capture_output=True, text=True, check=False)
    assert link.stdout.strip() in {"/usr/bin/sh", "sh"}


def test_exit_code_and_signal_are_those_of_the_program(view: pathlib.Path) -> None:
    assert start(view, "sh", "-c", "exit 42").returncode == 42
    assert start(view, "sh", "-c", "kill -9 $$").returncode == -signal.SIGKILL


def test_the_launcher_does_not_fork(view: pathlib.Path) -> None:
    """No fork: what is signalled is the program itself."""
    child = subprocess.Popen(
        [str(view / ".run/usr/bin/sh"), "-c", "trap 'exit 7' TERM; echo ready; while true; do :; done"], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.terminate()
    assert child.wait(300) == 7
    child.stdout.close()


def test_the_controlling_terminal_is_kept(view: pathlib.Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(view / ".run/usr/bin/sh", ["sh", "-c", "echo terminal > /dev/tty; read line; exit 0"])
    said = b""
    try:
        while b"terminal" not in said:
            said += os.read(terminal, 1024)
        os.write(terminal, b"\n")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        os.close(terminal)


def test_user_and_group_are_kept(view: pathlib.Path) -> None:
    assert start(view, "id", "-u").stdout.strip() == str(os.getuid())
    assert start(view, "id", "-g").stdout.strip() == str(os.getgid())


def test_the_view_is_read_only_and_state_is_not(view: pathlib.Path) -> None:
    for path in ("/usr/x", "/etc/x", "/usr/share/data/x"):
        assert "Read-only" in start(view, "touch", path).stderr
    assert start(view, "touch", "/var/lib/kept").returncode == 0
    assert (view.parents[1] / "state/debian/var/lib/kept").exists()
    assert not (view / "var/lib/kept").exists()


def test_live_files_and_the_host_are_visible(view: pathlib.Path) -> None:
    assert start(view, "cat", "/etc/passwd").stdout == pathlib.Path("/etc/passwd").read_text()
    assert start(view, "readlink", "/.host/usr/bin").returncode in {0, 1}
    assert "etc" in start(view, "ls", "/.host").stdout.split()


def test_a_program_of_the_view_starts_another_view(view: pathlib.Path) -> None:
    inner = view / ".run/usr/bin/cat"
    assert (
        start(view, "sh", "-c", f"{inner} /usr/share/data/x; {view}/.run/usr/bin/sh -c '{inner} /usr/share/data/x'").stdout
        == "of the view" * 2
    )


def test_hostrun_runs_a_program_of_the_host(view: pathlib.Path) -> None:
    hostrun = view.parents[1] / "state/bin/hostrun"
    own = subprocess.run(["ls", "/usr"], capture_output=True, text=True, check=True).stdout
    inside = start(view, "sh", "-c", f"{hostrun} ls /usr")
    assert inside.stdout == own, inside.stderr
    assert subprocess.run([hostrun, "ls", "/usr"], capture_output=True, text=True, check=True).stdout == own
    assert start(view, "sh", "-c", f"{hostrun} {view}/.run/usr/bin/cat /usr/share/data/x").stdout == "of the view"


def test_contained_programs_see_neither_home_nor_network(view: pathlib.Path, tmp_path: pathlib.Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_text("told to nobody")
    launch = view.parents[1] / "state/bin/launch"
    env = dict(os.environ, HOME=str(home))
    inside = subprocess.run(
        [
            launch,
            "--contain",
            view,
            "/usr/bin/sh",
            "sh",
            "-c",
            f"ls -A {home} /home; cat /proc/{os.getpid()}/root{home}/secret; cat /proc/net/dev",
        ],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "secret" not in inside.stdout
    assert GIVEN or "told to nobody" not in inside.stdout, "/proc leads into the roots of other processes"
    assert [line.split(":")[0].strip() for line in inside.stdout.splitlines() if ":" in line and "|" not in line and "/" not in line] == [
        "lo"
    ]


def test_errors_of_the_launcher_are_reported(view: pathlib.Path) -> None:
    launch = view.parents[1] / "state/bin/launch"
    none = subprocess.run([launch, view, "/usr/bin/none", "none"], capture_output=True, text=True, check=False)
    assert none.returncode == 127
    assert "`/usr/bin/none`" in none.stderr
    assert subprocess.run([launch, f"{view}-gone", "/x", "x"], capture_output=True, text=True, check=False).returncode == 125
    assert subprocess.run([launch], capture_output=True, text=True, check=False).returncode == 125


def test_closed_namespaces_are_reported(view: pathlib.Path) -> None:
    env = {"NIPSYS_NAMESPACES": "off", "PATH": "/nowhere"}  # without proot
    done = subprocess.run([view / ".run/usr/bin/true"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert "doctor" in done.stderr


def test_a_root_that_is_moved_keeps_working(view: pathlib.Path, tmp_path: pathlib.Path) -> None:
    root = view.parents[1]
    moved = tmp_path / "moved"
    root.rename(moved)
    try:
        assert start(moved / "store" / view.name, "cat", "/usr/share/data/x").stdout == "of the view"
    finally:
        moved.rename(root)


def test_every_available_compiler_builds_a_launcher(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    for compiler in ("gcc", "clang", "musl-gcc"):
        if shutil.which(compiler) is None:
            continue
        monkeypatch.setattr("nipsys.view.launcher.binary._COMPILERS", (compiler,))
        if compile_static(os.path.join(NATIVE, "launch.c"), str(tmp_path / compiler)) == compiler:
            made += 1
            assert b"INTERP" not in subprocess.run([tmp_path / compiler], capture_output=True, check=False).stdout
    if not made:
        pytest.skip("no C compiler is at hand")


def test_install_is_repeatable(tmp_path: pathlib.Path) -> None:
    first = install_launcher(str(tmp_path))
    inode = os.stat(first).st_ino
    assert install_launcher(str(tmp_path)) == first
    assert os.stat(first).st_ino == inode


def test_a_host_that_only_claims_to_allow_namespaces_is_detected(tmp_path: pathlib.Path) -> None:
    told = tmp_path / "told"
    assert not launch.is_refused_later(str(told))
    told.write_text("0")
    assert not launch.is_refused_later(str(told))
    told.write_text("1")
    assert not launch.is_refused_later(str(told)), "it says so and does it all the same"
    closed = [sys.executable, str(pathlib.Path(__file__).parents[3] / "support/closed.py")]
    ask = f"from nipsys.view.native import launch; print(launch.is_refused_later({str(told)!r}))"
    assert subprocess.run([*closed, sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout == "True\n"
