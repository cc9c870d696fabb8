"""The root's own recipes: brought up to date from a checkout, each read before it is taken."""

import os
import shutil

from nipsys.build.read import read_recipe
from nipsys.model.problem import Problem, Rejected


def update_recipes(origin: str, target: str) -> tuple[str, ...]:
    """Copy every recipe below ``origin`` that is new or changed, with the files beside it; give their paths.

    ``Rejected`` names every recipe that cannot be read; then nothing is copied.
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
            read_recipe(path, stream.read())
        except Rejected as rejected:
            return rejected.problems
    return ()


def _same(one: str, other: str) -> bool:
    if not os.path.exists(other):
        return False
    with open(one, "rb") as left, open(other, "rb") as right:
        return left.read() == right.read()
