"""Every trigger with real packages: its tool ran when the view was built, and the program that reads its output finds what it needs."""

import os
import pathlib
import subprocess
import sys

import pytest

from nipsys.effects.host.namespaces import probe
from nipsys.view.triggers.table import TABLE

PACKAGES = (
    "libc-bin", "openssl", "ca-certificates", "libglib2.0-bin", "gsettings-desktop-schemas", "glib-networking", "libgdk-pixbuf2.0-bin",
    "librsvg2-common", "libgtk-3-0t64", "libgtk2.0-0t64", "shared-mime-info", "desktop-file-utils", "gtk-update-icon-cache",
    "hicolor-icon-theme", "l3afpad", "fontconfig", "fonts-dejavu-core", "graphviz", "aspell", "aspell-en", "php-cli", "mawk", "r-base-core",
)  # fmt: skip
LIB = "/usr/lib/x86_64-linux-gnu"

CASES = {
    # what a program tells that could not do so without the trigger's output
    "ldconfig": ("ldconfig -p", "libgtk-3.so.0"),
    "ca-hashes": ("ls /etc/ssl/certs", ".0\n"),
    "glib-schemas": ("gsettings list-schemas", "org.gnome.desktop.interface"),
    "gio-modules": (f"cat {LIB}/gio/modules/giomodule.cache", "libgiognutls.so: gio-tls-backend"),
    "gdk-pixbuf": (f"cat {LIB}/gdk-pixbuf-2.0/2.10.0/loaders.cache", "image/svg"),
    "gtk3-immodules": (f"cat {LIB}/gtk-3.0/3.0.0/immodules.cache", "im-"),
    "gtk2-immodules": (f"cat {LIB}/gtk-2.0/2.10.0/immodules.cache", "im-"),
    "mime": ("echo '<svg/>' > /tmp/$$.svg; gio info -a standard::content-type /tmp/$$.svg; rm /tmp/$$.svg", "image/svg+xml"),
    "desktop-files": ("cat /usr/share/applications/mimeinfo.cache", "text/plain=l3afpad"),
    "icons": ("ls /usr/share/icons/hicolor", "icon-theme.cache"),
    "fontconfig": ("ls /var/cache/fontconfig", ".cache-"),
    "graphviz": ("echo 'digraph { a -> b }' | dot -Tsvg", "<svg"),
    "aspell": ("echo 'helo world' | aspell -a -l en", "hello"),
    # those that need no program
    "alternatives": ("awk 'BEGIN { print 6*7 }'", "42"),
    "ca-bundle": ("openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ISRG_Root_X1.pem", "OK"),
    "ucf": ("cat /etc/R/Renviron", "R_HOME"),
    "php": ("php -m", "ctype"),
}
TEX = {"tex-updmap", "tex-language", "tex-fmtutil", "tex-files", "tex-formats", "tex-fonts"}
"""Their packages are large: pdflatex in `make grafts` does not make a page without them, and the slow test below looks at each output."""


def test_every_trigger_has_a_test() -> None:
    assert {trigger.name for trigger in TABLE} == (set(CASES) & {trigger.name for trigger in TABLE}) | TEX


def install(place: pathlib.Path, *packages: str) -> tuple[pathlib.Path, str]:
    if not (found := probe()).open:
        pytest.skip(f"triggers run in namespaces: {found.step}: {found.reason}")
    asked = "\n    ".join(packages)
    (place / "p.kdl").write_text(f'profile "p" arch="x86_64"\nsource "debian" suite="trixie"\npackages {{\n    {asked}\n}}\n')
    command = [sys.executable, "-m", "nipsys", "--root", str(place / "root"), "apply", str(place / "p.kdl")]
    done = subprocess.run(command, env={**os.environ, "HOME": str(place)}, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return place / "root", done.stderr


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, str]:
    return install(tmp_path_factory.mktemp("triggers"), *PACKAGES)


def said(root: pathlib.Path, script: str) -> str:
    view = (root / "current/views/debian").resolve()
    ran = subprocess.run(
        [root / "state/bin/launch", view, "/bin/sh", "sh", "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
    return ran.stdout + ran.stderr


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
@pytest.mark.parametrize("name", CASES)
def test_its_output_is_used(name: str, applied: tuple[pathlib.Path, str]) -> None:
    root, told = applied
    script, expected = CASES[name]
    assert expected in said(root, script)
    assert f"trigger `{name}`" not in told, "it failed"


@pytest.mark.network
@pytest.mark.xdist_group("grafts")
def test_scripts_that_no_trigger_covers_are_named(applied: tuple[pathlib.Path, str]) -> None:
    (line,) = [line for line in applied[1].splitlines() if "no trigger covers" in line]
    assert "debian/libpam-runtime (`pam-auth-update`)" in line
    assert "debian/fontconfig" not in line, "a trigger covers it"


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.xdist_group("grafts")
def test_triggers_of_tex(tmp_path: pathlib.Path) -> None:
    root, told = install(tmp_path, "texlive-latex-base")
    assert "trigger `" not in told
    outputs = {
        "tex-updmap": "/var/lib/texmf/updmap.cfg-DEBIAN", "tex-language": "/var/lib/texmf/tex/generic/config/language.dat",
        "tex-fmtutil": "/var/lib/texmf/fmtutil.cnf-DEBIAN", "tex-files": "/usr/share/texlive/texmf-dist/ls-R",
        "tex-formats": "/var/lib/texmf/web2c/pdftex/pdflatex.fmt", "tex-fonts": "/var/lib/texmf/fonts/map/pdftex/updmap/pdftex.map",
    }  # fmt: skip
    assert set(outputs) == TEX
    missing = [name for name, path in outputs.items() if path not in said(root, f"ls -d {path}")]
    assert not missing, said(root, "find /var/lib/texmf -type f")
