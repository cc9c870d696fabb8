"""The table of commands: the module and a one-line help for each. Only the requested command is imported."""


class Command:
    """One row of the table: name, module below ``nipsys.cli.commands``, and help in one line."""

    __slots__ = ("help", "module", "name")  # a NamedTuple would import `typing`, which takes as long as the rest of `status`

    def __init__(self, name: str, module: str, help: str) -> None:  # noqa: A002 - the name in argparse
        self.name = name
        self.module = module
        self.help = help


AREAS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (
        "system",
        (
            Command("init", "core.init", "create a new profile"),
            Command("check", "core.check", "check a profile for errors"),
            Command("lock", "core.lock", "resolve a profile and write its lock file"),
            Command("update", "core.update", "update locked packages to the newest versions"),
            Command("plan", "core.plan", "show what `apply` would change"),
            Command("apply", "core.apply", "apply a profile as a new generation"),
            Command("rollback", "core.rollback", "switch back to an older generation"),
            Command("status", "core.status", "show the current generation and whether it has drifted"),
        ),
    ),
    (
        "generations",
        (
            Command("generations", "maintenance.generations", "list, show, diff, label, pin or delete generations"),
            Command("gc", "maintenance.gc", "remove unused trees from the store"),
            Command("verify", "maintenance.verify", "verify the store and repair damage"),
            Command("history", "maintenance.history", "show past operations"),
            Command("logs", "maintenance.logs", "show the log of recent operations"),
            Command("doctor", "maintenance.doctor", "check which guarantees hold on this host"),
            Command("prove", "maintenance.prove", "simulate every possible crash of the last operation"),
        ),
    ),
    (
        "packages",
        (
            Command("install", "packages.install", "add packages to the profile and apply it"),
            Command("remove", "packages.remove", "remove packages from the profile and apply it"),
            Command("search", "packages.search", "search for packages in the synced sources"),
            Command("info", "packages.info", "show details of a package from every source"),
            Command("list", "packages.list", "list the packages of a generation"),
            Command("why", "packages.why", "show why a package is locked"),
            Command("why-not", "packages.why_not", "show why a package or version is not locked"),
            Command("what-if", "packages.what_if", "show what another package or flag would change"),
            Command("tree", "packages.tree", "show the dependency tree of a lock"),
            Command("graph", "packages.graph", "print the dependency graph as DOT, SVG or JSON"),
            Command("files", "packages.files", "list the files of an installed package"),
            Command("owns", "packages.owns", "show which package owns a file"),
            Command("sources", "packages.sources", "list the kinds of sources and the synced snapshots"),
            Command("sync", "packages.sync", "refresh the indexes of the sources"),
        ),
    ),
    (
        "programs",
        (
            Command("run", "programs.run", "run a program"),
            Command("shell", "programs.shell", "start a shell with packages, without a new generation"),
            Command("env", "programs.env", "print the environment variables for a shell"),
        ),
    ),
    (
        "builds",
        (
            Command("build", "building.build", "build a recipe or a source package with flags"),
            Command("bootstrap", "building.bootstrap", "install the tools that foreign source builds need"),
            Command("challenge", "building.challenge", "build or fetch a package again and compare the result"),
        ),
    ),
    ("trust", (Command("audit", "trust.audit", "show what must be trusted to use a package"),)),
    (
        "transfer",
        (
            Command("pack", "transfer.pack", "pack a generation or single trees into one file"),
            Command("unpack", "transfer.unpack", "unpack a packed file into this root"),
        ),
    ),
)

COMMANDS: dict[str, Command] = {command.name: command for _, commands in AREAS for command in commands}
