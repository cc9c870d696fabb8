"""The schemas of lock and generation take what nipsys makes, and nothing broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from nipsys.lock import add_digest
from nipsys.model.package.record import Snapshot
from nipsys.model.system.generation import FarmLink, PlacedPackage, Stub, System, WorldView
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.model.value import asdict

SCHEMAS = Path(__file__).parents[3] / "schemas"
B3 = "blake3:" + "a" * 64
LOCK = add_digest(
    Lock("p", B3, "x86_64", (LockedSource("d", "debian", Snapshot("d", "sha256:a", "", (("a", "b"),)), (("suite", "sid"),)),),
         (LockedPackage("d", "git", "1", digest="sha256:aa", needs=("d/x",), facts=(("a", "b"),)),))
)  # fmt: skip
SYSTEM = System(
    "p", B3, B3, "x86_64", (PlacedPackage("d/git", "git", "1", B3, "x-git-1", requested=True),), (WorldView("d", B3, "x", "view"),), (Stub("git", "d", "/usr/bin/git", "d/git"),),
    (FarmLink("a", "../b"),), (("A", "1"),), (("~/x", B3, 0o644),), (("redis", "redis-server", ("network",)),),
)  # fmt: skip


def check(name: str, value: object) -> None:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(json.dumps(value)))


def lock_value() -> dict[str, Any]:
    return {**asdict(LOCK), "packages": [package._asdict() for package in LOCK.packages]}


def test_a_lock_matches_the_schema() -> None:
    check("lock.json", lock_value())


def test_a_generation_matches_the_schema() -> None:
    check("generation.json", SYSTEM.to_dict())


@pytest.mark.parametrize("change", [{"arch": 5}, {"digest": "x"}, {"stranger": 1}, {"packages": [{}]}])
def test_a_broken_lock_does_not_match_the_schema(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check("lock.json", {**lock_value(), **change})


@pytest.mark.parametrize(
    "change", [{"arch": 5}, {"lock_digest": "x"}, {"stranger": 1}, {"packages": [["d/git"]]}, {"files": [["~/x", B3, 4096]]}]
)
def test_a_broken_generation_does_not_match_the_schema(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check("generation.json", {**SYSTEM.to_dict(), **change})
