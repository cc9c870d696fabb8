"""Build a recipe, or a package from source with flags: RECIPE.kdl|PKG [+flag] [-flag] [name=value]."""

import argparse
import os
import sys
from dataclasses import replace

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take everything after the command's name: flags such as ``-X`` are no options."""
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="RECIPE.kdl|PKG [+flag] [-flag] [name=value] [options]")
    parser.epilog = "options: " + _options().format_usage().partition("[")[2].rstrip()


def _options() -> argparse.ArgumentParser:
    inner = argparse.ArgumentParser(prog="", add_help=False, allow_abbrev=False)
    inner.add_argument("--source", default="recipes", help="recipes, or gentoo, pkgsrc, nix, auto")
    inner.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    inner.add_argument("--rebuild", action="store_true", help="build again and compare")
    inner.add_argument("--no-cache", action="store_true", help="take nothing from earlier builds")
    inner.add_argument("--keep-work", action="store_true", help="keep the work directory")
    inner.add_argument("--verbose", action="store_true", help="show the log when it is done")
    inner.add_argument("--no-diverse", action="store_true", help="do not try the other seeds")
    inner.add_argument("--seed", action="append", default=[], metavar="VALUE", help="compare this seed too: pcc, host")
    inner.add_argument("--repository", metavar="DIR", help="ebuilds, pkgsrc tree or Nix expression")
    inner.add_argument("--container", action="store_true", help="build in Podman or Docker")
    inner.add_argument("--yes", action="store_true", help="bring in missing tools without asking")
    inner.add_argument("--json", action="store_true")
    inner.add_argument("--offline", action="store_true")
    return inner


def run(options: argparse.Namespace, session: Session) -> int:
    """Build, and print the tree's digest and store path."""
    from nipsys.app.build import build, open_workshop, recipe_folders
    from nipsys.build.one import Options
    from nipsys.build.shelf import Shelf
    from nipsys.model.problem import reject

    chosen, words = _options().parse_known_args(options.words)
    session = replace(session, json=session.json or chosen.json, offline=session.offline or chosen.offline)
    targets = [word for word in words if not _is_flag(word)]
    flags = tuple(word for word in words if _is_flag(word))
    unknown = [word for word in flags if word.startswith("--")]
    if len(targets) != 1 or unknown:
        message = f"`{unknown[0]}` is no option of `build`" if unknown else "name one recipe or package to build"
        raise reject("request", "bad-arguments", message, hint="nipsys build RECIPE.kdl|PKG [+flag] [-flag] [name=value]")
    engine = ""
    if chosen.container:
        from nipsys.build.container import find_engine

        engine = find_engine()
    wanted = Options(chosen.jobs, chosen.keep_work, chosen.rebuild, chosen.no_cache, not chosen.no_diverse, tuple(chosen.seed), engine)
    shop = open_workshop(session.root, wanted, session.report, offline=session.offline)
    if chosen.source == "recipes":
        built = build(shop, Shelf(recipe_folders(session.root, os.environ)), targets[0], flags)
    else:
        from nipsys.app.foreign import Order, build_foreign
        from nipsys.app.tools import install_tool

        if chosen.source not in {"gentoo", "pkgsrc", "nix", "auto"}:
            hint = "--source=recipes, gentoo, pkgsrc, nix or auto"
            raise reject("request", "unknown-source", f"`{chosen.source}` builds nothing", hint=hint)
        if chosen.yes and chosen.source == "gentoo":
            install_tool(session.root, "portage", session.report)
        built = build_foreign(shop, session.root, Order(chosen.source, targets[0], flags, chosen.repository))
    if chosen.verbose:
        _show_log(shop.folder, built.record.name)
    session.answer(built.value(), f"{built.record.tree}\n{built.path}")
    return 0


def _show_log(folder: str, name: str) -> None:
    """Print the newest log of a build on stderr."""
    logs = f"{folder}/logs"
    found = sorted((entry for entry in os.scandir(logs) if entry.name.startswith(f"{name}-")), key=lambda entry: entry.stat().st_mtime)
    if found:
        with open(found[-1].path, encoding="utf-8", errors="replace") as stream:
            sys.stderr.write(stream.read())


def _is_flag(word: str) -> bool:
    return word[:1] in {"+", "-"} or ("=" in word and "/" not in word.partition("=")[0])
