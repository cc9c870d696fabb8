"""The import contracts of pyproject.toml: all are kept, and each catches an import planted against it."""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping

import pytest

HERE = pathlib.Path(__file__).resolve().parents[2]

PLANTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "floors: a room imports only from rooms below it": (("nipsys/model/system/planted.py", "import nipsys.cli.main"),),
    "floors of app": (("nipsys/app/lock/planted.py", "import nipsys.app.query.search"),),
    "floors of store": (("nipsys/store/formats/planted.py", "import nipsys.store.pack.write"),),
    "floors of cli": (("nipsys/cli/render/planted.py", "import nipsys.cli.commands.core.apply"),),
    "floors of sources": (
        ("nipsys/sources/debian/planted.py", "import nipsys.sources.npm.registry"),
        ("nipsys/sources/common/planted.py", "import nipsys.sources.pypi.tags"),
    ),
    "floors of resolve": (("nipsys/resolve/engines/planted.py", "import nipsys.resolve.what_if"),),
    "commands use the public interface where it has the use case": (
        ("nipsys/cli/commands/core/planted.py", "import nipsys.app.apply"),
        ("nipsys/cli/commands/packages/search.py", "import nipsys.app.query"),
    ),
    "engines know numbers only": (("nipsys/resolve/engines/planted.py", "import nipsys.index.reader"),),
    "pure rooms do not touch the world": (
        ("nipsys/resolve/engines/planted.py", "import ctypes, mmap, pathlib, signal, zipfile"),
        ("nipsys/audit/planted.py", "import os, socket, subprocess"),
        ("nipsys/index/planted.py", "import os, socket, subprocess"),
        ("nipsys/plan/planted.py", "import time"),
    ),
    "the quick status imports no other room": (("nipsys/generation/quick_status.py", "import nipsys.model.digest"),),
}
"""By contract: the module that gets an import it must not have, and the import. A new module keeps the chains of imports few."""


def lint_imports(top: pathlib.Path, *options: str) -> str:
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run(sys.argv[1:])"
    run = subprocess.run([sys.executable, "-c", program, *options], cwd=top, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def names_of_contracts() -> list[str]:
    table = tomllib.loads((HERE / "pyproject.toml").read_text())
    return [contract["name"] for contract in table["tool"]["importlinter"]["contracts"]]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report on a copy of the tree with every import of ``PLANTED`` in it."""
    top = tmp_path_factory.mktemp("planted")
    shutil.copy(HERE / "pyproject.toml", top)
    shutil.copytree(HERE / "nipsys", top / "nipsys", ignore=shutil.ignore_patterns("__pycache__", "bin"))
    for rows in PLANTED.values():
        for module, line in rows:
            with (top / module).open("a") as text:
                text.write(f"\n{line}\n")
    return lint_imports(top, "--no-cache")


def test_every_contract_is_kept() -> None:
    report = lint_imports(HERE)
    assert re.search(r"Contracts: \d+ kept, 0 broken\.", report), report


def test_every_contract_has_a_planted_import() -> None:
    assert set(names_of_contracts()) == set(PLANTED)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(planted: str, contract: str) -> None:
    assert re.search(rf"^{re.escape(contract)} BROKEN", planted, re.MULTILINE), planted
    section = planted.partition(f"\n{contract}\n{'-' * len(contract)}\n")[2]
    for module, line in PLANTED[contract]:
        importer = module.removesuffix(".py").replace("/", ".")
        for imported in line.removeprefix("import ").split(", "):
            assert re.search(rf"{re.escape(importer)} -> {re.escape(imported)}\b", section), f"{importer} -> {imported} is not reported"
