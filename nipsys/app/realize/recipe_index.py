"""Directories of recipes: write their index, and update those of the root from a checkout."""

import os
import shutil

from nipsys.builder.recipe import RecipePath, parse_recipe
from nipsys.model import Problem, Rejected, blake3_of, digest_of, to_canonical_json
from nipsys.model.package import Recipe


def build_recipe_index(folder: str) -> dict[str, object]:
    """Return the value of ``index.json``, which describes every recipe below ``folder`` for a source of recipes."""
    recipe_path = RecipePath((folder,))
    rows = []
    for name, path in recipe_path.list_recipes():
        recipe = recipe_path.load(path)
        rows.append(
            {
                "name": name,
                "version": recipe.version,
                "arch": recipe.arch,
                "path": os.path.relpath(path, folder),
                "summary": recipe.summary,
                "axes": {axis.name: [axis.default, *sorted(set(axis.values()) - {axis.default})] for axis in recipe.axes},
                "libc": recipe.libc,
                "needs": _inputs(recipe, "runtime"),
                "tools": _inputs(recipe, "tool"),
                "libraries": _inputs(recipe, "library"),
                "closure": digest_closure(recipe_path, recipe),
            }
        )
    return {"format": 1, "recipes": rows}


def _inputs(recipe: Recipe, role: str) -> list[str]:
    """Return the inputs of a recipe in one role, each with its requested flags: ``dropbear libc=musl``."""
    return sorted({" ".join((given.recipe, *given.flags)) for given in recipe.base.inputs if given.role == role})


def digest_closure(recipe_path: RecipePath, recipe: Recipe) -> str:
    """Return one digest over a recipe's file and the files of all recipes it may need, whatever the flags."""
    found: dict[str, str] = {}
    waiting = [recipe]
    while waiting:
        one = waiting.pop()
        if one.name in found:
            continue
        with open(f"{one.folder}/{one.name}.kdl", "rb") as stream:
            found[one.name] = digest_of(stream.read(), "sha256")
        waiting += [recipe_path.find(name, one) for name in sorted(_names_below(one))]
    return blake3_of(to_canonical_json(found))


def _names_below(recipe: Recipe) -> set[str]:
    """Return the names of all recipes that this one may need, whatever the flags."""
    branches = (recipe.base, *(branch for axis in recipe.axes for _, branch in axis.branches))
    names = {given.recipe for branch in branches for given in branch.inputs} | ({recipe.member_of} - {""})
    if recipe.fixpoint:
        names |= {start for _, start in recipe.fixpoint.start} | set(recipe.fixpoint.members)
    return names


def update_recipes(origin: str, target: str) -> tuple[str, ...]:
    """Copy every file below ``origin`` that is new or changed to ``target`` and return their paths.

    Raise ``Rejected``, before anything is copied, with the problems of every recipe that cannot be read.
    """
    wanted: list[str] = []
    problems: list[Problem] = []
    for top, _, files in os.walk(origin):
        for name in sorted(files):
            path = os.path.relpath(os.path.join(top, name), origin)
            if _same(os.path.join(origin, path), os.path.join(target, path)):
                continue
            wanted.append(path)
            if name.endswith(".kdl"):
                problems += _problems(os.path.join(origin, path))
    if problems:
        raise Rejected(problems, "build")
    for path in wanted:
        os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
        shutil.copyfile(os.path.join(origin, path), os.path.join(target, path))
    return tuple(sorted(wanted))


def _problems(path: str) -> tuple[Problem, ...]:
    with open(path, encoding="utf-8") as stream:
        try:
            parse_recipe(path, stream.read())
        except Rejected as rejected:
            return rejected.problems
    return ()


def _same(one: str, other: str) -> bool:
    if not os.path.exists(other):
        return False
    with open(one, "rb") as left, open(other, "rb") as right:
        return left.read() == right.read()
