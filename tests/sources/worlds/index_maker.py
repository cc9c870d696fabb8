"""An index of Python packages built by pip, a registry of packages packed by npm, and hand-written pkgsrc and Gentoo packages, on loopback."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from loopback import Handler, Server
from registry_maker import (
    binary_index,
    gpkg,
    listed,
    metadata_of,
    npm_package,
    packument,
    pkgsrc_package,
    project_page,
    summary,
    tarball_name,
)
from tools import need

BUSYBOX = Path("/bin/busybox")
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"

_WHEELS = {
    ("np-greet", "1.0"): ("", "", "WORD = 'Hello from PyPI'\n"),
    ("np-greet", "2.0"): ("", "", "WORD = 'too new'\n"),
    ("np-shout", "1.0"): ("", "", "def shout(text):\n    return text.upper()\n"),
    ("np-hello", "1.0"): (
        'dependencies = ["np-greet<2", "np-windows; sys_platform == \'win32\'"]\n[project.optional-dependencies]\nloud = ["np-shout"]\n',
        '[project.scripts]\nhello-py = "np_hello:main"\n',
        """import sys
from importlib.metadata import version
from np_greet import WORD

def main():
    print(WORD, version('np-hello'), *sys.argv[1:])
""",
    ),
}
_PACKED = {
    ("np-dep", "1.0.0"): ({}, {"index.js": "module.exports = 'one';\n"}),
    ("np-dep", "2.1.0"): ({}, {"index.js": "module.exports = 'two';\n"}),
    ("@np/mid", "1.0.0"): ({"dependencies": {"np-dep": "^1.0.0"}}, {"lib/index.js": "module.exports = require('np-dep');\n"}),
    ("np-hello", "1.0.0"): (
        {
            "bin": {"hello-node": "bin/cli.js"},
            "dependencies": {"np-dep": "^2.0.0", "@np/mid": "1.x"},
            "optionalDependencies": {"np-windows": "*"},
            "scripts": {"postinstall": "node -e \"require('fs').writeFileSync('ran-a-script','')\""},
        },
        {
            "bin/cli.js": "#!/usr/bin/env node\nconsole.log('Hello from npm', require('np-dep'), require('@np/mid'), ...process.argv.slice(2));\n"
        },
    ),
    ("np-windows", "1.0.0"): ({"os": ["win32"]}, {"index.js": ""}),
}


@dataclass(frozen=True)
class Indexes:
    """Four repositories below one address."""

    root: Path
    server: Server

    @property
    def url(self) -> str:
        """The address."""
        return self.server.url

    def sources(self) -> str:
        """Return the profile's nodes for all four."""
        return f"""source "pypi" mirror="{self.url}/simple" python="{PYTHON}"
source "npm" mirror="{self.url}/npm"
source "pkgsrc" mirror="{self.url}/pkgsrc" signatures="none"
source "gentoo" mirror="{self.url}/gentoo" signatures="none"
"""


def make(shop: Path, server: Server) -> Indexes:
    """Build everything below ``server``'s root; skip by name when a tool is missing."""
    need(node="nodejs", npm="npm")
    if not BUSYBOX.exists():
        pytest.skip("missing: /bin/busybox (install busybox-static)")
    made = Indexes(server.root, server)
    _python(made, shop)
    _node(made, shop)
    _pkgsrc(made)
    _gentoo(made)
    return made


def _python(made: Indexes, shop: Path) -> None:
    files = made.root / "files"
    files.mkdir()
    for (name, version), (needs, scripts, code) in _WHEELS.items():
        source = shop / f"{name}-{version}"
        module = name.replace("-", "_")
        source.mkdir(parents=True)
        (source / f"{module}.py").write_text(code)
        head = f'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "{name}"\nversion = "{version}"\n'
        build = f'[tool.hatch.build.targets.wheel]\ninclude = ["{module}.py"]\n'
        (source / "pyproject.toml").write_text(head + needs + scripts + build)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", files, source]
        _ran(pip, shop)
    for project in sorted({name for name, _ in _WHEELS}):
        wheels = {path.name: path.read_bytes() for path in sorted(files.glob(f"{project.replace('-', '_')}-*.whl"))}
        for name, content in wheels.items():
            (files / f"{name}.metadata").write_bytes(metadata_of(content))
        page = project_page(project, wheels, "../../files/")
        (made.root / "simple" / project).mkdir(parents=True)
        (made.root / "simple" / project / "index.html").write_bytes(page)
        made.server.behaviours[f"/simple/{project}/"] = _answering(page)


def _answering(page: bytes) -> "object":
    def answer(handler: Handler, _: bytes) -> bool:
        handler.answer(200, page, ("Content-Type", "application/vnd.pypi.simple.v1+json"))
        return True

    return answer


