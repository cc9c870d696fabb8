"""Recipe text: what is parsed, and what is refused with its source position."""

import json
from pathlib import Path

import jsonschema
import pytest

from nipsys.builder.recipe.concretize import concretize_recipe
from nipsys.builder.recipe.parse import parse_recipe
from nipsys.model.package.recipe import Copy, Link, Recipe, Run
from nipsys.model.problem import Problem, Rejected
from nipsys.model.system.profile import Flag
from nipsys.model.value import replace
from nipsys.profile.merge import read_profile

RECIPES = Path(__file__).parents[3] / "recipes"


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Rejected) as caught:
        parse_recipe("r.kdl", text)
    assert caught.value.kind == "build"
    return caught.value.problems


def test_all_errors_are_reported_together_with_their_places() -> None:
    found = problems(
        """recipe "Bad Name" {
    source "a" url="https://x/y"
    seed "b" sha256="12"
    input "c" role="friend"
    steps { fly "away"; run; }
    output { tree; }
    verify { diverse "x" "one" variant="v"; }
    variant "w" default="maybe"
}"""
    )
    assert {(problem.code, problem.span.line) for problem in found if problem.span} >= {
        ("recipe-name", 1),
        ("recipe-version", 1),
        ("recipe-unknown", 2),
        ("recipe-pin", 2),
        ("recipe-pin", 3),
        ("recipe-reason", 3),
        ("recipe-role", 4),
        ("recipe-verb", 5),
        ("recipe-argument", 5),
        ("recipe-argument", 6),
        ("recipe-diverse", 7),
        ("recipe-variant", 8),
    }


def test_a_mistyped_word_of_a_recipe_gets_the_closest_one_as_a_hint() -> None:
    found = problems('recipe "a" version="1" { source "s" sha265="0"; steps { compiel "x"; fly "away"; }; }')
    hints = [problem.hint for problem in found if problem.code in {"recipe-unknown", "recipe-verb"}]
    assert [hint for hint in hints if hint and hint.startswith("did you mean")] == ["did you mean `sha256`?", "did you mean `compile`?"]
    assert [hint for hint in hints if hint and hint.startswith("use one of `run`, `compile`")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("recipe {", "recipe-syntax"),
        ("", "recipe-count"),
        ('recipe "a" version="1"\nrecipe "b" version="1"', "recipe-count"),
        ('recipe "a" version="1" { seed "s" kind="host" path="here" { reason "r"; }; }', "recipe-host"),
        ('recipe "a" version="1" { source "s" kind="host" path="/usr"; }', "recipe-host"),
        ('recipe "a" version="1" { source "s" kind="zip" sha256="' + "0" * 64 + '"; }', "recipe-kind"),
        ('recipe "a" version="1" { source "s" sha256="' + "0" * 64 + '"; }', "recipe-origin"),
        ('recipe "a" version="1" { steps { generate "x" { part keep="("; }; }; }', "recipe-pattern"),
        ('recipe "a" version="1" { steps { edit "x"; }; }', "recipe-edit"),
        ('recipe "a" version="1" seconds="long"', "recipe-value"),
        ('recipe "a" version="1" { output static="yes"; }', "recipe-value"),
    ],
)
def test_an_invalid_recipe_is_refused(text: str, code: str) -> None:
    assert code in {problem.code for problem in problems(text)}


