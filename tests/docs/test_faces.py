"""The examples in the docstrings of packages are true, and the sketches there use names that exist."""

import ast
import doctest
import functools
import pathlib
import re
import textwrap
from collections.abc import Mapping
from importlib import import_module

import house_rules
import pytest

HERE = pathlib.Path(__file__).resolve().parents[2]
MODULES = house_rules.read_modules(HERE)
FACES = sorted(house_rules.packages_of(MODULES))
EXAMPLES = ["generation", "index", "lock", "plan", "profile", "profile.edit", "store"]
"""Packages with examples that run."""


def run_examples(text: str) -> str:
    """Run the examples of a docstring; return the report of those that fail."""
    test = doctest.DocTestParser().get_doctest(textwrap.dedent(text), {}, "face", None, 0)
    report: list[str] = []
    doctest.DocTestRunner().run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_true(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root").mkdir()
    text = import_module(f"nipsys.{name}").__doc__ or ""
    assert ">>>" in text
    assert run_examples(text) == ""


def test_packages_with_examples_are_listed() -> None:
    assert [name for name in FACES if ">>>" in (ast.get_docstring(ast.parse(MODULES[f"{name}.__init__"])) or "")] == [
        f"nipsys.{name}" for name in EXAMPLES
    ]


def test_a_wrong_example_is_found() -> None:
    assert "Expected" in run_examples(">>> 1 + 1\n3\n")


def sketches_of(text: str) -> list[ast.Module]:
    """Return the blocks of a docstring that are Python but no examples."""
    found = []
    for block in re.findall(r"(?m)::\n\n((?:(?: {4}.*)?\n)+)", text + "\n"):
        if ">>>" not in block:
            try:
                found.append(ast.parse(textwrap.dedent(block)))
            except SyntaxError:  # a picture, not code
                continue
    return found


@functools.cache
def attributes() -> set[str]:
    """Return the methods and fields of all classes."""
    return {
        part.name if isinstance(part, ast.FunctionDef) else part.target.id
        for module in MODULES.values()
        for node in ast.walk(ast.parse(module))
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.FunctionDef) or (isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name))
    }


def find_unknown_names(text: str, exported: Mapping[str, object]) -> list[str]:
    """Return functions that a sketch calls without their being exported, and attributes that nothing in the code has."""
    nodes = [node for sketch in sketches_of(text) for node in ast.walk(sketch)]
    called = [node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [name for name in called if name not in exported and name != "isinstance"] + [
        node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr not in attributes()
    ]


@pytest.mark.parametrize("name", FACES)
def test_sketches_use_names_that_exist(name: str) -> None:
    module = import_module(name)
    exported = dict.fromkeys(getattr(module, "__all__", ()))
    assert find_unknown_names(module.__doc__ or "", exported) == []


def test_a_planted_name_is_found() -> None:
    text = "Planted::\n\n    tree = planted(root)\n    tree.planted_attribute\n    tree.digest\n"
    assert find_unknown_names(text, {}) == ["planted", "planted_attribute"]
