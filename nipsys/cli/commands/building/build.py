"""Build a recipe, or a package from source, with the given flags."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from nipsys.cli.render import ask_for_tool
from nipsys.cli.session import Session

if TYPE_CHECKING:
    from nipsys.app.realize import BuildResult
    from nipsys.builder import Workspace

WORDS = "RECIPE.kdl|PKG [+flag|-flag|name=value] ..."
"""What to build; flags such as ``-X`` are not parsed as options."""

EXAMPLE = "nipsys build hello +static --rebuild"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--source", default="recipes", help="recipes, gentoo, pkgsrc, nix or auto [default: recipes]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="parallel jobs [default: number of CPUs]")
    parser.add_argument("--rebuild", action="store_true", help="build again and compare the results")
    parser.add_argument("--no-cache", action="store_true", help="do not reuse earlier builds")
    parser.add_argument("--keep-work", action="store_true", help="keep the work directory")
    parser.add_argument("--verbose", action="store_true", help="print the build log at the end")
    parser.add_argument("--no-diverse", action="store_true", help="do not build with the other seeds")
    parser.add_argument("--seed", action="append", default=[], metavar="VALUE", help="also compare this seed: pcc, host")
    parser.add_argument("--repository", metavar="DIR", help="ebuild repository, pkgsrc tree or Nix expression")
    parser.add_argument("--container", action="store_true", help="build in Podman or Docker")
    parser.add_argument("--yes", action="store_true", help="install missing tools without asking")


def run(options: argparse.Namespace, session: Session) -> int:
    """Build the package; print the digest and the store path of its tree."""
    from nipsys.app.realize import build_recipe, find_recipe_folders, open_workspace
    from nipsys.builder import BuildOptions
    from nipsys.builder.recipe import RecipePath
    from nipsys.builder.sandbox import find_engine
    from nipsys.cli.usage import reject_usage

    targets = [word for word in options.words if not _is_flag(word)]
    flags = tuple(flag for word in options.words if _is_flag(word) for flag in _split_flags(word))
    if len(targets) != 1:
        raise reject_usage("usage", "expected exactly one recipe or package", hint=f"usage: nipsys build {WORDS}")
    engine = find_engine() if options.container else ""
    wanted = BuildOptions(
        options.jobs, options.keep_work, options.rebuild, options.no_cache, not options.no_diverse, tuple(options.seed), engine
    )
    workspace = open_workspace(session.root.path, wanted, session.root.report, offline=session.root.offline)
    if options.source == "recipes":
        built = build_recipe(workspace, RecipePath(find_recipe_folders(session.root.path, os.environ)), targets[0], flags)
    else:
        built = _build_foreign(workspace, session, options, targets[0], flags)
    if options.verbose:
        _show_log(workspace.folder, built.record.name)
    session.answer(built.value(), f"{built.record.tree}\n{built.path}")
    return 0


def _build_foreign(
    workspace: "Workspace", session: Session, options: argparse.Namespace, package: str, flags: tuple[str, ...]
) -> "BuildResult":
    """Build with a foreign tool; a missing tool is installed with ``--yes``, or the user is asked on a terminal."""
    from nipsys.app.source_builds import ForeignRequest, build_foreign, find_tool, install_tool, list_other_sources, tool_of
    from nipsys.builder.foreign import AUTO_ORDER, BUILD_TOOLS
    from nipsys.builder.sandbox import find_engine
    from nipsys.cli.usage import reject_usage
    from nipsys.model import Rejected, replace

    if options.source not in {*AUTO_ORDER, "auto"}:
        hint = f"use one of `recipes`, {', '.join(f'`{tool.source}`' for tool in BUILD_TOOLS)} and `auto`"
        raise reject_usage("unknown-source", f"unknown build source `{options.source}`", hint=hint)
    order = ForeignRequest(options.source, package, flags, options.repository)
    try:
        return build_foreign(workspace, session.root.path, order)
    except Rejected as rejected:
        if rejected.problems[0].code != "tool-missing":
            raise
        tool = find_tool(tool_of(session.root.path, order))
        way = "minimal" if options.yes else ask_for_tool(tool.name, tool.by_hand, list_other_sources(session.root.path, order))
        if not way:
            raise
    if way in AUTO_ORDER:
        return build_foreign(workspace, session.root.path, ForeignRequest(way, package, flags, options.repository))
    if way == "container":
        workspace = replace(workspace, options=replace(workspace.options, engine=find_engine()))
    install_tool(session.open_context(), tool.name)
    return build_foreign(workspace, session.root.path, order)


def _split_flags(word: str) -> tuple[str, ...]:
    """Split ``+python+ruby`` into its flags; a ``-`` inside a name is kept."""
    return tuple(f"+{name}" for name in word[1:].split("+")) if word.startswith("+") else (word,)


def _show_log(folder: str, name: str) -> None:
    """Print the newest log of the build on stderr."""
    logs = f"{folder}/logs"
    found = sorted((entry for entry in os.scandir(logs) if entry.name.startswith(f"{name}-")), key=lambda entry: entry.stat().st_mtime)
    if found:
        with open(found[-1].path, encoding="utf-8", errors="replace") as stream:
            sys.stderr.write(stream.read())


def _is_flag(word: str) -> bool:
    return word[:1] in {"+", "-"} or ("=" in word and "/" not in word.partition("=")[0])
