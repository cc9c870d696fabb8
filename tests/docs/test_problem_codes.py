"""The catalogue of problem codes has every code of the code, and no other; the page is made from it."""

import functools
import pathlib
import re

import house_rules
import problem_codes
import pytest
import reference_problems

HERE = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = reference_problems.read_catalogue(reference_problems.CATALOGUE.read_text())


@functools.cache
def found() -> problem_codes.Found:
    return problem_codes.find_codes(house_rules.read_modules(HERE))


def scan(text: str) -> problem_codes.Found:
    """Scan a text next to the modules whose functions it calls."""
    taking = ("nipsys.model.problem", "nipsys.effects.web.transport", "nipsys.profile.document")
    modules = house_rules.read_modules(HERE)
    return problem_codes.find_codes({**{name: modules[name] for name in taking}, "nipsys.planted": text})


def test_every_code_is_in_the_catalogue_and_every_entry_is_used() -> None:
    assert set(found().places) == set(CATALOGUE)


def test_no_code_is_computed() -> None:
    assert found().computed == []


def test_the_kinds_of_the_catalogue_are_those_in_the_code() -> None:
    assert {code: kinds for code, kinds in found().kinds.items() if not kinds <= set(CATALOGUE[code]["kinds"])} == {}
    assert {kind for entry in CATALOGUE.values() for kind in entry["kinds"]} == set(reference_problems.KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "raise reject('host', 'planted', 'x')",
        "problem = Problem(code='planted', message='x')",
        "node.add_problem('planted' if node else 'missing', 'x')",
        "raise FetchError('planted', 'x')",
        "def f():\n    code, hint = 'planted', None\n    raise reject('host', code, 'x')",
        "def f():\n    what, code = ('', 'missing') if old else ('', 'planted')\n    return Problem(code, what)",
        "def f():\n    code = 'planted'\n    return {'code': code}",
        "result = {'code': code or 'planted'}",
    ],
)
def test_a_planted_code_is_found(text: str) -> None:
    assert "planted" in scan(text).places


def test_another_thing_called_code_is_none() -> None:
    assert "planted" not in scan("def f():\n    code = 'planted'\n    return run(code)").places


@pytest.mark.parametrize("code", ["make()", "f'no-{what}'", "*wrong"])
def test_a_computed_code_is_found(code: str) -> None:
    assert scan(f"raise FetchError({code}, 'x')").computed == [f"nipsys.planted:1 {code}"]


def test_a_planted_kind_is_found() -> None:
    assert "bug" in scan("reject('bug', 'usage', 'x')").kinds["usage"]


def test_entries_are_whole_sentences_and_codes_are_plain_words() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert set(entry) <= {"kinds", "means", "fix", "replaces"}, code
        assert all(re.fullmatch(r"[A-Z`n].*[.)]", entry[part]) for part in ("means", "fix")), code


def test_a_replaced_code_is_no_longer_used() -> None:
    replaced = {old for entry in CATALOGUE.values() for old in entry.get("replaces", ())}
    assert replaced
    assert not replaced & set(CATALOGUE)


def test_the_page_is_made_from_the_catalogue() -> None:
    page = (HERE / "docs/reference/problems.md").read_text()
    assert page == reference_problems.make_page(CATALOGUE), "run `make reference`"
    assert page != reference_problems.make_page({**CATALOGUE, "usage": {**CATALOGUE["usage"], "fix": "Planted."}})
