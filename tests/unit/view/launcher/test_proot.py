"""Where no namespace is available and nothing is relocated: proot, if it is installed, and a warning."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import toy_views

from nipsys.effects.host.namespaces import Namespaces
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.launcher.binary import is_native

OPEN = Namespaces(True, True)


@pytest.fixture(params=["compiled", "python"])
def applets(request: pytest.FixtureRequest, busybox: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | str]:
    """Return the content of a small world, entered by each kind of launcher."""
    if shutil.which("proot") is None:
        pytest.skip("proot is missing: the last resort cannot be tried")
    if request.param == "python":
        monkeypatch.setattr("nipsys.view.launcher.binary.compile_static", lambda source, target: "")
        monkeypatch.setattr("os.access", lambda path, mode, real=os.access: "launch-" not in str(path) and real(path, mode))
    content: dict[str, bytes | str] = {"bin/busybox": busybox, "share/data": "of the view"}
    return content | {f"bin/{name}": "->busybox" for name in ("sh", "cat", "pwd", "true", "readlink")}


def under(top: str, content: dict[str, bytes | str]) -> dict[str, bytes | str]:
    return {f"{top}/{path}" if top else path: data for path, data in content.items()}


@pytest.mark.parametrize("prefix", ["", "/usr/pkg"])
def test_a_program_runs_under_proot_and_the_user_is_warned(
    prefix: str, applets: dict[str, bytes | str], store: Store, keep: toy_views.Keep, closed: list[str]
) -> None:
    tmp_path = pathlib.Path(store.layout.root).parent
    top = prefix or "/usr"
    plan = compose_view(toy_views.world(keep("busybox", under("" if prefix else "usr", applets), requested=True), prefix=prefix))
    build_view(plan, store, namespaces=OPEN)
    launcher = f"{store.path(plan.directory)}/.run{top}/bin/sh"
    script = f"cat {top}/share/data; pwd; cat file; head -n 1 /.host/etc/passwd > /dev/null; exit 7"
    (tmp_path / "file").write_text("mine")
    done = subprocess.run([*closed, launcher, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"of the view{tmp_path}\nmine", done.stderr
    assert done.returncode == 7
    assert f"`{top}/bin/sh` runs under proot" in done.stderr
    assert "nipsys doctor" in done.stderr
    python = (
        [] if is_native(launcher) else [os.path.realpath(sys.executable)]
    )  # a `python3` on PATH may be a shell script that needs PATH itself
    none = subprocess.run(
        [*closed, *python, launcher, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"}
    )
    assert none.returncode == 125
    assert "cannot enter" in none.stderr


def test_a_contained_program_does_not_run_uncontained(
    applets: dict[str, bytes | str], store: Store, keep: toy_views.Keep, closed: list[str]
) -> None:
    plan = compose_view(toy_views.world(keep("busybox", under("usr", applets), requested=True)))
    build_view(plan, store, namespaces=OPEN)
    launch = f"{store.layout.root}/state/bin/launch"
    for option in ("--contain", "--no-network"):
        done = subprocess.run(
            [*closed, launch, option, store.path(plan.directory), "/usr/bin/true", "true"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 125
        assert "cannot enter" in done.stderr
