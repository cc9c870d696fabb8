"""Pages for developers name what exists: paths, dotted names, classes with their attributes, and functions."""

import ast
import functools
import pathlib
import re
from collections.abc import Mapping
from importlib import import_module

import house_rules
import pytest

HERE = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*HERE.glob("*.md"), *(HERE / "docs").rglob("*.md")])
DEVELOPERS = [
    HERE / "ARCHITECTURE.md",
    HERE / "CONTRIBUTING.md",
    *sorted((HERE / "docs/decisions").glob("*.md")),
    HERE / "docs/reference/api.md",
]
"""Pages that name classes and functions; elsewhere such words are of profiles and of other programs."""
NOT_OURS = {"Contents", "Links", "NamedTuple", "None"}
"""Words that look like classes of nipsys: files of Debian, folders of a generation, words of Python."""
LEFT = {"model/typed.py", "sources/debian_release.py"}
"""What a decision says was there before it."""
ON_DISK = ("store/<", "store/.", "generations/", "recipes/", "nipsys/schemas/")
"""What is below a root, or in an installed package only."""
PATH = re.compile(r"[\w.<>{},*-]+(/[\w.<>{},*-]*)+").fullmatch
MODULE = re.compile(r"[a-z_]+\.py").fullmatch
"""A module next to one that was named with its folder."""
DOTTED = re.compile(r"nipsys(\.\w+)+").fullmatch
CLASS = re.compile(r"([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:\.(\w+))?").fullmatch
CALL = re.compile(r"(?:[\w.]+\.)?(\w+)\(.*\)").fullmatch


def words_of(text: str) -> list[str]:
    """Return what is in backticks, outside of code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^\s*```.*?^\s*```$", "", text))


def is_missing_path(word: str) -> bool:
    """Return whether a word is a path of the repository, or of the package, that does not exist; ``<kind>`` stands for any name."""
    if MODULE(word):
        return not list((HERE / "nipsys").rglob(word))
    if not PATH(word) or word in LEFT or word.startswith(ON_DISK):
        return False
    pattern = re.sub(r"<\w+>|\{[^}]*\}", "*", word).rstrip("/")
    for top in (HERE, HERE / "nipsys"):
        if (top / word.partition("/")[0]).is_dir():
            return not [*HERE.glob(pattern), *(HERE / "nipsys").glob(pattern)]
    return False


def is_missing_name(word: str) -> bool:
    """Return whether a dotted name below ``nipsys`` cannot be imported."""
    if not DOTTED(word):
        return False
    parts = word.split(".")
    for place in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:place]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(lambda holder, part: getattr(holder, part, None), parts[place:], found) is None
    return True


@functools.cache
def definitions() -> tuple[dict[str, set[str]], set[str]]:
    """Return the classes of the code with their attributes, and the names of all functions."""
    classes: dict[str, set[str]] = {}
    functions: set[str] = set()
    for text in house_rules.read_modules(HERE).values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                names = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                names |= {part.target.id for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)}
                classes.setdefault(node.name, set()).update(names)
            elif isinstance(node, ast.FunctionDef):
                functions.add(node.name)
    return classes, functions


def is_missing_definition(word: str) -> bool:
    classes, functions = definitions()
    if named := CLASS(word):
        return named[1] not in NOT_OURS and (named[1] not in classes or bool(named[2] and named[2] not in classes[named[1]]))
    called = CALL(word)
    return called is not None and "." not in word.partition("(")[0] and called[1] not in functions | classes.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
def test_paths_and_dotted_names_exist(page: pathlib.Path) -> None:
    words = words_of(page.read_text())
    assert [word for word in words if is_missing_path(word) or is_missing_name(word)] == []


@pytest.mark.parametrize("page", DEVELOPERS, ids=lambda page: str(page.relative_to(HERE)))
def test_classes_and_functions_exist(page: pathlib.Path) -> None:
    assert [word for word in words_of(page.read_text()) if is_missing_definition(word)] == []


def find_stale_names(modules: Mapping[str, str]) -> list[str]:
    """Return attributes of the code's classes, and dotted names, that a docstring has and the code does not."""
    others = {"BufferedReader", "Number", "ThreadPoolExecutor"}
    words = (
        (name, word)
        for name, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"``([^`\n]+)``", node.value)
    )
    return [
        f"{name} {word}"
        for name, word in words
        if is_missing_name(word) or ((named := CLASS(word)) and named[2] and named[1] not in others and is_missing_definition(word))
    ]


def test_docstrings_name_what_exists() -> None:
    assert find_stale_names(house_rules.read_modules(HERE)) == []
    planted = '"""See ``Store.planted``, ``nipsys.planted`` and ``Store.find``."""'
    assert find_stale_names({"here": planted}) == ["here Store.planted", "here nipsys.planted"]


@pytest.mark.parametrize("word", ["nipsys/store/planted.py", "store/planted/", "sources/<kind>/planted.py", "tests/planted", "planted.py"])
def test_a_planted_path_is_found(word: str) -> None:
    assert is_missing_path(word)
    assert not is_missing_path("sources/<kind>/traits.py")
    assert not is_missing_path("store/<hash>-<name>")


def test_a_planted_name_is_found() -> None:
    assert is_missing_name("nipsys.store.planted")
    assert is_missing_name("nipsys.planted.store")
    assert not is_missing_name("nipsys.model.system.Traits")
    assert [word for word in ("Planted", "Store.planted", "planted(x)", "Store", "Rejected", "load_profile(path)") if is_missing_definition(word)] == [
        "Planted", "Store.planted", "planted(x)",
    ]  # fmt: skip
