"""The tools that foreign source builds need: what they are, whether they are here, and how to bring them in, rootless, below the root."""

import os
import shutil
import subprocess
import sys

from nipsys.model.event import Began, Ended, Report
from nipsys.model.frozen import Frozen
from nipsys.model.problem import reject


class Tool(Frozen):
    """One tool."""

    name: str
    summary: str
    program: str
    """Below its home: what shows that it is there."""
    way: str
    """``venv`` (a Python environment of its own), ``host`` (taken from this machine) or ``tree`` (grown from a tree the user has)."""
    by_hand: tuple[str, ...]
    """How to do it without nipsys."""


TOOLS: tuple[Tool, ...] = (
    Tool(
        "portage",
        "Gentoo's builder, in a Python environment of its own",
        "lib/portage/bin/ebuild",
        "venv",
        ("python3 -m venv DIR", "DIR/bin/pip install portage", "link DIR to R/tools/portage"),
    ),
    Tool(
        "nix",
        "the Nix builder, with a store below the root",
        "bin/nix-build",
        "host",
        ("apt-get install nix-bin, or `nipsys install nix-bin source=debian`", "nix-build must then be on PATH"),
    ),
    Tool(
        "pkgsrc",
        "pkgsrc's bmake, bootstrapped from a pkgsrc tree of yours (NIPSYS_PKGSRC)",
        "bin/bmake",
        "tree",
        ("get a pkgsrc tree", "CFLAGS=-fcommon TREE/bootstrap/bootstrap --unprivileged --prefix=DIR", "link DIR to R/tools/pkgsrc"),
    ),
)


def find_tool(name: str) -> Tool:
    """Give the tool ``name``; ``Rejected`` (kind ``request``) when there is none."""
    for tool in TOOLS:
        if tool.name == name:
            return tool
    raise reject(
        "request", "unknown-tool", f"`{name}` is no build tool", hint="it is one of " + ", ".join(f"`{tool.name}`" for tool in TOOLS)
    )


def tool_home(root: str, name: str) -> str | None:
    """Give the directory of an installed tool, or ``None``; Nix is also taken from the host."""
    tool = find_tool(name)
    home = f"{root}/tools/{name}"
    if os.path.exists(f"{home}/{tool.program}"):
        return home
    if tool.way == "host" and (found := shutil.which(os.path.basename(tool.program))):
        return os.path.dirname(os.path.dirname(found))
    return None


def install_tool(root: str, name: str, report: Report) -> str:
    """Bring a tool in below ``R/tools``; give its home. ``Rejected`` (kind ``host``) tells what is missing for it."""
    tool = find_tool(name)
    if (home := tool_home(root, name)) is not None:
        return home
    report(Began("bootstrap", detail=name))
    home = f"{root}/tools/{name}"
    work = f"{root}/tools/.new-{name}"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.dirname(work), exist_ok=True)
    if tool.way == "venv":
        _command([sys.executable, "-m", "venv", work], tool)
        _command([f"{work}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "portage"], tool)
    elif tool.way == "tree" and os.environ.get("NIPSYS_PKGSRC"):
        tree = os.environ["NIPSYS_PKGSRC"]
        _command([f"{tree}/bootstrap/bootstrap", "--unprivileged", f"--prefix={work}", f"--workdir={work}.work"], tool, CFLAGS="-fcommon")
        shutil.rmtree(f"{work}.work", ignore_errors=True)
    else:
        raise _by_hand(tool, ())
    if not os.path.exists(f"{work}/{tool.program}"):
        raise _by_hand(tool, (f"`{tool.program}` is not there after the installation",))
    shutil.rmtree(home, ignore_errors=True)
    os.rename(work, home)
    report(Ended("bootstrap", name))
    return home


def remove_tool(root: str, name: str) -> bool:
    """Take a tool out of the root; tell whether it was there."""
    find_tool(name)
    home = f"{root}/tools/{name}"
    there = os.path.isdir(home)
    shutil.rmtree(home, ignore_errors=True)
    return there


def _command(argv: list[str], tool: Tool, **environment: str) -> None:
    done = subprocess.run(argv, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _by_hand(tool, tuple((done.stdout + done.stderr).splitlines()[-8:]))


def _by_hand(tool: Tool, notes: tuple[str, ...]) -> Exception:
    return reject(
        "host", "tool-not-installed", f"`{tool.name}` could not be brought in", *notes, hint="by hand: " + "; then ".join(tool.by_hand)
    )
