"""The reference says what the code does: pages made from it are up to date, and others name what exists and nothing else."""

import argparse
import ast
import pathlib
import re

import environment_variables
import house_rules
import pytest
import reference_commands
from reference_pages import PAGES

from nipsys.cli.commands.table import COMMANDS

HERE = pathlib.Path(__file__).resolve().parents[2]
REFERENCE = HERE / "docs/reference"
BY_PYTHON = {"COLUMNS", "SSL_CERT_FILE", "SSL_CERT_DIR"}
"""Variables that Python reads for nipsys."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_makes(name: str) -> None:
    assert (REFERENCE / f"{name}.md").read_text() == PAGES[name](), "run `make reference`"


def test_every_command_and_subcommand_has_a_section() -> None:
    page = (REFERENCE / "cli.md").read_text()
    assert [name for name in COMMANDS if f"### `nipsys {name}`\n" not in page] == []
    assert {"#### `nipsys generations diff`", "#### `nipsys audit trust`"} <= set(page.splitlines())


def test_a_planted_option_changes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    module = reference_commands.import_command("gc")
    arguments = module.arguments

    def more(parser: argparse.ArgumentParser) -> None:
        arguments(parser)
        parser.add_argument("--planted", action="store_true", help="planted")

    monkeypatch.setattr(module, "arguments", more)
    assert "| `--planted` | planted |" in reference_commands.make_page()


def returned_codes(text: str) -> set[int]:
    """Return the exit codes that the functions of a module return as numbers."""
    return {
        part.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Return) and node.value is not None
        for part in ([node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value])
        if isinstance(part, ast.Constant) and type(part.value) is int
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_which_exit_codes_it_has(name: str) -> None:
    text = pathlib.Path(str(reference_commands.import_command(name).__file__)).read_text()
    if "show_what_if" in text:
        text += (HERE / "nipsys/cli/render/what_if.py").read_text()
    stated = {code for code in reference_commands.exit_codes_of(name) if code != "any"}
    assert returned_codes(text) - {0} == stated
    assert returned_codes("def run():\n    return 2 if planted else 0\n") == {0, 2}


def found_variables(planted: str = "") -> set[str]:
    modules = {**house_rules.read_modules(HERE), "hatch_build": (HERE / "hatch_build.py").read_text(), "planted": planted}
    c_files = {path.name: path.read_text() for path in (HERE / "nipsys").rglob("*.c")}
    found = environment_variables.find_variables(modules, c_files)
    kinds = {name.split(".")[2].upper() for name, text in modules.items() if name.startswith("nipsys.sources.") and "read_mirrors(" in text}
    computed = {
        "NIPSYS_<kind>_MIRROR": {f"NIPSYS_{kind}_MIRROR" for kind in kinds - {"COMMON"}},
        "<kind>_proxy": {"http_proxy", "https_proxy"},
    }
    return (found - set(computed)).union(*(names for name, names in computed.items() if name in found))


def documented_variables(page: str) -> set[str]:
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([A-Za-z_<>]+)`", cell) if name != "env"}


def test_every_variable_is_documented_and_every_documented_one_is_used() -> None:
    assert documented_variables((REFERENCE / "environment.md").read_text()) == found_variables() | BY_PYTHON


def test_a_planted_variable_is_found() -> None:
    planted = "one = os.environ['PLANTED_ONE']; two = host.getenv('PLANTED_TWO'); three = 'NIPSYS_THREE'; four = f'NIPSYS_{x}_FOUR'"
    assert {"PLANTED_ONE", "PLANTED_TWO", "NIPSYS_THREE", "NIPSYS_<kind>_FOUR"} <= found_variables(planted)
    assert documented_variables("| `A`, `B_<kind>` | c `D` |") == {"A", "B_<kind>"}
