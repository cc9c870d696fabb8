"""How to start a program of the current generation, or of packages fetched for this run."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nipsys.app.context import Context
from nipsys.app.run.ephemeral import ProvidedPackages
from nipsys.generation import Generations
from nipsys.model import reject
from nipsys.model.system import System, WorldView
from nipsys.view.launcher import install_launcher


class Invocation(NamedTuple):
    """What the caller has to exec."""

    program: str
    argv: tuple[str, ...]
    env: Mapping[str, str]


def read_current_system(context: Context) -> System | None:
    """Return the current system, ``None`` when nothing has been applied."""
    current = Generations(context.root, clock=context.clock).current() if os.path.isdir(context.root) else None
    return current.system if current else None


def find_program(context: Context, name: str, arguments: Sequence[str], env: Mapping[str, str], *, contained: bool) -> Invocation | None:
    """Find ``name`` among the programs of the current generation, exposed ones first; ``None`` when it has no such program."""
    system = read_current_system(context)
    if system is None:
        return None
    views = {view.world: view for view in system.views}
    for stub in system.stubs:
        if stub.name == name:
            return start_in_view(context, views[stub.world], stub.program, (name, *arguments), env, contained=contained)
    for view in system.views:
        for place in ("usr/bin", "usr/sbin", "usr/games", "bin"):
            if view.mode == "view" and os.path.lexists(f"{context.layout.store}/{view.directory}/{place}/{name}"):
                return start_in_view(context, view, f"/{place}/{name}", (name, *arguments), env, contained=contained)
    return None


def start_in_view(
    context: Context, view: WorldView, program: str, argv: tuple[str, ...], env: Mapping[str, str], *, contained: bool
) -> Invocation:
    """Return how to start ``program`` inside ``view``: with the launcher's explicit form."""
    launch = install_launcher(context.root)
    options = ("--contain",) if contained else ()
    return Invocation(launch, ("launch", *options, f"{context.layout.store}/{view.directory}", program, *argv), env)


def start_provided(
    context: Context, provided: ProvidedPackages, name: str, arguments: Sequence[str], env: Mapping[str, str], *, contained: bool
) -> Invocation:
    """Return how to start ``name`` from ephemeral packages. Raise ``Rejected`` when none of them has such a program."""
    views = {plan.world: plan.view for plan in provided.plans}
    for plan in provided.plans:
        for stub in plan.stubs:
            if stub.name == name:
                return start_in_view(context, views[stub.world], stub.program, (name, *arguments), env, contained=contained)
    offered = sorted({stub.name for plan in provided.plans for stub in plan.stubs})
    raise reject(
        "request", "no-program", f"the requested packages have no program `{name}`",
        "they have: " + (", ".join(f"`{one}`" for one in offered[:20]) or "none"), hint="name both: `nipsys run --package PKG PROGRAM`",
    )  # fmt: skip


def build_shell_env(provided: ProvidedPackages, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a shell in which the packages are available."""
    path = env.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {**env, "PATH": f"{provided.executables}:{path}", "NIPSYS_SHELL": " ".join(provided.packages)}
