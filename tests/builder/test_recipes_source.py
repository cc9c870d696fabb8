"""Recipes in a profile: chosen by flags, locked, built by apply, run, audited."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nipsys.app.realize.recipe_index import build_recipe_index, update_recipes
from nipsys.cli.main import main
from nipsys.model.host import HostFacts
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.recipes.source import RecipeDialect, open_source

RECIPES = Path(__file__).parents[2] / "recipes"
TOY = """
recipe "toy" version="1.0" {
    summary "says something"
    seed "busybox" kind="host" path="/bin/busybox" { reason "a shell for the tests" }
    variant "loud" { arguments "say" "HELLO"; }
    arguments "say" "hello"
    steps {
        copy "/src/busybox" to="{out}/bin/busybox"
        run "/src/busybox" "chmod" "755" "{out}/bin/busybox"
        write "{out}/bin/toy" "#!/bin/busybox sh\\necho placeholder\\n" executable=#true
        run "/src/busybox" "sh" "-c" "printf '#!/bin/busybox sh\\necho %s\\n' \\"$*\\" > {out}/bin/toy; /src/busybox chmod +x {out}/bin/toy" "sh" "{args:say}"
    }
}
"""


def test_the_shipped_index_is_the_one_the_recipes_give() -> None:
    assert json.loads((RECIPES / "index.json").read_text()) == build_recipe_index(str(RECIPES))


def test_a_profile_builds_what_it_names(
    tmp_path: Path, open_namespaces: None, static_busybox: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "toy.kdl").write_text(TOY)
    (tmp_path / "p.kdl").write_text('profile "p"\nsource "recipes" path="./recipes"\npackages { toy +loud }\n')
    root = ["--root", str(tmp_path / "R"), "--progress", "none"]
    recipes = str(tmp_path / "recipes")
    assert main([*root, "bootstrap", "recipes", "--write-index", recipes]) == 0
    profile = f"{tmp_path}/p.kdl"
    assert main([*root, "apply", profile]) == 0
    lock = (tmp_path / "p.lock.kdl").read_text()
    assert "+loud" in lock
    ran = subprocess.run([tmp_path / "R/System/Links/Executables/toy"], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("hello HELLO\n", "")
    capsys.readouterr()
    assert main([*root, "audit", "trust", "current", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [seed["name"] for seed in value["seeds"]] == ["busybox"]
    assert main([*root, "apply", profile, "--json"]) == 0  # nothing to do, nothing built
    assert len(list((tmp_path / "R" / "generations").glob("[0-9]*"))) == 1
    (tmp_path / "recipes" / "toy.kdl").write_text(TOY.replace("placeholder", "changed"))
    other = ["--root", str(tmp_path / "other"), "--progress", "none"]
    capsys.readouterr()
    assert main([*other, "apply", profile, "--json"]) == 1
    assert "recipe-changed" in capsys.readouterr().out


def source(tmp_path: Path, **settings: Any) -> Any:
    return open_source(SourceSpec("recipes", "recipes", 5, tuple(sorted(settings.items()))), HostFacts(), "")


def test_every_choice_of_flags_is_a_candidate(tmp_path: Path) -> None:
    row = {"name": "x", "version": "1", "arch": "x86_64", "path": "x.kdl", "summary": "", "needs": ["y"], "closure": "blake3:0"}
    row["axes"] = {"a": ["off", "on"], "libc": ["musl", "glibc"]}
    other = {**row, "name": "z", "arch": "aarch64"}
    many = {**row, "name": "m", "axes": {f"f{number}": ["off", "on"] for number in range(7)}}
    opened = source(tmp_path, path=str(tmp_path))
    (resource,) = opened.ask()
    assert resource.urls == (f"file://{tmp_path}/index.json",)
    page = opened.read(resource, io.BytesIO(json.dumps({"recipes": [row, other, many]}).encode()))
    records = list(page.records)
    assert [record.flags for record in records if record.name == "x"] == [
        ("-a", "libc=musl"),
        ("-a", "libc=glibc"),
        ("+a", "libc=musl"),
        ("+a", "libc=glibc"),
    ]
    assert len([record for record in records if record.name == "m"]) == 1
    assert {record.name for record in records if not opened.dialect.is_build_input(record.name)} == {"x", "m"}
    assert {record.name for record in records if opened.dialect.is_build_input(record.name)} == {"x:x86_64", "m:x86_64", "z:aarch64"}
    with pytest.raises(Rejected):
        opened.artifact(records[0])


def test_a_bad_index_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    opened = source(tmp_path, path=str(tmp_path))
    for text in (b"", b"{", b"[]", b'{"recipes": [{}]}'):
        with pytest.raises(Rejected) as caught:
            opened.read(Resource("index", (), 0), io.BytesIO(text))
        assert caught.value.kind == "source"
    with pytest.raises(Rejected) as caught:
        source(tmp_path, colour="red")
    assert {problem.code for problem in caught.value.problems} == {"missing-setting", "unknown-setting"}


def test_the_dialect_reads_names_and_flags() -> None:
    dialect = RecipeDialect()
    (atom,) = dialect.parse_clause("dropbear libc=musl +x")
    assert (atom.name, atom.flags) == ("dropbear", ("libc=musl", "+x"))
    assert dialect.sort_key("1.10") > dialect.sort_key("1.9")
    with pytest.raises(ValueError, match="not the name of a recipe"):
        dialect.parse_clause("Bad Name")


def test_update_recipes_takes_what_is_new_and_refuses_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "from" / "d").mkdir(parents=True)
    (tmp_path / "from" / "d" / "a.kdl").write_text('recipe "a" version="1"')
    (tmp_path / "from" / "d" / "a.c").write_text("text")
    into = str(tmp_path / "to")
    assert update_recipes(str(tmp_path / "from"), into) == ("d/a.c", "d/a.kdl")
    assert update_recipes(str(tmp_path / "from"), into) == ()
    (tmp_path / "from" / "b.kdl").write_text('recipe "B"')
    with pytest.raises(Rejected):
        update_recipes(str(tmp_path / "from"), into)
    assert not (tmp_path / "to" / "b.kdl").exists()
