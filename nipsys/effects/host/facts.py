"""Collect what sources may know about the host: its package configuration, keyrings, environment and tools."""

import glob
import os
import re
import shutil
import sys

from nipsys.model import HostFacts

_TEXTS = (
    "/etc/os-release",
    "/etc/apt/apt.conf.d/*",
    "/etc/apt/apt.conf",
    "/etc/apt/sources.list",
    "/etc/apt/sources.list.d/*.list",
    "/etc/apt/sources.list.d/*.sources",
    "/etc/pacman.conf",
    "/etc/pacman.d/mirrorlist",
    "/etc/apk/repositories",
    "/etc/pip.conf",
    "/usr/etc/npmrc",
    "/etc/npmrc",
)
_HOME_TEXTS = (".pip/pip.conf", ".config/pip/pip.conf", ".npmrc")
"""Below the user's home, read after the system's files."""
_VARIABLES = frozenset({"HOME", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "NPM_CONFIG_REGISTRY", "npm_config_registry"})
_KEYRINGS = (
    "/etc/apt/trusted.gpg",
    "/etc/apt/trusted.gpg.d/*.gpg",
    "/etc/apt/trusted.gpg.d/*.asc",
    "/etc/apt/keyrings/*",
    "/usr/share/keyrings/*",
    "/etc/pacman.d/gnupg/pubring.gpg",
    "/usr/share/pacman/keyrings/*.gpg",
    "/etc/apk/keys/*.pub",
)
_DEFAULT_REGISTRIES = (
    ("pip", "pip/_internal/models/index.py", r'PyPI = PackageIndex\(\s*"(https?://[^"]+)"'),
    ("pip", "/usr/lib/python3/dist-packages/pip/_internal/models/index.py", r'PyPI = PackageIndex\(\s*"(https?://[^"]+)"'),
    (
        "npm",
        "/usr/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js",
        _NPM := r"'registry', \{\s*default: '([^']+)'",
    ),
    ("npm", "/usr/local/lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js", _NPM),
    ("npm", "/usr/share/nodejs/@npmcli/config/lib/definitions/definitions.js", _NPM),
)
"""Where a tool's code names its default registry: tool, file (absolute, or below Python's path), pattern of the address."""
_TOOLS = ("gpgv", "nix", "nix-env", "git", "emerge", "bmake", "node", "python3")
_TEXT_LIMIT = 1 << 20


def read_host_facts(arch: str, root: str = "/") -> HostFacts:
    """Read the host's facts for packages of ``arch``; files that cannot be read count as missing.

    ``root`` is the directory of ``etc`` and ``usr``; paths of texts are returned relative to it, with a leading ``/``.
    """
    environment = {name: value for name, value in os.environ.items() if name.startswith("NIPSYS_") or name in _VARIABLES}
    texts = [(path, text) for pattern in _TEXTS for path in _paths(pattern, root) if (text := _read_text(path)) is not None]
    home = environment.get("HOME", "")
    own = [(path, text) for name in _HOME_TEXTS if home and (text := _read_text(path := os.path.join(home, name))) is not None]
    keyrings = [path for pattern in _KEYRINGS for path in _paths(pattern, root) if os.path.isfile(path) and os.access(path, os.R_OK)]
    environment |= {f"{tool}.default": address for tool, address in _default_registries(root).items()}
    return HostFacts(
        arch=arch,
        environment=tuple(sorted(environment.items())),
        config_files=tuple(
            (path, _without_secrets(path, text)) for path, text in [*((_strip_root(path, root), text) for path, text in texts), *own]
        ),
        keyrings=tuple(keyrings),
        tools=tuple(name for name in _TOOLS if shutil.which(name)),
        working_directory=_working_directory(),
    )


def detect_libc() -> str:
    """Return the host's C library, which this Python is linked against: ``glibc`` or ``musl``; only the former names itself."""
    try:
        return "glibc" if os.confstr("CS_GNU_LIBC_VERSION") else "musl"
    except (ValueError, OSError):
        return "musl"


def _working_directory() -> str:
    """Return the working directory; empty when it was removed while this process runs."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _default_registries(root: str) -> dict[str, str]:
    """Return the registry that the installed pip and npm use by default, as their own code names it."""
    found: dict[str, str] = {}
    for tool, path, pattern in _DEFAULT_REGISTRIES:
        for place in _paths(path, root) if path.startswith("/") else _on_python_path(path):
            if match := re.search(pattern, _read_text(place) or ""):
                found.setdefault(tool, match[1].rstrip("/"))
    return found


def _on_python_path(path: str) -> list[str]:
    """Return the files named ``path`` below the directories of Python's module path."""
    return [found for place in sys.path if place and os.path.isfile(found := os.path.join(place, path))]


def _without_secrets(path: str, text: str) -> str:
    """Return a configuration text; of npm's, which may hold passwords, only the lines that name a registry."""
    if not path.endswith("npmrc"):
        return text
    return "\n".join(line for line in text.splitlines() if re.match(r"\s*(@[^:=\s]+:)?registry\s*=", line))


def _paths(pattern: str, root: str) -> list[str]:
    return sorted(glob.glob(os.path.join(root, pattern.lstrip("/"))))


def _strip_root(path: str, root: str) -> str:
    return "/" + os.path.relpath(path, root)


def _read_text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_TEXT_LIMIT)
    except OSError:
        return None