GOOD = "0" * 64


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ('recipe "a" version="../../x"', "recipe-version", '"../../x"'),
        ('recipe "a" version="1 2"', "recipe-version", '"1 2"'),
        ('recipe "a" version=""', "recipe-version", "recipe"),
        ('recipe "a" version="1" seconds=-5', "recipe-value", "-5"),
        ('recipe "a" version="1" seconds=0', "recipe-value", "0"),
        ('recipe "a" version="1" seconds=999999999', "recipe-value", "999999999"),
        ('recipe "a" version="1" seconds="60"', "recipe-value", '"60"'),
        ('recipe "a" version="1" { verify rebuild=1000000; }', "recipe-value", "1000000"),
        ('recipe "a" version="1" { verify rebuild=0; }', "recipe-value", "0"),
        ('recipe "a" version="1" { verify { fixpoint "a" rounds=0; }; }', "recipe-value", "0"),
        ('recipe "a" version="1" { output most=-1; }', "recipe-value", "-1"),
        ('recipe "a" version="1" { steps { run "x" "a\\u{0}b"; }; }', "recipe-value", '"a\\u{0}b"'),
        ('recipe "a" version="1" { env { A "x\\u{0}"; }; }', "recipe-value", '"x\\u{0}"'),
        ('recipe "a" version="1" { env { "A\\u{0}" "x"; }; }', "recipe-value", '"A\\u{0}"'),
        ('recipe "a" version="1" { steps { run "x" cwd="\\u{0}"; }; }', "recipe-value", '"\\u{0}"'),
        ('recipe "a" version="1" mount="/"', "recipe-value", '"/"'),
        ('recipe "a" version="1" mount="opt"', "recipe-value", '"opt"'),
        ('recipe "a" version="1" mount="/opt/../../x"', "recipe-value", '"/opt/../../x"'),
        ('recipe "a" version="1" mount="/opt//x"', "recipe-value", '"/opt//x"'),
        ('recipe "a" version="1" mount="/store"', "recipe-value", '"/store"'),
        ('recipe "a" version="1" mount="/proc/self"', "recipe-value", '"/proc/self"'),
        ('recipe "a" version="1" { input "b" mount="/dev"; }', "recipe-value", '"/dev"'),
        ('recipe "a" version="1" { input "../b"; }', "recipe-name", '"../b"'),
        ('recipe "a" version="1" { root-link "/../x" "y"; }', "recipe-value", '"/../x"'),
        ('recipe "a" version="1" { export-link "x" "y"; }', "recipe-value", '"x"'),
        ('recipe "a" version="1" { source "../s" sha256="' + GOOD + '" path="s"; }', "recipe-value", '"../s"'),
        ('recipe "a" version="1" { source "s" sha256="' + GOOD + '" path="s" strip=-1; }', "recipe-value", "-1"),
        ('recipe "a" version="1" { variant "x/y"; }', "recipe-value", '"x/y"'),
        ('recipe "a" version="1" { variant "x" { value "a/b"; }; }', "recipe-value", '"a/b"'),
        ('recipe "a" version=1.10', "recipe-value", "1.10"),
        ('recipe "a" version=#null', "recipe-value", "#null"),
        ('recipe "a" version="1" version="2"', "recipe-value", "version"),
        ('recipe "a" version=(tag)"1"', "recipe-unknown", "(tag)"),
        ('recipe "a" "b" version="1"', "recipe-argument", '"b"'),
        ('recipe "a" versoin="1"', "recipe-unknown", "versoin"),
        ('recipe "a" version="1" { input "b" role="tol"; }', "recipe-role", '"tol"'),
        ('recipe "a" version="1" { source "s" kind="achive"; }', "recipe-kind", '"achive"'),
        ('recipe "a" version="1"\nrecpie "b"', "recipe-unknown", "recpie"),
        ('recipe "a" version=yes no\n', "recipe-argument", "no"),
        ('recipe "a" version=true', "recipe-syntax", "true"),
        ('recipe "a" version="\\q"', "recipe-syntax", "\\q"),
        ('recipe "a" version="1" \'x\'', "recipe-syntax", "'x'"),
    ],
)
def test_a_mistake_is_marked_where_it_is(text: str, code: str, marked: str) -> None:
    places = [
        problem.span.text[problem.span.column - 1 : problem.span.column - 1 + problem.span.length]
        for problem in problems(text)
        if problem.code == code and problem.span
    ]
    assert marked in places


@pytest.mark.parametrize("value", ["1", "0.9.27+git20200814", "2:1.0~rc1-3", "1_2"])
def test_every_version_that_can_be_part_of_a_path_is_taken(value: str) -> None:
    assert parse_recipe("r.kdl", f'recipe "a" version="{value}" mount="/opt/a" seconds=1').version == value


def test_a_syntax_error_hides_neither_the_next_nor_other_mistakes() -> None:
    found = problems('recipe "a" version=true {\n  input "b" role="friend"\n  output static=yes\n  env { A \'x\'; }\n}')
    assert [(problem.code, problem.span and problem.span.line) for problem in found] == [
        ("recipe-syntax", 1),
        ("recipe-role", 2),
        ("recipe-value", 3),
        ("recipe-syntax", 4),
    ]


