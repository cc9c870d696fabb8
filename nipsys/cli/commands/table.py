"""Every command: where its code is and what it does, in one line. Only the chosen one is imported."""

import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import ModuleType


class Command(NamedTuple):
    """One row of the table."""

    name: str
    module: str
    """Below ``nipsys.cli.commands``."""
    help: str


AREAS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (
        "main",
        (
            Command("init", "core.init", "write a first profile"),
            Command("check", "core.check", "read a profile and name every mistake"),
            Command("lock", "core.lock", "choose versions and write the lock beside the profile"),
            Command("update", "core.update", "move the named packages, or all, to what the sources offer now"),
            Command("plan", "core.plan", "show what `apply` would do"),
            Command("apply", "core.apply", "make the machine what the profile says, as a new generation"),
            Command("rollback", "core.rollback", "switch back to an older generation"),
            Command("status", "core.status", "tell what is current and whether it has drifted"),
        ),
    ),
    (
        "generations",
        (
            Command("generations", "maintenance.generations", "list, show, diff, label, pin or delete generations"),
            Command("gc", "maintenance.gc", "remove what no generation needs"),
            Command("verify", "maintenance.verify", "compare the store with its manifests"),
            Command("history", "maintenance.history", "what was done, when and by whom"),
            Command("logs", "maintenance.logs", "what the last operations said"),
            Command("doctor", "maintenance.doctor", "which guarantees hold on this host, and why"),
            Command("prove", "maintenance.prove", "try every crash of the last plan on a model"),
        ),
    ),
    (
        "packages",
        (
            Command("install", "packages.install", "add packages to the profile, then apply it"),
            Command("remove", "packages.remove", "take packages out of the profile, then apply it"),
            Command("search", "packages.search", "find packages in the synced sources"),
            Command("info", "packages.info", "everything known of one package, from every source"),
            Command("list", "packages.list", "the packages of the current generation"),
            Command("why", "packages.why", "why a package is there"),
            Command("why-not", "packages.why_not", "why a package or version is not there"),
            Command("what-if", "packages.what_if", "what a flag or package would change"),
            Command("tree", "packages.tree", "the dependency tree of a lock"),
            Command("graph", "packages.graph", "the dependency graph as dot, svg or JSON"),
            Command("files", "packages.files", "the files of an installed package"),
            Command("owns", "packages.owns", "which package a file belongs to"),
            Command("sources", "packages.sources", "the kinds of sources and the state of each snapshot"),
            Command("sync", "packages.sync", "read the sources' indexes anew"),
        ),
    ),
    (
        "use",
        (
            Command("run", "programs.run", "run a program of a package"),
            Command("shell", "programs.shell", "a shell in which packages are at hand, without a generation"),
            Command("env", "programs.env", "the lines a shell needs to find the programs"),
        ),
    ),
    (
        "build",
        (
            Command("build", "building.build", "build a recipe, or a package from source with flags"),
            Command("bootstrap", "building.bootstrap", "bring in the tools that foreign source builds need"),
            Command("challenge", "building.challenge", "build or fetch again and compare bit for bit"),
        ),
    ),
    ("trust", (Command("audit", "trust.audit", "what a system rests on, in bytes"),)),
    (
        "move",
        (
            Command("pack", "transfer.pack", "write a generation or closure into one file"),
            Command("unpack", "transfer.unpack", "bring a packed file into this root"),
        ),
    ),
)

COMMANDS: dict[str, Command] = {command.name: command for _, commands in AREAS for command in commands}


def loaded(module: str) -> "ModuleType":
    """Return a module of this room, loaded; ``importlib`` would do it too, and itself takes half a ms."""
    name = f"nipsys.cli.commands.{module}"
    __import__(name)
    return sys.modules[name]