def _node(made: Indexes, shop: Path) -> None:
    (made.root / "npm").mkdir()
    (made.root / "tarballs").mkdir()
    packed: dict[str, list[tuple[dict[str, object], bytes]]] = {}
    for (name, version), (fields, files) in _PACKED.items():
        source = shop / f"node-{tarball_name(name, version)[:-4]}"
        source.mkdir()
        manifest, _ = npm_package(name, version, {}, **fields)
        (source / "package.json").write_text(json.dumps(manifest))
        for path, text in files.items():
            (source / path).parent.mkdir(exist_ok=True)
            (source / path).write_text(text)
        if name == "@np/mid":
            manifest["main"] = "lib/index.js"
            (source / "package.json").write_text(json.dumps(manifest))
        _ran(["npm", "pack", "--ignore-scripts", "--pack-destination", made.root / "tarballs", source], shop)
        packed.setdefault(name, []).append((manifest, (made.root / "tarballs" / tarball_name(name, version)).read_bytes()))
    for name, packages in packed.items():
        text = packument(packages, f"{made.url}/tarballs/")
        for spelled in {name.replace("/", "%2F"), name.replace("/", "%2f")}:
            (made.root / "npm" / spelled).write_bytes(text)


def _pkgsrc(made: Indexes) -> None:
    place = made.root / "pkgsrc"
    place.mkdir()
    script = '#!/bin/sh\nread word < /usr/pkg/share/greet/word\necho "$word" "$@"\n'
    packages = {
        "libgreet-2.0": pkgsrc_package("libgreet-2.0", {"share/greet/word": "Hello from pkgsrc\n"}),
        "hello-pkgsrc-1.0nb2": pkgsrc_package("hello-pkgsrc-1.0nb2", {"bin/hello-pkgsrc": script}, ["libgreet>=2<3"]),
    }
    for name, content in packages.items():
        (place / f"{name}.tgz").write_bytes(content)
    (place / "pkg_summary.gz").write_bytes(summary({"libgreet-2.0": [], "hello-pkgsrc-1.0nb2": ["libgreet>=2<3"]}))


def _gentoo(made: Indexes) -> None:
    busybox = BUSYBOX.read_bytes()
    shell = gpkg("sys-apps/busybox", "1.36.1", {"usr/bin/busybox": busybox, "usr/bin/sh": "-> busybox"})
    loud = gpkg("app-misc/hello-gentoo", "1.0-r2", {"usr/bin/hello-gentoo": '#!/bin/sh\necho LOUD "$@"\n'}, {"PF": "hello-gentoo-1.0-r2"})
    calm = gpkg("app-misc/hello-gentoo", "1.0-r1", {"usr/bin/hello-gentoo": '#!/bin/sh\necho Hello from Gentoo "$@"\n'})
    blocks = [
        listed("sys-apps/busybox-1.36.1", shell, IUSE="static", USE="static amd64"),
        listed("app-misc/hello-gentoo-1.0-r1", calm, RDEPEND=">=sys-apps/busybox-1.30:0[static]", IUSE="loud", USE="amd64"),
        listed("app-misc/hello-gentoo-1.0-r2", loud, RDEPEND="sys-apps/busybox", IUSE="loud", USE="loud amd64"),
    ]
    for block, content in zip(blocks, (shell, calm, loud), strict=True):
        path = made.root / "gentoo" / block["PATH"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert hashlib.sha1(content).hexdigest() == block["SHA1"]
    (made.root / "gentoo" / "Packages").write_bytes(binary_index(blocks))


def _ran(argv: list[object], where: Path) -> None:
    environment = {
        **os.environ,
        "HOME": str(where),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "npm_config_cache": str(where / "cache"),
        "npm_config_update_notifier": "false",
    }
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        environment.pop(name, None)
    done = subprocess.run(
        [str(word) for word in argv], cwd=where, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        pytest.fail(f"{argv} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def pip_installed(made: Indexes, where: Path, name: str) -> Path:
    """Let pip install a program from the index; give its site-packages."""
    _ran(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--isolated",
            "--no-compile",
            "--ignore-installed",
            "--index-url",
            f"{made.url}/simple",
            "--prefix",
            where / "pip",
            name,
        ],
        where,
    )
    (site,) = (where / "pip").glob("**/site-packages")
    return site


def npm_installed(made: Indexes, where: Path, name: str) -> Path:
    """Let npm install a program from the registry; give its node_modules."""
    (where / "npm").mkdir()
    (where / "npm/package.json").write_text("{}")
    _ran(
        [
            "npm",
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--registry",
            f"{made.url}/npm/",
            "--prefix",
            where / "npm",
            name,
        ],
        where / "npm",
    )
    assert shutil.which("node")
    return where / "npm" / "node_modules"
