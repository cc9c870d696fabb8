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


def arguments(parser: argparse.ArgumentParser) -> None:
    """Accept everything after the command name, because flags such as ``-X`` are not options."""
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="RECIPE.kdl|PKG [+flag] [-flag] [name=value] [options]")
    parser.epilog = "build options: [" + _make_options_parser().format_usage().partition("[")[2].rstrip()


def _make_options_parser() -> argparse.ArgumentParser:
    inner = argparse.ArgumentParser(prog="", add_help=False, allow_abbrev=False)
    inner.add_argument("--source", default="recipes", help="recipes, gentoo, pkgsrc, nix or auto")
    inner.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    inner.add_argument("--rebuild", action="store_true", help="build again and compare the results")
    inner.add_argument("--no-cache", action="store_true", help="do not reuse earlier builds")
    inner.add_argument("--keep-work", action="store_true", help="keep the work directory")
    inner.add_argument("--verbose", action="store_true", help="print the build log at the end")
    inner.add_argument("--no-diverse", action="store_true", help="do not build with the other seeds")
    inner.add_argument("--seed", action="append", default=[], metavar="VALUE", help="also compare this seed: pcc, host")
    inner.add_argument("--repository", metavar="DIR", help="ebuild repository, pkgsrc tree or Nix expression")
    inner.add_argument("--container", action="store_true", help="build in Podman or Docker")
    inner.add_argument("--yes", action="store_true", help="install missing tools without asking")
    inner.add_argument("--json", action="store_true")
    inner.add_argument("--offline", action="store_true")
    return inner


def run(options: argparse.Namespace, session: Session) -> int:
    """Build the package; print the digest and the store path of its tree."""
    from nipsys.app.realize import build_recipe, find_recipe_folders, open_workspace
    from nipsys.builder import BuildOptions
    from nipsys.builder.recipe import RecipePath
    from nipsys.builder.sandbox import find_engine
    from nipsys.model import reject

    chosen, words = _make_options_parser().parse_known_args(options.words)
    session = session._replace(json=session.json or chosen.json, offline=session.offline or chosen.offline)
    targets = [word for word in words if not _is_flag(word)]
    flags = tuple(flag for word in words if _is_flag(word) for flag in _split_flags(word))
    unknown = [word for word in flags if word.startswith("--")]
    if len(targets) != 1 or unknown:
        message = f"unknown option `{unknown[0]}`" if unknown else "expected exactly one recipe or package"
        raise reject("request", "bad-arguments", message, hint="usage: nipsys build RECIPE.kdl|PKG [+flag] [-flag] [name=value]")
    engine = find_engine() if chosen.container else ""
    wanted = BuildOptions(chosen.jobs, chosen.keep_work, chosen.rebuild, chosen.no_cache, not chosen.no_diverse, tuple(chosen.seed), engine)
    shop = open_workspace(session.root, wanted, session.report, offline=session.offline)
    if chosen.source == "recipes":
        built = build_recipe(shop, RecipePath(find_recipe_folders(session.root, os.environ)), targets[0], flags)
    else:
        built = _build_foreign(shop, session, chosen, targets[0], flags)
    if chosen.verbose:
        _show_log(shop.folder, built.record.name)
    session.answer(built.value(), f"{built.record.tree}\n{built.path}")
    return 0


def _build_foreign(shop: "Workspace", session: Session, chosen: argparse.Namespace, package: str, flags: tuple[str, ...]) -> "BuildResult":
    """Build with a foreign tool; a missing tool is installed with ``--yes``, or the user is asked on a terminal."""
    from nipsys.app.source_builds import AUTO_ORDER, ForeignRequest, build_foreign, find_tool, install_tool, list_other_sources, tool_of
    from nipsys.builder.sandbox import find_engine
    from nipsys.model import Rejected, reject, replace

    if chosen.source not in {*AUTO_ORDER, "auto"}:
        hint = "use one of `recipes`, `gentoo`, `pkgsrc`, `nix` and `auto`"
        raise reject("request", "unknown-source", f"unknown build source `{chosen.source}`", hint=hint)
    order = ForeignRequest(chosen.source, package, flags, chosen.repository)
    try:
        return build_foreign(shop, session.root, order)
    except Rejected as rejected:
        if rejected.problems[0].code != "tool-missing":
            raise
        tool = find_tool(tool_of(session.root, order))
        way = "minimal" if chosen.yes else ask_for_tool(tool.name, tool.by_hand, list_other_sources(session.root, order))
        if not way:
            raise
    if way in AUTO_ORDER:
        return build_foreign(shop, session.root, ForeignRequest(way, package, flags, chosen.repository))
    if way == "container":
        shop = replace(shop, options=replace(shop.options, engine=find_engine()))
    install_tool(session.open_context(), tool.name)
    return build_foreign(shop, session.root, order)


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
