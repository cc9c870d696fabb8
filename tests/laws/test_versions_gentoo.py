"""Gentoo's order and atoms against portage itself."""

import json
import random
import subprocess
from collections.abc import Callable
from itertools import pairwise

import pytest

from nipsys.model.package.record import Atom
from nipsys.sources.gentoo.atoms import Dependency, evaluate_use, parse_dependency, split_cpv
from nipsys.sources.gentoo.dialect import GentooDialect
from nipsys.versions.gentoo import sort_key_of

CASES = 20_000
TAILS = [
    ".1",
    ".0",
    ".01",
    ".10",
    ".100",
    ".010",
    "a",
    "z",
    "_rc",
    "_rc1",
    "_p",
    "_p2",
    "_alpha",
    "_beta3",
    "_pre",
    "_p0",
    "-r1",
    "-r0",
    "-r10",
    "0",
    "1",
]


def spell(draw: random.Random) -> str:
    """Write a version, its parts in an order that is right by construction."""
    text = draw.choice(["0", "1", "2", "10", "01", "20200101"])
    text += "".join(
        draw.choice([".1", ".0", ".01", ".10", ".100", ".010", ".9", ".99999999999999999999"]) for _ in range(draw.randint(0, 3))
    )
    text += draw.choice(["", "", "", "a", "z"])
    text += "".join(
        draw.choice(["_rc", "_rc1", "_p", "_p2", "_alpha", "_beta3", "_pre", "_p0"]) for _ in range(draw.choice([0, 0, 0, 1, 2]))
    )
    return text + draw.choice(["", "", "-r0", "-r1", "-r10"])


@pytest.fixture(scope="module")
def portage(portage_python: str) -> Callable[[str, object], list[object]]:
    """Ask portage: a script that reads ``cases`` and sets ``answer``."""

    def ask(script: str, cases: object) -> list[object]:
        whole = f"import json, sys\ncases = json.load(sys.stdin)\n{script}\njson.dump(answer, sys.stdout)"
        done = subprocess.run([portage_python, "-c", whole], input=json.dumps(cases), capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout))

    return ask


def test_the_order_is_portage_s(portage: Callable[[str, object], list[object]]) -> None:
    draw = random.Random(9)
    cases = []
    for _ in range(CASES):
        left = spell(draw)
        right = left.partition("-r")[0] + draw.choice(["", "-r1", ".1", ".0", ".10", "_p", "_rc1"]) if draw.random() < 0.5 else spell(draw)
        cases.append((left, right))
    theirs = portage("from portage.versions import vercmp\nanswer = [vercmp(a, b) for a, b in cases]", cases)
    told = [(case, said) for case, said in zip(cases, theirs, strict=True) if said is not None]
    assert len(told) > CASES / 2
    wrong = [
        (case, said)
        for case, said in told
        if (sort_key_of(case[0]) > sort_key_of(case[1])) - (sort_key_of(case[0]) < sort_key_of(case[1])) != (said > 0) - (said < 0)
    ]
    assert wrong == []


def test_atoms_match_as_portage_matches_them(portage: Callable[[str, object], list[object]]) -> None:
    draw = random.Random(8)
    cases = []
    for _ in range(6_000):
        bound = spell(draw)
        version = bound.partition("-r")[0] + draw.choice(["", "-r1", ".1", "0", "_p", "_rc1"]) if draw.random() < 0.6 else spell(draw)
        sign = draw.choice(["=", "=*", "~", "<", "<=", ">", ">="])
        if sign == "~":
            bound = bound.partition("-r")[0]
        cases.append((f"={'c/a-' + bound}*" if sign == "=*" else f"{sign}c/a-{bound}", version))
    script = "from portage.dep import Atom, match_from_list\nfrom portage.versions import ververify\n"
    script += "answer = [bool(match_from_list(Atom(a), ['c/a-' + v])) if ververify(v) else None for a, v in cases]"
    theirs = portage(script, cases)
    dialect = GentooDialect()
    told = [(case, said) for case, said in zip(cases, theirs, strict=True) if said is not None]
    wrong = [(case, said) for case, said in told if dialect.matches(dialect.parse_clause(case[0])[0], case[1]) != said]
    assert wrong == []
    assert {said for _, said in told} == {True, False}


@pytest.mark.parametrize(
    "rising",
    [
        "1.0_alpha 1.0_beta 1.0_pre 1.0_rc 1.0 1.0_p 1.0a 1.0.0",
        "1 1-r1 1-r2 1.0 1.01 1.010 1.1 1.2 1.10 2",
        "1.05 1.1",
        "0_alpha_p 0_beta 0",
    ],
)
def test_known_orders(rising: str) -> None:
    versions = [version for version in rising.split() if version != "1.010"]
    assert all(sort_key_of(left) < sort_key_of(right) for left, right in pairwise(versions))


def test_a_build_number_decides_last_and_does_not_count_for_atoms() -> None:
    dialect = GentooDialect()
    assert sort_key_of("1.2-r1") < sort_key_of("1.2-r1-1") < sort_key_of("1.2-r1-2") < sort_key_of("1.2-r2")
    assert dialect.matches(Atom("c/a", "=", "1.2-r1"), "1.2-r1-2")
    assert split_cpv("dev-lang/python-exec-conf-2.4.6-r1") == ("dev-lang/python-exec-conf", "2.4.6-r1")


def test_atoms_with_slots_and_flags() -> None:
    assert parse_dependency("dev-libs/openssl:0/3=[ssl(+),-bindist?]") == Dependency(
        blocks=False,
        atom=Atom("dev-libs/openssl:0/3"),
        use=(("", "ssl", ""), ("-", "bindist", "?")),
    )
    assert parse_dependency("!!<sys-apps/a-2:=").blocks
    assert parse_dependency(">=dev-lang/python-3.12.1:3.12[sqlite]").atom == Atom("dev-lang/python:3.12", ">=", "3.12.1")
    asked = parse_dependency("c/a[x,-y,z?,!w?,v=,!u=]").use
    assert evaluate_use(asked, frozenset("zwvu")) == ("+x", "-y", "+z", "+v", "-u")
    assert evaluate_use(asked, frozenset()) == ("+x", "-y", "-w", "-v", "+u")


def test_clauses_of_the_dialect() -> None:
    dialect = GentooDialect()
    assert dialect.parse_clause("c/a[ssl] || >=c/b-2:1") == (Atom("c/a", flags=("+ssl",)), Atom("c/b:1", ">=", "2"))
    assert dialect.parse_clause("c/a >=2.0_p1") == (Atom("c/a", ">=", "2.0_p1"),)
    assert dialect.parse_clause("c/a =2*") == (Atom("c/a", "in", "=2*"),)
    for text in ("!c/a", "c/a[x?]", ">=c/a", "a", "~c/a-1*", "c/a[!x]", ">=c/a-1beta"):
        with pytest.raises(ValueError, match=r"c/a|`a`|1beta|only allowed after"):
            dialect.parse_clause(text)
