"""The house itself: floors, sizes, docstrings, lazy imports, honest tables."""

import ast
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from toy_world import index_bytes

from nipsys.model.package.record import PackageRecord

HERE = pathlib.Path(__file__).resolve().parents[2]
MODULES = sorted((HERE / "nipsys").rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HERE)))
def test_sizes_and_docstrings(path: pathlib.Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it promises"
    assert text.count("\n") <= 400
    long = [f"{node.name} at line {node.lineno}" for node in functions(tree) if (node.end_lineno or 0) - node.lineno >= 60]
    assert not long
    public = [
        node for node in ast.iter_child_nodes(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert not [node.name for node in public if not ast.get_docstring(node)]


_CHOOSES = """
import sys
bare = set(sys.modules)
import mmap, os
from nipsys.index import Index
from nipsys.lock import format_lock
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.resolve import Options, World, resolve
from nipsys.resolve import to_lock
from nipsys.sources.debian.dialect import DebianDialect
index = Index(mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 0, access=mmap.ACCESS_READ))
world = World(SourceSpec("toy", "toy"), index, DebianDialect("amd64"))
profile = Profile("house", "x86_64", sources=(world.spec,), requests=(Request("app"),))
print(format_lock(to_lock(resolve([world], profile), [world], profile)).count("package "), *sorted(sys.modules.keys() - bare))
"""


def test_a_lock_is_made_without_a_slow_module(tmp_path: pathlib.Path) -> None:
    """What the ratio to apt rests on: half of a small request is interpreter start and imports."""
    (tmp_path / "universe").write_bytes(
        index_bytes([PackageRecord("app", "1", "", ("lib >= 1",)), PackageRecord("lib", "1", ""), PackageRecord("lib", "2", "")])
    )
    run = subprocess.run([sys.executable, "-I", "-c", _CHOOSES, str(tmp_path / "universe")], capture_output=True, text=True, check=True)
    packages, *modules = run.stdout.split()
    assert packages == "2"
    slow = {"dataclasses", "inspect", "ast", "json", "ckdl", "networkx", "jsonschema"}
    assert not slow & {name.partition(".")[0] for name in modules}


def test_every_command_of_the_table_exists() -> None:
    program = (
        "from importlib import import_module; from nipsys.cli.commands.table import COMMANDS\n"
        "for command in COMMANDS.values():\n"
        "    module = import_module(f'nipsys.cli.commands.{command.module}'); assert module.arguments and module.run"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_only_rendering_prints() -> None:
    offenders = [
        f"{path}:{node.lineno}"
        for path in MODULES
        if not path.is_relative_to(HERE / "nipsys/cli")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not offenders
