"""Manage the tools that foreign source builds need."""

import argparse
import json
import os

from nipsys.cli.commands.subcommand import add_subcommand
from nipsys.cli.session import Session

EXAMPLE = "nipsys bootstrap install portage"
_TOOL = "portage, nix or pkgsrc"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_subcommand(verbs, "list", "list the tools and whether they are installed", "nipsys bootstrap list")
    install = add_subcommand(verbs, "install", "install a tool below the root", "nipsys bootstrap install portage")
    install.add_argument("tool", help=_TOOL)
    install.add_argument("--from", dest="origin", metavar="PATH", help="a pkgsrc tree, or a profile that provides nix")
    remove = add_subcommand(verbs, "remove", "remove a tool from the root", "nipsys bootstrap remove portage")
    remove.add_argument("tool", help=_TOOL)
    info = add_subcommand(verbs, "info", "show where a tool is, and how to install it by hand", "nipsys bootstrap info nix")
    info.add_argument("tool", help=_TOOL)
    recipes = add_subcommand(verbs, "recipes", "list all recipes", "nipsys bootstrap recipes --write-index recipes")
    recipes.add_argument("--write-index", metavar="DIR", help="write the index of DIR that a `recipes` source reads")
    update = add_subcommand(
        verbs, "update-recipes", "copy new and changed recipes into the root", "nipsys bootstrap update-recipes --from checkout"
    )
    update.add_argument("--from", dest="origin", metavar="DIR", required=True, help="a checkout with recipes")


def run(options: argparse.Namespace, session: Session) -> int:
    """Run the subcommand."""
    verbs = {
        "list": _list,
        "install": _install,
        "remove": _remove,
        "info": _show,
        "recipes": _list_recipes,
        "update-recipes": _update_recipes,
    }
    verbs[options.verb](options, session)
    return 0


def _list(_: argparse.Namespace, session: Session) -> None:
    from nipsys.app.source_builds import find_tool_home
    from nipsys.builder.foreign import BUILD_TOOLS

    rows = [(tool, find_tool_home(session.root.path, tool.name)) for tool in BUILD_TOOLS]
    value = [{"tool": tool.name, "summary": tool.summary, "home": home} for tool, home in rows]
    session.answer(value, "\n".join(f"{tool.name:<8} {'installed' if home else 'missing':<9} {tool.summary}" for tool, home in rows))


def _install(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.source_builds import find_tool, install_tool

    tool = find_tool(options.tool)
    home = install_tool(session.open_context(), tool.name, options.origin or "")
    session.answer({"tool": tool.name, "home": home}, f"installed {tool.name} in {home}")


def _remove(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.source_builds import find_tool, remove_tool

    tool = find_tool(options.tool)
    removed = remove_tool(session.root.path, tool.name)
    session.answer({"tool": tool.name, "removed": removed}, f"removed {tool.name}" if removed else f"{tool.name} is not installed")


def _show(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.source_builds import find_tool, find_tool_home

    tool = find_tool(options.tool)
    home = find_tool_home(session.root.path, tool.name) or ""
    value = {"tool": tool.name, "summary": tool.summary, "home": home, "by_hand": list(tool.by_hand)}
    lines = [f"{tool.name}: {tool.summary}", f"  installed  {home or 'no'}", *(f"  manual     {step}" for step in tool.by_hand)]
    session.answer(value, "\n".join(lines))


def _list_recipes(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.realize import build_recipe_index, find_recipe_folders
    from nipsys.builder.recipe import RecipePath

    if options.write_index:
        with open(f"{options.write_index}/index.json", "w", encoding="utf-8") as stream:
            stream.write(json.dumps(build_recipe_index(options.write_index), indent=1) + "\n")
    names = RecipePath(find_recipe_folders(session.root.path, os.environ)).list_recipes()
    session.answer([{"name": name, "path": path} for name, path in names], "\n".join(f"{name:<20} {path}" for name, path in names))


def _update_recipes(options: argparse.Namespace, session: Session) -> None:
    from nipsys.app.realize import update_recipes
    from nipsys.cli.usage import reject_usage

    if not os.path.isdir(options.origin):
        raise reject_usage("usage", f"`{options.origin}` is not a directory", hint="`--from DIR` names a checkout with recipes")
    updated = update_recipes(options.origin, f"{session.root.path}/recipes")
    session.answer({"updated": list(updated)}, "\n".join(updated) or "all recipes are up to date")
