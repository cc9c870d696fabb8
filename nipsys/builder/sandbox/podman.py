"""Run the worker inside Podman or Docker, on hosts that deny user namespaces to ordinary programs or for a second layer of isolation.

The image is an empty directory tree made here; no registry is contacted. The container has no network. This machine's Python is mounted
read-only to run the worker, which creates the same namespaces and the same root as without a container: a build sees no difference.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence

from nipsys.model import Frozen, reject

_SCAFFOLD = ("usr", "proc", "sys", "dev", "tmp", "etc", "run")
_LIBRARIES = ("bin", "lib", "lib64")
_IMAGE = "nipsys-build:scaffold"


class VisiblePaths(Frozen):
    """Paths of this machine that a container sees at the same path."""

    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()


def find_engine() -> str:
    """Return the path of ``podman``, else of ``docker``, if it works; ``Rejected`` (kind ``host``) when neither does."""
    said: list[str] = []
    for name in ("podman", "docker"):
        path = shutil.which(name)
        if path is None:
            said.append(f"{name}: not installed")
            continue
        done = subprocess.run([path, "info"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return path
        said.append(f"{name}: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}")
    hint = "install podman, or build without `--container`"
    raise reject("host", "missing-program", "neither Podman nor Docker works on this machine", *said, hint=hint)


def build_container_command(engine: str, image: str, seen: VisiblePaths, argv: Sequence[str], path: str) -> list[str]:
    """Return the command that runs ``argv`` in a container that sees the paths of ``seen``; ``path`` is its PYTHONPATH.

    ``image`` is a directory for the root file system of the container.
    """
    binds = [word for place in dict.fromkeys((*_interpreter_paths(), *seen.readable)) for word in ("-v", f"{place}:{place}:ro")]
    binds += [word for place in dict.fromkeys(seen.writable) for word in ("-v", f"{place}:{place}")]
    # SYS_ADMIN: the worker makes its namespaces; NET_ADMIN: it sets the loopback of its own network up
    capabilities = ["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN"]
    options = ["run", "--rm", "--network=none", *capabilities, "--security-opt=seccomp=unconfined", f"--env=PYTHONPATH={path}"]
    if os.path.basename(engine) == "docker":
        _import_image(engine)
        return [engine, *options, *binds, _IMAGE, *argv]
    _make_root(image)
    runtime = ["--runtime=runc"] if shutil.which("runc") else []
    limits = ["--security-opt=unmask=ALL", "--ulimit=nofile=1024:4096", "--ulimit=nproc=4096:4096"]
    return [engine, *runtime, *options, *limits, *binds, "--rootfs", image, *argv]


def _interpreter_paths() -> tuple[str, ...]:
    """Return the directories that this machine's Python needs to start."""
    libraries = tuple(f"/{name}" for name in _LIBRARIES if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}"))
    homes = tuple(home for home in (sys.prefix, sys.base_prefix) if not home.startswith("/usr"))
    return ("/usr", *libraries, *homes)


def _make_root(image: str) -> None:
    """Create the directories of a root file system, and the links into ``/usr`` that this machine has."""
    for name in _SCAFFOLD:
        os.makedirs(f"{image}/{name}", exist_ok=True)
    for name in _LIBRARIES:
        if os.path.islink(f"/{name}") and not os.path.lexists(f"{image}/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{image}/{name}")


def _import_image(engine: str) -> None:
    """Import the empty root into Docker as an image; it has the same bytes every time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in _SCAFFOLD:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name in _LIBRARIES:
            if os.path.islink(f"/{name}"):
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(f"/{name}")
                tar.addfile(entry)
    subprocess.run([engine, "import", "-", _IMAGE], input=packed.getvalue(), capture_output=True, check=True)
