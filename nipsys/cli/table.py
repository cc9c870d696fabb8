"""Every command: where its code is and what it does, in one line. Only the chosen one is imported."""

import sys

from nipsys.model.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import ModuleType


class Command(NamedTuple):
    """One row of the table."""

    name: str
    module: str
    """Below ``nipsys.cli``."""
    help: str


AREAS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (
        "main",
        (
            Command("init", "init", "write a first profile"),
            Command("check", "check", "read a profile and name every mistake"),
            Command("lock", "lock", "choose versions and write the lock beside the profile"),
            Command("update", "update", "move the named packages, or all, to what the sources offer now"),
            Command("plan", "plan", "show what `apply` would do"),
            Command("apply", "apply", "make the machine what the profile says, as a new generation"),
            Command("rollback", "rollback", "switch back to an older generation"),
            Command("status", "status", "tell what is current and whether it has drifted"),
        ),
    ),
    (
        "generations",
        (
            Command("generations", "generations", "list, show, diff, label, pin or delete generations"),
            Command("gc", "gc", "remove what no generation needs"),
            Command("verify", "verify", "compare the store with its manifests"),
            Command("history", "history", "what was done, when and by whom"),
            Command("logs", "logs", "what the last operations said"),
            Command("doctor", "doctor", "which guarantees hold on this host, and why"),
            Command("prove", "prove", "try every crash of the last plan on a model"),
        ),
    ),
    (
        "packages",
        (
            Command("install", "install", "add packages to the profile, then apply it"),
            Command("remove", "remove", "take packages out of the profile, then apply it"),
            Command("search", "search", "find packages in the synced sources"),
            Command("info", "info", "everything known of one package, from every source"),
            Command("list", "list", "the packages of the current generation"),
            Command("why", "why", "why a package is there"),
            Command("why-not", "why_not", "why a package or version is not there"),
            Command("what-if", "what_if", "what a flag or package would change"),
            Command("tree", "tree", "the dependency tree of a lock"),
            Command("graph", "graph", "the dependency graph as dot, svg or JSON"),
            Command("files", "files", "the files of an installed package"),
            Command("owns", "owns", "which package a file belongs to"),
            Command("sources", "sources", "the kinds of sources and the state of each snapshot"),
            Command("sync", "sync", "read the sources' indexes anew"),
        ),
    ),
    (
        "use",
        (
            Command("run", "run", "run a program of a package"),
            Command("shell", "shell", "a shell in which packages are at hand, without a generation"),
            Command("env", "env", "the lines a shell needs to find the programs"),
        ),
    ),
    (
        "build",
        (
            Command("build", "build", "build a recipe, or a package from source with flags"),
            Command("bootstrap", "bootstrap", "bring in the tools that foreign source builds need"),
            Command("challenge", "challenge", "build or fetch again and compare bit for bit"),
        ),
    ),
    ("trust", (Command("audit", "audit", "what a system rests on, in bytes"),)),
    (
        "move",
        (
            Command("pack", "pack", "write a generation or closure into one file"),
            Command("unpack", "unpack", "bring a packed file into this root"),
        ),
    ),
)

COMMANDS: dict[str, Command] = {command.name: command for _, commands in AREAS for command in commands}


def loaded(module: str) -> "ModuleType":
    """Give a module of this room, loaded; ``importlib`` would do it too, and itself takes half a ms."""
    name = f"nipsys.cli.{module}"
    __import__(name)
    return sys.modules[name]
