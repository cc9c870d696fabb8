"""A repository of two ebuilds, built by portage into binary packages and installed by it into a prefix of its own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_DEFAULTS = """ARCH="amd64"
ACCEPT_KEYWORDS="amd64"
CHOST="x86_64-pc-linux-gnu"
ABI="amd64"
DEFAULT_ABI="amd64"
LIBDIR_amd64="lib64"
USE_EXPAND_IMPLICIT=""
"""
_FEATURES = """buildpkg binpkg-multi-instance unprivileged -binpkg-signing -sandbox -usersandbox -userpriv -ipc-sandbox
 -network-sandbox -pid-sandbox -mount-sandbox -news -strict -preserve-libs -merge-sync"""
_GREET = """EAPI=8
DESCRIPTION="Greets"
SLOT="2/7"
KEYWORDS="amd64"
IUSE="+loud calm"
S="${WORKDIR}"
src_install() {
	insinto /usr/share/greet
	use loud && echo LOUD > word || echo calm > word
	doins word
}
"""
_HELLO = """EAPI=8
DESCRIPTION="Says hello"
SLOT="0"
KEYWORDS="amd64"
IUSE="doc"
RDEPEND=">=app-misc/np-greet-1:2=[loud] doc? ( app-misc/np-none )"
S="${WORKDIR}"
src_install() {
	printf '#!/bin/sh\\necho hello\\n' > hello-np
	dobin hello-np
	dosym hello-np /usr/bin/hello-link
}
"""


@dataclass(frozen=True)
class Built:
    """What portage made."""

    packages: Path
    """The binary host's directory."""
    prefix: Path
    """The EPREFIX, with the packages installed."""


def make(shop: Path, python: str, form: str) -> Built:
    """Build and install both packages; ``form`` is ``gpkg`` or ``xpak``."""
    home, prefix, repository = Path(python).parent.parent, shop / "prefix", shop / "repo"
    for path, text in {
        "profiles/repo_name": "np\n",
        "profiles/categories": "app-misc\n",
        "profiles/eapi": "8\n",
        "profiles/arch.list": "amd64\n",
        "profiles/profiles.desc": "amd64 base stable\n",
        "profiles/base/eapi": "8\n",
        "profiles/base/make.defaults": _DEFAULTS,
        "metadata/layout.conf": "masters =\nthin-manifests = true\nsign-manifests = false\n",
        "app-misc/np-greet/np-greet-1.0-r1.ebuild": _GREET,
        "app-misc/np-hello/np-hello-2.0.ebuild": _HELLO,
    }.items():
        _write(repository / path, text)
    _write(shop / "bin/gtar", '#!/bin/sh\nexec tar "$@"\n', 0o755)
    for name in ("dist", "pkgs", "tmp"):
        (shop / name).mkdir()
    own = {"USERNAME": _name("-un"), "GRPNAME": _name("-gn"), "INST_UID": str(os.getuid()), "INST_GID": str(os.getgid())}
    settings = {
        "FEATURES": " ".join(_FEATURES.split()),
        "ACCEPT_LICENSE": "*",
        "DISTDIR": f"{shop}/dist",
        "PKGDIR": f"{shop}/pkgs",
        "PORTAGE_TMPDIR": f"{shop}/tmp",
    }
    settings |= {f"PORTAGE_{key}": value for key, value in own.items()}
    _write(prefix / "etc/portage/make.conf", "".join(f'{key}="{value}"\n' for key, value in settings.items()))
    (prefix / "etc/portage/make.profile").symlink_to(repository / "profiles/base")
    (prefix / "share/portage").mkdir(parents=True)
    (prefix / "share/portage/config").symlink_to(home / "share/portage/config")
    environment = {
        "PATH": f"{shop}/bin:{home}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(shop),
        "LANG": "C.UTF-8",
        "PORTAGE_OVERRIDE_EPREFIX": str(prefix),
        "PORTAGE_REPOSITORIES": f"[DEFAULT]\nmain-repo = np\n[np]\nlocation = {repository}\n",
        "BINPKG_FORMAT": form,
    }
    for ebuild in sorted(repository.glob("app-misc/*/*.ebuild")):
        _ran([home / "bin/ebuild", ebuild, "manifest"], environment)
    _ran([home / "bin/emerge", "--oneshot", "app-misc/np-hello"], environment)
    return Built(shop / "pkgs", prefix)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _name(option: str) -> str:
    done = subprocess.run(["id", option], capture_output=True, text=True, check=False)
    return done.stdout.strip() or str(os.getuid())


def _ran(argv: list[object], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [str(word) for word in argv], env=environment, capture_output=True, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        pytest.fail(f"{argv} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