def test_a_recipe_gets_the_explanations_of_a_profile() -> None:
    """One reader for both: the same message and hint for the same mistake."""
    for wrong in ("a=true", "'x'", "x{", '"\\q"', "https://x", "a=[1]"):
        with pytest.raises(Rejected) as caught:
            read_profile("p.kdl", lambda _path, wrong=wrong: f'profile "p"\nenv {{ X {wrong}\n }}'.encode(), host=None, arch="x86_64")
        profile = caught.value.problems[0]
        recipe = problems(f'recipe "a" version="1" {{\nenv {{ X {wrong}\n }}\n}}')[0]
        assert (recipe.message, recipe.hint) == (profile.message, profile.hint)
        assert (recipe.code, profile.code) == ("recipe-syntax", "syntax")


def test_links_is_short_for_several_links() -> None:
    recipe = parse_recipe(
        "r.kdl", 'recipe "a" version="1" { steps { links into="/bin" target="x" "y" "z"; copy "p" to="q" { skip "s"; }; }; }'
    )
    assert recipe.steps == (Link("/bin/y", "x"), Link("/bin/z", "x"), Copy("p", "q", ("s",)))


def test_flags_add_arguments_in_place() -> None:
    text = """recipe "a" version="1" {
        arguments "say" "base"
        variant "loud" { arguments "say" "LOUD"; }
        variant "libc" default="musl" { value "musl"; value "glibc" { env { CC "gcc"; }; }; }
        steps { run "x" "{args:say}" "-D{args:say}" "end"; }
    }"""
    recipe = parse_recipe("r.kdl", text)
    (plain,) = concretize_recipe(recipe, ()).steps
    assert isinstance(plain, Run)
    assert plain.argv == ("x", "base", "-Dbase", "end")
    loud = concretize_recipe(recipe, (Flag("loud", "on"), Flag("libc", "glibc")))
    assert isinstance(loud.steps[0], Run)
    assert loud.steps[0].argv == ("x", "base", "LOUD", "-Dbase LOUD", "end")
    assert loud.non_default_flags() == ("+loud", "libc=glibc")
    assert loud.branch.env == (("CC", "gcc"),)


def test_the_key_knows_what_matters_and_nothing_else() -> None:
    def key(text: str) -> str:
        return concretize_recipe(parse_recipe("r.kdl", text), ()).variant_hash({})

    base = 'recipe "a" version="1" { source "s" sha256="' + "0" * 64 + '" { url "https://one/x"; }; steps { run "x"; }; '
    assert key(base + "}") == key(base.replace("one", "two") + 'summary "s"; output most=9; verify rebuild=3; }')
    assert key(base + "}") != key(base.replace('run "x"', 'run "y"') + "}")
    assert key(base + "}") != key(base.replace("0" * 64, "1" * 64) + "}")
    assert key(base + "}") != key(base.replace('version="1"', 'version="2"') + "}")
    assert key(base + "}") != key(base + 'env { A "1"; }; }')


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.kdl")), ids=lambda path: path.name)
def test_every_shipped_recipe_reads_and_is_named_after_what_it_builds(path: Path) -> None:
    recipe = parse_recipe(str(path), path.read_text())
    assert recipe.name == path.stem
    for axis in recipe.axes:
        for value in axis.values():
            concretize_recipe(recipe, (Flag(axis.name, value),))
    check(recipe)


def check(recipe: Recipe) -> None:
    schema = json.loads((RECIPES.parent / "schemas" / "recipe.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(recipe.to_dict())))


def test_the_schema_refuses_an_unpinned_source_and_a_seed_without_reason() -> None:
    good = 'recipe "a" version="1" { source "s" sha256="' + "0" * 64 + '" { url "https://x"; }; steps { run "x"; }; }'
    recipe = parse_recipe("r.kdl", good)
    check(recipe)
    (material,) = recipe.base.materials
    for broken in (replace(material, sha256=""), replace(material, opaque=True), replace(material, kind="zip")):
        with pytest.raises(jsonschema.ValidationError):
            check(replace(recipe, base=replace(recipe.base, materials=(broken,))))
    with pytest.raises(jsonschema.ValidationError):
        check(replace(recipe, name="Bad Name"))
