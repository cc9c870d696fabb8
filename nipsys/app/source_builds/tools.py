"""The tools that foreign source builds need: find them, and install them below the root without privileges."""

import os
import shutil
import subprocess
import sys

from nipsys.app.context import Context, detect_arch
from nipsys.builder.foreign import BUILD_TOOLS, BuildTool
from nipsys.effects.host import read_host_facts
from nipsys.model import Began, Ended, Layout, reject, replace
from nipsys.sources import KINDS, host_needs_of


def find_tool(name: str) -> BuildTool:
    """Return the tool ``name``. Raise ``Rejected`` (kind ``request``) when it does not exist."""
    for tool in BUILD_TOOLS:
        if tool.name == name:
            return tool
    raise reject(
        "request", "unknown-tool", f"`{name}` is not a build tool", hint="use one of " + ", ".join(f"`{tool.name}`" for tool in BUILD_TOOLS)
    )


def find_tool_home(root: str, name: str) -> str | None:
    """Return the home directory of an installed tool, or ``None``; Nix and bmake of the host count as installed."""
    tool = find_tool(name)
    home = f"{root}/tools/{name}"
    if os.path.exists(f"{home}/{tool.program}"):
        return home
    if tool.method != "venv" and (found := shutil.which(os.path.basename(tool.program))):
        return os.path.dirname(os.path.dirname(found))
    return None


def install_tool(context: Context, name: str, origin: str = "") -> str:
    """Install a tool below ``R/tools`` and return its home. Raise ``Rejected`` (kind ``host``) with the reason when that fails.

    ``origin`` is a profile whose packages contain Nix (default: Debian's nix-bin), or the pkgsrc tree to build bmake from.
    """
    tool = find_tool(name)
    home = f"{context.root}/tools/{name}"
    if os.path.exists(f"{home}/{tool.program}"):
        return home
    context.report(Began("bootstrap", detail=name))
    os.makedirs(os.path.dirname(home), exist_ok=True)
    if tool.method == "graft":
        _graft(context, tool, home, origin)
    else:
        _install(tool, f"{context.root}/tools/.new-{name}", origin or os.environ.get(tool.repository_variable, ""))
        shutil.rmtree(home, ignore_errors=True)
        os.rename(f"{context.root}/tools/.new-{name}", home)
    context.report(Ended("bootstrap", name))
    return home


def _install(tool: BuildTool, work: str, tree: str) -> None:
    """Install a tool with the home directory ``work``."""
    shutil.rmtree(work, ignore_errors=True)
    if tool.method == "venv":
        _command([sys.executable, "-m", "venv", work], tool)
        _command([f"{work}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "portage"], tool)
    elif not tree:
        raise _by_hand(tool, (f"it is built from a tree: pass `--from` or set {tool.repository_variable}",))
    else:
        _command([f"{tree}/bootstrap/bootstrap", "--unprivileged", f"--prefix={work}", f"--workdir={work}.work"], tool, CFLAGS="-fcommon")
        shutil.rmtree(f"{work}.work", ignore_errors=True)
    if not os.path.exists(f"{work}/{tool.program}"):
        raise _by_hand(tool, (f"`{tool.program}` is missing after the installation",))


def _graft(context: Context, tool: BuildTool, home: str, origin: str) -> None:
    """Install a tool into its own small root by locking and applying a profile there."""
    from nipsys.app.apply import apply, prepare_plan  # noqa: PLC0415 - heavy, and seldom wanted
    from nipsys.app.lock import (  # noqa: PLC0415 - the same
        load_profile,
        lock_profile,
    )

    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)
    if not origin:
        assert tool.make_profile is not None, "a graft has a profile"
        origin = f"{home}/{tool.name}.kdl"
        with open(origin, "w", encoding="utf-8") as stream:
            stream.write(tool.make_profile(read_host_facts(detect_arch(), host_needs_of(KINDS))))
    try:
        own = replace(context, layout=Layout(home))
        profile = load_profile(origin, None)
        done = lock_profile(own, profile)
        apply(own, prepare_plan(own, profile, done.lock, sources=done.sources))
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    os.symlink("System/Links/Executables", f"{home}/bin")
    if not os.path.exists(f"{home}/{tool.program}"):
        shutil.rmtree(home)
        raise _by_hand(tool, (f"the packages of `{origin}` do not contain `{os.path.basename(tool.program)}`",))


def remove_tool(root: str, name: str) -> bool:
    """Remove a tool from the root; return whether it was installed."""
    find_tool(name)
    home = f"{root}/tools/{name}"
    there = os.path.isdir(home)
    shutil.rmtree(home, ignore_errors=True)
    return there


def _command(argv: list[str], tool: BuildTool, **environment: str) -> None:
    done = subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _by_hand(tool, tuple((done.stdout + done.stderr).splitlines()[-8:]))


def _by_hand(tool: BuildTool, notes: tuple[str, ...]) -> Exception:
    return reject(
        "host",
        "tool-not-installed",
        f"`{tool.name}` could not be installed",
        *notes,
        hint="by hand: " + "; then ".join(tool.by_hand),
    )
