"""Every command's ``--json`` answer is what its schema in ``schemas/answers`` says, with no key that the schema does not have."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answers import find_faults, find_vague_parts, read_schemas
from debian_maker import Repository, Signer, make_source
from jsonschema import Draft202012Validator
from loopback import Server
from machine import Archive, Machine, base, greet, hello, write_profile

MORE = """env { GREETING "hello"; }
files { file "~/.config/greet" text="hello"; }
service "greeting" exec="greet"
"""
pytestmark = pytest.mark.xdist_group("answers")  # one worker makes the answers for all tests
NAMES = [name for name in read_schemas() if name != "common"]
RECIPE = """recipe "toy" version="1.0" {
    seed "busybox" kind="host" path="/bin/busybox" { reason "a shell for the tests"; }
    variant "loud" { arguments "say" "LOUD"; }
    steps { run "/src/busybox" "sh" "-c" "echo \\"$*\\" > {out}/said" "sh" "{args:say}"; }
}
"""
BOOTSTRAP = '#!/bin/sh\nset -e\np=${2#--prefix=}\nmkdir -p $p/bin\necho "#!/bin/sh" > $p/bin/bmake\n'
STORE_PATH = "/nix/store/00000000000000000000000000000000-hello-2.12\n"

Answers = dict[str, list[Any]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def mirror(place: Path, signer: Signer) -> Iterator[Archive]:
    (place / "mirror").mkdir()
    with Server(place / "mirror") as server:
        yield Archive(Repository(place / "mirror", signer), server)


@pytest.fixture(scope="module")
def answers(place: Path, mirror: Archive) -> Answers:
    """Return what the installed commands answer: on one root from empty to rolled back, on a second one, and for builds."""
    machine = Machine(place / "home", place / "root")
    machine.home.mkdir()
    asking = Asking(machine)
    sources = [make_source(place / "work", mirror.repository.root / "pool/main/h", "hello-src", "1.0", "hello")]
    mirror.repository.publish("stable", [base(), hello("1.0"), greet()], sources=sources)
    profile = write_profile(machine.home / "p.kdl", mirror, "greet", more=MORE)
    _make_generations(asking, mirror, profile)
    _look(asking)
    _transfer(asking, place)
    _maintain(asking, place)
    _fail(asking)
    _build(asking, place)
    return asking.answers


class Asking:
    """Runs commands with ``--json`` and keeps each answer under the name of its schema."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.answers: Answers = {}

    def __call__(self, schema: str, *words: str | Path, code: int = 0) -> Any:
        ran = self.machine("--json", "--progress", "json", *words, code=code)
        self.answers.setdefault(schema, []).append(ran.value)
        self.answers.setdefault("progress", []).extend(map(json.loads, ran.err.splitlines()))
        return ran.value


def _make_generations(ask: Asking, mirror: Archive, profile: Path) -> None:
    ask("init", "init", "new.kdl")
    ask("status", "status")
    ask("generations-list", "generations")
    ask("check", "check", profile, code=2)
    ask("lock", "lock", profile)
    ask("sources-fetch", "sources", "fetch", "hello-src", "--profile", profile)
    ask("check", "check", profile)
    ask("plan", "plan", profile)
    ask("apply", "apply", profile, "--dry-run")
    ask("apply", "apply", profile)
    ask("apply", "apply", profile)
    mirror.publish(hello("2.0"), greet("2.0"))
    ask("sync", "sync", profile)
    ask("update", "update", profile)
    ask("update", "update", profile)
    ask("plan", "plan", profile)
    ask("install", "install", "hello", "--no-apply")
    ask("remove", "remove", "hello", "--no-apply")
    ask("install", "install", "hello")
    ask("remove", "remove", "hello")
    ask("rollback", "rollback", "2")
    (ask.machine.home / ".config/greet").unlink()
    assert ask("status", "status")["drift"]


def _look(ask: Asking) -> None:
    for words in (("list",), ("show",), ("show", "1"), ("diff", "1", "2"), ("label", "1", "first"), ("label", "1"), ("pin", "1")):
        ask(f"generations-{words[0]}", "generations", *words)
    ask("generations-pin", "generations", "pin", "1", "--off")
    ask("list", "list", "--all")
    ask("files", "files", "greet")
    assert ask("owns", "owns", "/usr/bin/hello")
    ask("owns", "owns", "/nowhere", code=1)
    ask("why", "why", "hello")
    ask("why", "why", "base")
    ask("what-if", "what-if", "hello")
    ask("what-if", "what-if", "hello=9", code=1)
    ask("why-not", "why-not", "hello=9", code=1)
    ask("tree", "tree")
    ask("graph", "graph")
    assert ask("search", "search", "greet")
    ask("search", "search", "nothing", code=1)
    assert ask("info", "info", "greet", "--all")
    ask("sources-list", "sources")
    ask("sources-list", "sources", "list")
    for kind in ask("sources-list", "sources")["kinds"]:
        ask("sources-show", "sources", "show", kind["kind"])
    ask("env", "env")
    assert ask("doctor", "doctor")
    assert ask("logs", "logs")


