"""The order of Nix versions, against ``builtins.compareVersions`` of a real evaluator that never sees a store."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.versions import nix

PIECES = (
    "0",
    "1",
    "2",
    "9",
    "10",
    "01",
    "20231110",
    "2147483647",
    "2147483648",
    "99999999999",
    "a",
    "b",
    "rc",
    "pre",
    "pre1",
    "unstable",
    ".",
    ".",
    "-",
    "_",
    "+",
)
TEXT = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)


def evaluate(expression: str, directory: str) -> object:
    if not shutil.which("nix-instantiate"):
        pytest.skip("nix-instantiate is missing: install nix-bin")
    # As root even a reading nix makes a store below the root directory: it must not be able to.
    plain = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "NIX_REMOTE": "dummy://", "NIX_CONF_DIR": directory}
    ran = subprocess.run(
        [*plain, "nix-instantiate", "--eval", "--strict", "--json", "-"],
        input=expression,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def pairs(count: int) -> list[tuple[str, str]]:
    chance = random.Random(5)

    def text() -> str:
        return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 7)))

    out = [(text(), text()) for _ in range(count)]
    return out + [(one, one.replace("1", "2", 1)) for one, _ in out[: count // 4]]


def test_ten_thousand_pairs_agree_with_the_evaluator(tmp_path: Path) -> None:
    asked = pairs(8_000)
    listed = " ".join(f'["{one}" "{two}"]' for one, two in asked)
    answers = evaluate(f"map (p: builtins.compareVersions (builtins.elemAt p 0) (builtins.elemAt p 1)) [ {listed} ]", str(tmp_path))
    wrong = [(pair, answer) for pair, answer in zip(asked, answers, strict=True) if nix.compare(*pair) != answer]
    assert len(asked) == 10_000
    assert wrong == []


def test_names_are_cut_as_the_evaluator_cuts_them(tmp_path: Path) -> None:
    names = [
        "hello-2.12",
        "glibc-2.38-44-bin",
        "python3.11-requests-2.31.0",
        "foo",
        "foo-",
        "a-b-c",
        "nix-2.18pre20230912_0e",
        "x--1",
        "gcc-wrapper-13",
        "foo-1-a",
        "foo-_1",
    ]
    listed = " ".join(f'"{name}"' for name in names)
    answers = evaluate(f"map builtins.parseDrvName [ {listed} ]", str(tmp_path))
    assert [nix.split_name(name) for name in names] == [(answer["name"], answer["version"]) for answer in answers]


@given(TEXT, TEXT, TEXT)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    assert nix.compare(one, two) == -nix.compare(two, one)
    if nix.compare(one, two) <= 0 and nix.compare(two, three) <= 0:
        assert nix.compare(one, three) <= 0


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.0", "2.3"), ("2.1", "2.3"), ("2.3pre1", "2.3"), ("2.3pre3", "2.3pre12"), ("2.3a", "2.3c"), ("2.3", "2.3.1"), ("2.3a", "2.3.1")],
)
def test_known_steps(older: str, newer: str) -> None:
    assert nix.sort_key_of(older) < nix.sort_key_of(newer)
