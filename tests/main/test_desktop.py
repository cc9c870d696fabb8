"""What packages bring for the desktop is found by the host session's own readers after `nipsys env`, each asked for real."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from debian_maker import Deb
from machine import Archive, Machine, write_profile

DESKTOP = "[Desktop Entry]\nType=Application\nName=Toy\nExec=/usr/bin/toy %U\nIcon=toy\nCategories=Utility;\n"
UNIT = "[Unit]\nDescription=Toy\n\n[Service]\nExecStart=/usr/bin/toy served\n"
BUS = "[D-BUS Service]\nName=org.example.Toy\nExec=/usr/bin/toy called\n"
ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"/>'
INFO = "This is toy.info.\n\nSTART-INFO-DIR-ENTRY\n* Toy: (toy).  A toy.\nEND-INFO-DIR-ENTRY\n\n\x1f\nFile: toy.info,  Node: Top,  Up: (dir)\n\nToy\n***\n\nA toy of many parts.\n"
TOY = {
    "usr/bin/toy": '#!/bin/sh\necho "toy $1" > "${TOY_OUT:-/dev/stdout}"\n',
    "usr/share/applications/toy.desktop": DESKTOP,
    "usr/share/icons/hicolor/scalable/apps/toy.svg": ICON,
    "usr/share/man/man1/toy.1": ".TH TOY 1\n.SH NAME\ntoy \\- plays\n",
    "usr/share/info/toy.info": INFO,
    "usr/share/bash-completion/completions/toy": "complete -W 'ball doll' toy\n",
    "usr/share/fish/vendor_completions.d/toy.fish": "complete -c toy -f -a 'ball doll'\n",
    "usr/share/zsh/vendor-completions/_toy": "#compdef toy\n_arguments '1:what:(ball doll)'\n",
    "usr/share/dbus-1/services/org.example.Toy.service": BUS,
    "usr/lib/systemd/user/toy.service": UNIT,
    "usr/share/metainfo/org.example.toy.metainfo.xml": "<component/>\n",
}


def needs(*programs: str, package: str) -> None:
    if missing := [name for name in programs if not (shutil.which(name) or os.path.exists(name))]:
        pytest.skip(f"missing: {', '.join(missing)} (install {package})")


class Session:
    """A login session of the host's that has read `nipsys env`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __call__(self, script: str, *, shell: str = "/bin/bash", dialect: str = "sh") -> str:
        lines = self.machine("env", "--shell", dialect).out
        prefix = lines.replace("export ", "") if dialect == "systemd" else lines
        home = self.machine.home
        env = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(home),
            "TOY_OUT": f"{home}/out",
        }
        options = ["-f"] if shell.endswith("zsh") else [] if shell.endswith("fish") else ["--norc"]
        ran = subprocess.run(
            [shell, *options, "-c", f"{prefix}\n{script}"], env=env, cwd=home, capture_output=True, text=True, check=False, timeout=300
        )
        return ran.stdout + ran.stderr


@pytest.fixture
def session(machine: Machine, archive: Archive) -> Session:
    fonts = list(Path("/usr/share/fonts").glob("**/*.ttf"))[:1]
    files = {path: text.encode() for path, text in TOY.items()}
    files |= {"usr/share/fonts/truetype/toy/Toy.ttf": fonts[0].read_bytes()} if fonts else {}
    archive.publish(Deb("toy", "1", files=files))
    machine("apply", write_profile(machine.home / "p.kdl", archive, "toy"))
    return Session(machine)


def shared(session: Session) -> str:
    return f"{session.machine.root}/System/Links/Shared"


def test_desktop_entries(session: Session) -> None:
    needs("desktop-file-validate", package="desktop-file-utils")
    entry = f"{shared(session)}/applications/toy.desktop"
    assert session(f"desktop-file-validate {entry} && echo valid") == "valid\n"
    assert "Exec=toy %U" in Path(entry).read_text()
    needs("gio", package="libglib2.0-bin")
    session(f"gio launch {entry}")
    assert (session.machine.home / "out").read_text() == "toy \n"


def test_icons(session: Session) -> None:
    needs("/usr/lib/python3/dist-packages/xdg/IconTheme.py", package="python3-xdg")
    needs("/usr/share/icons/hicolor/index.theme", package="hicolor-icon-theme")  # the theme's own description is the host's to bring
    Path(session.machine.home / "icon.py").write_text(
        "import sys; sys.path.append('/usr/lib/python3/dist-packages')\nfrom xdg.IconTheme import getIconPath\nprint(getIconPath('toy', 48, 'hicolor'))\n"
    )
    assert session(f"{sys.executable} icon.py") == f"{shared(session)}/icons/hicolor/scalable/apps/toy.svg\n"


def test_manual_pages(session: Session) -> None:
    needs("man", package="man-db")
    assert os.path.realpath(session("man -w toy").rstrip("\n")) == os.path.realpath(f"{shared(session)}/man/man1/toy.1"), (
        "as a link or as its end"
    )
    assert "No manual entry" not in session("man -w man"), "the host's own are found as well"


def test_info_pages(session: Session) -> None:
    needs("info", package="info")
    assert "A toy of many parts." in session("info toy")


def test_fonts(session: Session) -> None:
    needs("fc-list", package="fontconfig")
    if not os.path.exists(f"{shared(session)}/fonts/truetype/toy/Toy.ttf"):
        pytest.skip("missing: a font below /usr/share/fonts (install fonts-dejavu-core)")
    assert f"{shared(session)}/fonts/truetype/toy/Toy.ttf" in session("fc-list")


def test_completions_of_bash(session: Session) -> None:
    needs("/usr/share/bash-completion/bash_completion", package="bash-completion")
    said = session(". /usr/share/bash-completion/bash_completion; __load_completion toy; complete -p toy; compgen -W 'ball doll' b")
    assert "complete -W 'ball doll' toy" in said


def test_completions_of_fish(session: Session) -> None:
    needs("fish", package="fish")
    assert session("complete -C 'toy ba'", shell="/usr/bin/fish", dialect="fish") == "ball\n"


def test_completions_of_zsh(session: Session) -> None:
    needs("zsh", package="zsh")
    assert session("autoload -Uz compinit; compinit -u -D; print $_comps[toy]", shell="/usr/bin/zsh", dialect="zsh") == "_toy\n"


def test_services_of_the_bus_are_started(session: Session) -> None:
    needs("dbus-run-session", "gdbus", package="dbus libglib2.0-bin")
    call = "gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus"
    said = session(f"dbus-run-session -- sh -c '{call}.ListActivatableNames; {call}.StartServiceByName org.example.Toy 0'")
    assert "org.example.Toy" in said
    assert "Failed to execute" not in said
    assert (session.machine.home / "out").read_text() == "toy called\n", said


def test_units_of_the_users_manager(session: Session) -> None:
    needs("systemd-analyze", package="systemd")
    assert f"{shared(session)}/systemd/user\n" in session("systemd-analyze --user unit-paths")
    unit = Path(f"{shared(session)}/systemd/user/toy.service").read_text()
    (start,) = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start == "/usr/bin/env toy served", "systemd looks for no program on PATH"
    session(start)
    assert (session.machine.home / "out").read_text() == "toy served\n"
    assert "ExecStart" not in session("systemd-analyze --user verify toy.service")
