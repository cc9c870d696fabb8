"""Run a foreign tool in nipsys's own sandbox, with this machine's programs mounted read-only and nothing else of it.

Inside, paths are the same on every machine: the tool at ``/tool``, the repository at ``/repository``, written files at ``/build``, and the
prefix at the path it will have in the store. The network is closed; nipsys fetches and verifies what a package downloads beforehand.
"""

import os
from collections.abc import Mapping, Sequence

from nipsys.builder.foreign.driver import BuildRequest
from nipsys.builder.sandbox import Job, Mount, run_in_sandbox
from nipsys.model import Frozen, reject
from nipsys.model.package import Link, Run

TOOL, REPOSITORY, WORK = "/tool", "/repository", "/build"
PREFIX = "/prefix"
"""Used as the prefix while the real one is not known yet."""
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d")
_ACCOUNTS = (("passwd", "nipsys:x:{uid}:{uid}:build:/build:/bin/sh\n"), ("group", "nipsys:x:{uid}:\n"))


class CommandResult(Frozen):
    """How a command in the sandbox ended."""

    succeeded: bool
    output: str
    missing: tuple[str, ...] = ()
    seconds: float = 0.0
    clock: int = 0


def prefix_path(request: BuildRequest) -> str:
    """Return the path of the prefix inside the sandbox."""
    return request.prefix or PREFIX


def run_tool(request: BuildRequest, home: str, argv: Sequence[str], env: Mapping[str, str], cwd: str = WORK) -> CommandResult:
    """Run one command in the sandbox; ``Rejected`` (kind ``host``) when this host allows no sandbox."""
    uid = request.variation.uid
    for name, text in _ACCOUNTS:
        _write(f"{request.work}/etc/{name}", text.format(uid=uid))
    os.makedirs(f"{request.work}/prefix", exist_ok=True)
    mounts, links = _host_mounts()
    mounts += [Mount(f"/etc/{name}", f"{request.work}/etc/{name}", "ro") for name, _ in _ACCOUNTS]
    mounts += [*_interpreter_mounts(home), Mount(TOOL, home, "host"), Mount(REPOSITORY, os.path.realpath(request.repository), "host")]
    mounts += [Mount(path, path, "ro") for path in request.dependency_paths]
    mounts.append(Mount(prefix_path(request), f"{request.work}/prefix", "keep"))
    run = Run(tuple(argv), cwd, tuple(env.items()))
    job = Job(request.work, WORK, tuple(mounts), links, (), (run,), request.variation, 7200, request.engine)
    before = os.path.getsize(f"{request.work}/log") if os.path.exists(f"{request.work}/log") else 0
    outcome = run_in_sandbox(job)
    if outcome.status == "closed":
        missing = ", ".join(outcome.missing) or "some"
        hint = "`--container` builds in Podman or Docker; `nipsys doctor` shows what this host allows"
        raise reject("host", "build-sandbox", f"no sandbox here: {outcome.message}; isolation missing: {missing}", hint=hint)
    with open(outcome.log, encoding="utf-8", errors="replace") as stream:
        stream.seek(before)
        printed = "".join(line for line in stream if not line.startswith("--- "))
    said = printed if outcome.status == "done" else f"{printed}\n{outcome.message}\n"
    return CommandResult(outcome.status == "done", said, outcome.missing, outcome.seconds, outcome.clock)


def _host_mounts() -> tuple[list[Mount], tuple[Link, ...]]:
    """Return the mounts and links for this machine's programs and libraries, read-only: the host's trusted base."""
    mounts, links = [Mount("/usr", "/usr", "host")], []
    for name in _SYSTEM:
        if os.path.islink(f"/{name}"):
            links.append(Link(f"/{name}", os.readlink(f"/{name}")))
        elif os.path.isdir(f"/{name}"):
            mounts.append(Mount(f"/{name}", f"/{name}", "host"))
    mounts += [Mount(f"/etc/{name}", f"/etc/{name}", "host") for name in _ETC if os.path.exists(f"/etc/{name}")]
    return mounts, tuple(links)


def _interpreter_mounts(home: str) -> list[Mount]:
    """Return the mount of the base Python of an environment at ``home``, when that is not in /usr."""
    real = os.path.realpath(f"{home}/bin/python")
    base = os.path.dirname(os.path.dirname(real))
    return [] if base == "/usr" or not os.path.exists(real) else [Mount(base, base, "host")]


def search_variables_of(needs: Sequence[str]) -> dict[str, str]:
    """Return the variables by which compilers and build systems find the dependencies, and the result finds them at run time."""
    if not needs:
        return {}
    return {
        "CPPFLAGS": " ".join(f"-I{path}/{place}include" for path in needs for place in ("usr/", "")),
        "LDFLAGS": " ".join(
            f"-L{path}/{place}{name} -Wl,-rpath,{path}/{place}{name}"
            for path in needs
            for place in ("usr/", "")
            for name in ("lib", "lib64")
            if os.path.isdir(f"{path}/{place}{name}")
        ),
        "PKG_CONFIG_PATH": ":".join(
            f"{path}/{place}{name}/pkgconfig" for path in needs for place in ("usr/", "") for name in ("lib", "share")
        ),
    }


def executables_path(needs: Sequence[str]) -> str:
    """Return the PATH: programs of the dependencies come before this machine's own."""
    own = [f"{path}/{place}{name}" for path in needs for place in ("usr/", "") for name in ("bin", "sbin")]
    return ":".join([*(path for path in own if os.path.isdir(path)), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"])


def _write(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
