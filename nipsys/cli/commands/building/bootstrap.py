"""Manage the tools that foreign source builds need."""

import argparse
import json
import os

from nipsys.cli.session import Session


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", choices=("list", "install", "remove", "info", "recipes", "update-recipes"))
    parser.add_argument("tool", nargs="?", help="portage, nix or pkgsrc")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--write-index", metavar="DIR", help="with `recipes`: write the index that a `recipes` source reads")
    parser.add_argument("--from", dest="origin", metavar="PATH", help="directory of recipes, a pkgsrc tree, or a profile that provides nix")


def run(options: argparse.Namespace, session: Session) -> int:
    """Run the requested action."""
    if options.what == "list":
        return _list(session)
    if options.what in {"recipes", "update-recipes"}:
        return _recipes(options, session)
    from nipsys.app.source_builds import find_tool, find_tool_home, install_tool, remove_tool
    from nipsys.model import reject

    if not options.tool:
        raise reject("request", "bad-arguments", f"`bootstrap {options.what}` needs the name of a tool", hint="run `nipsys bootstrap list`")
    tool = find_tool(options.tool)
    if options.what == "install":
        home = install_tool(session.open_context(), tool.name, options.origin or "")
        session.answer({"tool": tool.name, "home": home}, f"installed {tool.name} in {home}")
    elif options.what == "remove":
        there = remove_tool(session.root, tool.name)
        session.answer({"tool": tool.name, "removed": there}, f"removed {tool.name}" if there else f"{tool.name} is not installed")
    else:
        home = find_tool_home(session.root, tool.name) or ""
        value = {"tool": tool.name, "summary": tool.summary, "home": home, "by_hand": list(tool.by_hand)}
        lines = [f"{tool.name}: {tool.summary}", f"  installed  {home or 'no'}", *(f"  manual     {step}" for step in tool.by_hand)]
        session.answer(value, "\n".join(lines))
    return 0


def _list(session: Session) -> int:
    from nipsys.app.source_builds import TOOLS, find_tool_home

    rows = [(tool, find_tool_home(session.root, tool.name)) for tool in TOOLS]
    value = [{"tool": tool.name, "summary": tool.summary, "home": home} for tool, home in rows]
    session.answer(value, "\n".join(f"{tool.name:<8} {'installed' if home else 'missing':<9} {tool.summary}" for tool, home in rows))
    return 0


def _recipes(options: argparse.Namespace, session: Session) -> int:
    from nipsys.app.realize import find_recipe_folders
    from nipsys.builder.recipe import RecipePath
    from nipsys.model import reject

    if options.what == "update-recipes":
        if not options.origin or not os.path.isdir(options.origin):
            raise reject("request", "bad-arguments", "`bootstrap update-recipes` needs `--from DIR`", hint="DIR is a checkout with recipes")
        from nipsys.app.realize import update_recipes

        updated = update_recipes(options.origin, f"{session.root}/recipes")
        session.answer({"updated": list(updated)}, "\n".join(updated) or "all recipes are up to date")
        return 0
    if options.write_index:
        from nipsys.app.realize import build_recipe_index

        with open(f"{options.write_index}/index.json", "w", encoding="utf-8") as stream:
            stream.write(json.dumps(build_recipe_index(options.write_index), indent=1) + "\n")
    shelf = RecipePath(find_recipe_folders(session.root, os.environ))
    names = shelf.list_recipes()
    session.answer([{"name": name, "path": path} for name, path in names], "\n".join(f"{name:<20} {path}" for name, path in names))
    return 0
