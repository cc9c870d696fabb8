"""npm's order and ranges against the semver package that the machine's npm carries."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nipsys.model.package.record import Atom
from nipsys.sources.npm.dialect import NpmDialect
from nipsys.versions.npm import parse_range, parse_version, satisfies

CASES = 8_000
PARTS = ["0", "1", "2", "10", "3"]
PRES = ["", "", "", "-0", "-alpha", "-alpha.1", "-beta.2", "-rc.10", "-1.a", "-x-y", "beta", "-01"]
BUILDS = ["", "", "", "+b.1", "+5"]
WORDS = st.sampled_from(PARTS)


def node_semver() -> Path:
    """Find the semver package of the host's npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are missing: npm's own semver cannot be asked (apt: nodejs npm)")
    for parent in Path(npm).resolve().parents:
        for place in (parent / "node_modules/semver", parent / "share/nodejs/semver"):
            if (place / "package.json").exists():
                return place
    pytest.skip("the host's npm carries no semver package")


def version(draw: random.Random) -> str:
    return draw.choice(["", "", "", "v", "="]) + ".".join(draw.choice(PARTS) for _ in range(3)) + draw.choice(PRES) + draw.choice(BUILDS)


def partial(draw: random.Random) -> str:
    length = draw.choice([1, 2, 3, 3, 3])
    parts = [draw.choice([*PARTS, *PARTS, "x", "X", "*", "00", "01"] if draw.random() < 0.5 else PARTS) for _ in range(length)]
    return draw.choice(["", "", "", "v", "= "]) + ".".join(parts) + (draw.choice(PRES) + draw.choice(BUILDS) if length == 3 else "")


def spell(draw: random.Random) -> str:
    """Write a range, sometimes a senseless one."""

    def simple() -> str:
        sign = draw.choice(["", "", "^", "^", "~", "~>", ">", ">=", "<", "<=", "=", "> ", ">= ", "< ", "^ ", "~ ", "~> ", "==", "> ="])
        return draw.choice(["", "*", "foo", "<", "^", "|", "*1.2.3", ">=*"]) if draw.random() < 0.03 else sign + partial(draw)

    def alternative() -> str:
        if draw.random() < 0.15:
            return f"{partial(draw)} - {partial(draw)}"
        return draw.choice([" ", " ", "  ", ","]).join(simple() for _ in range(draw.choice([1, 1, 2, 2, 3])))

    return draw.choice(["||", " || ", "||", " | "]).join(alternative() for _ in range(draw.choice([1, 1, 1, 2, 3])))


def ask_node(script: str, cases: object) -> list[object]:
    body = f"const s=require({json.dumps(str(node_semver()))});const c=JSON.parse(require('fs').readFileSync(0,'utf8'));"
    done = subprocess.run(["node", "-e", body + script], input=json.dumps(cases), capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def ours(ver: str, span: str) -> bool:
    try:
        return satisfies(parse_version(ver), parse_range(span))
    except ValueError:
        return False


def test_ranges_are_read_as_node_reads_them() -> None:
    draw = random.Random(20261120)
    cases = [(version(draw), spell(draw)) for _ in range(CASES)]
    theirs = ask_node("console.log(JSON.stringify(c.map(([v,r])=>s.satisfies(v,r,{loose:true}))))", cases)
    wrong = [(case, theirs_says) for case, theirs_says in zip(cases, theirs, strict=True) if ours(*case) != theirs_says]
    assert wrong == []
    assert CASES / 20 < sum(map(bool, theirs)) < CASES


def test_invalid_ranges_are_invalid_for_node_too() -> None:
    draw = random.Random(7)
    cases = [spell(draw) for _ in range(CASES)] + ["latest", "", "*", "foo bar", "1.2.3.4", "9007199254740992.0.0"]
    theirs = ask_node("console.log(JSON.stringify(c.map(r=>s.validRange(r,{loose:true})!==null)))", cases)

    def valid(span: str) -> bool:
        try:
            parse_range(span)
        except ValueError:
            return False
        return True

    assert [(case, said) for case, said in zip(cases, theirs, strict=True) if valid(case) != said] == []


def test_versions_are_ordered_as_node_orders_them() -> None:
    draw = random.Random(3)
    cases = [(version(draw), version(draw)) for _ in range(CASES)]
    theirs = ask_node("console.log(JSON.stringify(c.map(([a,b])=>s.compare(a,b,{loose:true}))))", cases)
    dialect = NpmDialect()

    def order(left: str, right: str) -> int:
        first, second = dialect.sort_key(left), dialect.sort_key(right)
        return (first > second) - (first < second)

    assert [(case, said) for case, said in zip(cases, theirs, strict=True) if order(*case) != said] == []


def test_the_order_of_the_specification() -> None:
    told = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]
    assert sorted([*told[4:], *told[:4]], key=NpmDialect().sort_key) == told
    assert NpmDialect().sort_key("1.0.0+a") == NpmDialect().sort_key("1.0.0+b")


@given(st.lists(WORDS, min_size=3, max_size=3), st.lists(WORDS, min_size=3, max_size=3))
def test_a_caret_holds_within_its_first_number_that_is_not_zero(low: list[str], other: list[str]) -> None:
    low_text, other_text = ".".join(low), ".".join(other)
    inside = ours(other_text, f"^{low_text}")
    first = next((place for place in range(3) if low[place] != "0"), 2)
    fits = low[: first + 1] == other[: first + 1] and parse_version(other_text) >= parse_version(low_text)
    assert inside == fits


def test_clauses_and_tags() -> None:
    dialect = NpmDialect()
    assert dialect.parse_clause("semver@^7.0.0 || 6.x") == (Atom("semver", "in", "^7.0.0 || 6.x"),)
    assert dialect.parse_clause("@types/node@*") == (Atom("@types/node"),)
    assert dialect.parse_clause("@types/node") == (Atom("@types/node"),)
    assert dialect.parse_clause("typescript@next") == (Atom("typescript@next"),)
    assert dialect.parse_clause("left-pad >=1.0.0 <2") == (Atom("left-pad", "in", ">=1.0.0 <2"),)
    assert dialect.parse_clause("left-pad>=1") == (Atom("left-pad", "in", ">=1"),)
    assert dialect.matches(Atom("a", "!=", "1.0.0"), "1.0.1")
    assert not dialect.matches(Atom("a", "in", "^1"), "")
    with pytest.raises(ValueError, match="not a version range"):
        dialect.parse_clause("a@git+https://example.org/a.git")
