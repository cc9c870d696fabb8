"""What the installed command loads to do its work: looked up after it ran, with arguments and a root as a user has them."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest
from small_root import write_profiles

from nipsys.generation import quick_status

HEAVY = {
    "asyncio", "clingo", "concurrent", "cryptography", "dataclasses", "email", "http", "inspect", "jsonschema", "networkx", "packaging", "pysat",
    "ssl", "tomlkit", "urllib3",
}  # fmt: skip
"""What no quick command may load; most of these take longer than an interpreter's start."""

COMMANDS = {
    "status": HEAVY | {"blake3", "ckdl", "ctypes", "difflib", "shutil", "subprocess", "tempfile", "threading", "typing", "zstandard"},
    "rollback 1": HEAVY | {"ckdl", "shutil", "zstandard"},
    "list": HEAVY,
    "generations": HEAVY,
    "search greet": HEAVY,
    "lock both.kdl": HEAVY,
    "--offline update both.kdl": HEAVY,
    "--offline plan both.kdl": HEAVY,
}
"""Command lines, and what they must not load."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a home directory with a root of two generations."""
    home = tmp_path_factory.mktemp("home")
    for profile in write_profiles(home):
        subprocess.run([sys.executable, "-m", "nipsys", "apply", profile], env=environment(home), check=True, capture_output=True)
    return home


def environment(home: pathlib.Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NIPSYS_", "XDG_"))}
    return {**kept, "HOME": str(home), "NIPSYS_ROOT": str(home / "root")}


def loaded_by(line: str, home: pathlib.Path) -> set[str]:
    """Run the installed command and return the modules that it imported."""
    installed = pathlib.Path(sys.prefix) / "bin/nipsys"
    command = [sys.executable, "-X", "importtime", str(installed), *line.split()]
    ran = subprocess.run(command, env=environment(home), cwd=home, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout
    return {row.rpartition("|")[2].strip() for row in ran.stderr.splitlines() if row.startswith("import time:")}


def heavy_ones(line: str, loaded: set[str]) -> set[str]:
    return COMMANDS[line] & {name.partition(".")[0] for name in loaded}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_quick_command_loads_nothing_heavy(line: str, home: pathlib.Path) -> None:
    loaded = loaded_by(line, home)
    assert "nipsys.cli.main" in loaded
    assert not heavy_ones(line, loaded)


def test_a_heavy_import_of_a_command_is_found(home: pathlib.Path) -> None:
    """``why`` searches a graph: what it loads is what the others must not."""
    assert heavy_ones("status", loaded_by("why greet --profile both.kdl", home)) >= {"dataclasses", "networkx", "typing"}


def test_status_loads_no_room_but_the_command_line(home: pathlib.Path) -> None:
    rooms = {".".join(name.split(".")[:2]) for name in loaded_by("status", home) if name.startswith("nipsys.")}
    assert rooms == {"nipsys.api", "nipsys.cli", "nipsys.generation", "nipsys.model"}
    assert {name for name in loaded_by("status", home) if name.startswith("nipsys.generation.")} == {"nipsys.generation.quick_status"}
    assert {name for name in loaded_by("status", home) if name.startswith("nipsys.model.")} == {"nipsys.model.face"}


def test_a_lock_that_is_up_to_date_needs_neither_sources_nor_resolver(home: pathlib.Path) -> None:
    rooms = {".".join(name.split(".")[:2]) for name in loaded_by("lock both.kdl", home)}
    assert not rooms & {"nipsys.sources", "nipsys.resolve", "nipsys.index", "nipsys.store"}
    rooms = {".".join(name.split(".")[:2]) for name in loaded_by("--offline update both.kdl", home)}
    assert rooms >= {"nipsys.sources", "nipsys.resolve", "nipsys.index"}


def test_the_quick_status_imports_json_and_os_only() -> None:
    tree = ast.parse(pathlib.Path(quick_status.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert sorted(ast.unparse(node) for node in imports) == ["import json", "import os"]