def _transfer(ask: Asking, place: Path) -> None:
    ask("pack", "pack", place / "all.pack")
    ask("pack", "pack", place / "since.pack", "--since", "1")
    directory = ask("files", "files", "greet")["directory"]
    ask("pack", "pack", place / "tree.pack", "--tree", directory)
    other = Asking(Machine(ask.machine.home, place / "other"))
    other.answers = ask.answers
    other("unpack", "unpack", place / "all.pack")
    other("unpack", "unpack", place / "tree.pack")
    (place / "paths").write_text(STORE_PATH)
    ask("sources-index", "sources", "index", "nix", place / "paths", "--cache", "https://cache.example", "-o", place / "names")


def _maintain(ask: Asking, place: Path) -> None:
    ask("challenge", "challenge", "greet", "--profile", ask.machine.home / "p.kdl")
    ask("prove", "prove", "--states", "4")
    ask("verify", "verify", "--all")
    said = next((ask.machine.root / "store").glob("*-greet-*/usr/share/greet/words"))
    said.chmod(0o644)
    said.write_text("bad day\n")
    assert not ask("verify", "verify", "--all", code=1)["whole"]
    assert ask("verify", "verify", "--all", "--repair", ask.machine.home / "p.kdl")["repaired"]
    ask("gc", "gc", "--keep", "1", "--dry-run")
    ask("generations-delete", "generations", "delete", "3")
    assert ask("gc", "gc", "--optimise")["joined"]
    assert ask("history", "history")["operations"]
    history = ask.machine.root / "history"
    history.write_text(history.read_text().replace('"apply"', '"other"', 1))
    assert ask("history", "history", code=1)["broken"]


def _fail(ask: Asking) -> None:
    (ask.machine.home / "wrong.kdl").write_text('profile "p"\npackages { vim; }\nnothing\n')
    ask("error", "check", "wrong.kdl", code=1)
    ask("error", "rollback", "99", code=1)
    ask("error", "--offline", "install", "nothing", code=1)
    ask("error", "aply", code=3)


def _build(ask: Asking, place: Path) -> None:
    (place / "recipes").mkdir()
    (place / "recipes/toy.kdl").write_text(RECIPE)
    (place / "tree/bootstrap").mkdir(parents=True)
    (place / "tree/bootstrap/bootstrap").write_text(BOOTSTRAP)
    (place / "tree/bootstrap/bootstrap").chmod(0o755)
    ask("bootstrap-list", "bootstrap", "list")
    ask("bootstrap-info", "bootstrap", "info", "pkgsrc")
    ask("bootstrap-install", "bootstrap", "install", "pkgsrc", "--from", place / "tree")
    ask("bootstrap-list", "bootstrap", "list")
    ask("bootstrap-remove", "bootstrap", "remove", "pkgsrc")
    ask("bootstrap-recipes", "bootstrap", "recipes")
    ask("bootstrap-update-recipes", "bootstrap", "update-recipes", "--from", place / "recipes")
    ask("build", "build", place / "recipes/toy.kdl", "+loud")
    ask("audit-trust", "audit", "trust", "toy", "+loud")
    ask("audit-trust", "audit", "trust", "toy", "+loud", "--path")
    ask("audit-trust", "audit", "trust", "current")
    ask("challenge", "challenge", place / "recipes/toy.kdl", "+loud")


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_fits_its_schema(name: str, answers: Answers) -> None:
    assert answers[name]
    assert [fault for value in answers[name] for fault in find_faults(name, value)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_is_refused(name: str, answers: Answers) -> None:
    value = max(answers[name], key=lambda value: len(json.dumps(value)))
    assert find_faults(name, None)
    assert find_faults(name, 1)
    assert all(find_faults(name, wrong) for wrong in _spoil(value))


def _spoil(value: Any) -> Iterator[Any]:
    """Yield an answer with an unknown key in an object, and without one of its keys; objects that map names to text take any key."""
    item = value[0] if isinstance(value, list) and value else value
    if isinstance(item, dict) and item and not all(key.isupper() for key in item):
        for change in ({**item, "planted": 1}, dict(list(item.items())[1:])):
            yield [change, *copy.deepcopy(value[1:])] if isinstance(value, list) else change
    elif isinstance(value, list):
        yield [*value, 1]
    else:
        yield {**value, "PLANTED": 1}


def test_every_command_has_a_schema(answers: Answers) -> None:
    from nipsys.cli.commands.table import COMMANDS

    heads = {name if name in COMMANDS else name.partition("-")[0] for name in NAMES}
    assert set(COMMANDS) - heads == {"run", "shell"}, "these become another program and answer nothing"


@pytest.mark.parametrize("name", read_schemas())
def test_a_schema_is_valid_and_says_what_each_part_means(name: str) -> None:
    schema = read_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/answers/{name}.json")
    assert list(find_vague_parts(schema)) == []
    assert list(find_vague_parts({"properties": {"planted": {"type": "array"}}})) != []
