"""Fields of a recipe that become part of a path or a command line, checked where they are read."""

import re

from nipsys.builder.recipe.node_reader import RecipeNode
from nipsys.model import join_names

_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._~:-]*")
_OWN_PLACES = ("build", "dev", "proc", "src", "sys", "tmp")
"""Directories of the sandbox where nothing else can be mounted."""


def read_name(node: RecipeNode) -> str:
    """Read the only argument, the name of a recipe."""
    name = node.read_argument()
    if node.arguments and not _NAME.fullmatch(name):
        hint = "use lower-case letters, digits and `+._-`"
        node.add_problem("recipe-name", f"`{name}` is not a valid recipe name", hint, argument=0)
    return name


def read_word(node: RecipeNode, noun: str) -> str:
    """Read the only argument, a word; ``noun`` describes it in messages."""
    word = node.read_argument()
    if node.arguments and not _WORD.fullmatch(word):
        node.add_problem("recipe-value", f"`{word}` is not a valid {noun}", "use letters, digits and `+._~:-`", argument=0)
    return word


def read_version(node: RecipeNode) -> str:
    """Read the version of a recipe, which must have one."""
    version = node.read_text("version")
    if not version:
        node.add_problem("recipe-version", f"`{node.name}` has no version", 'write `recipe "NAME" version="..."`')
    elif not _WORD.fullmatch(version):
        hint = "use letters, digits and `+._~:-`; it begins with a letter or digit"
        node.add_problem("recipe-version", f"`{version}` is not a valid version", hint, key="version")
    return version


def read_mount(node: RecipeNode) -> str:
    """Read the path where a result is in the sandbox; empty when none is given."""
    path = node.read_text("mount")
    parts = path.split("/")[1:]
    if path and not (_is_plain_path(path) and parts != ["store"] and parts[0] not in _OWN_PLACES):
        hint = "write an absolute path such as `/opt/NAME`; the sandbox itself uses " + join_names(f"/{name}" for name in _OWN_PLACES)
        node.add_problem("recipe-value", f"nothing can be mounted at `{path}`", hint, key="mount")
    return path


def check_path(node: RecipeNode, path: str) -> None:
    """Add a problem when the first argument, ``path``, is not an absolute path in the sandbox."""
    if node.arguments and not _is_plain_path(path):
        node.add_problem("recipe-value", f"`{path}` is not an absolute path without `.` and `..`", argument=0)


def _is_plain_path(path: str) -> bool:
    """Return whether a path is absolute, is not the root itself, and has no empty, `.` or `..` parts."""
    first, *parts = path.split("/")
    return first == "" and bool(parts) and not {"", ".", ".."} & set(parts)
