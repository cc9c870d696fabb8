"""Laws of the engines: they agree with each other, every yes is sound, every no is minimal and true, and nothing depends on chance."""

import hashlib
import os
import random
import subprocess
import sys
from itertools import product

import pytest
from toy_world import Numbers, ToyDialect, profile, random_question, world

from nipsys.model.package.record import PackageRecord
from nipsys.model.system.conflict import Conflict
from nipsys.model.system.profile import Flag, Request
from nipsys.model.system.resolution import Resolution
from nipsys.profile import parse_range
from nipsys.resolve import Options, resolve
from nipsys.resolve.case import build_case
from nipsys.resolve.engines.asp import AspEngine
from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.instance import Answer, BudgetExceeded, Core, Instance, Root
from nipsys.resolve.engines.mus import is_satisfiable, minimize_core
from nipsys.resolve.engines.reachable import find_reachable
from nipsys.resolve.engines.sat import SatEngine
from nipsys.resolve.engines.table import engine_of
from nipsys.resolve.engines.verifier import InvalidAnswer, verify_answer

SEEDS = int(os.environ.get("NIPSYS_FUZZ", "2000"))
ENGINES = [CdclEngine(), SatEngine(), AspEngine()]


def told_by_minisat(question: Instance) -> bool:
    from pysat.solvers import Solver

    with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in find_reachable(question).clauses]) as procedure:
        return bool(procedure.solve())


@pytest.mark.parametrize("part", range(8))
def test_the_own_engine_agrees_with_minisat_and_every_core_is_a_contradiction(part: int) -> None:
    from pysat.solvers import Solver

    answers = cores = 0
    for seed in range(part, SEEDS, 8):
        question = random_question(seed)
        answer = CdclEngine().solve(question)
        assert isinstance(answer, Answer) == told_by_minisat(question), seed
        if isinstance(answer, Answer):
            verify_answer(question, answer)
            answers += 1
        else:
            with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in answer.clauses]) as procedure:
                assert not procedure.solve(), seed
            given = set(find_reachable(question).clauses)
            assert all(clause in given or clause.origin[0] in (2, 3) for clause in answer.clauses), seed
            cores += 1
    assert answers > 50
    assert cores > 50


def test_all_engines_agree_on_whether_there_is_an_answer() -> None:
    for seed in range(10_000, 10_150):
        question = random_question(seed)
        outcomes = [engine.solve(question) for engine in ENGINES]
        assert len({isinstance(outcome, Answer) for outcome in outcomes}) == 1, seed
        for outcome in outcomes:
            if isinstance(outcome, Answer):
                verify_answer(question, outcome)
            else:
                assert not is_satisfiable([clause.literals for clause in outcome.clauses])


def test_a_minimal_core_falls_apart_with_any_clause_left_out() -> None:
    found = 0
    for seed in range(20_000, 20_300):
        outcome = CdclEngine().solve(random_question(seed))
        if isinstance(outcome, Core):
            found += 1
            least = minimize_core(outcome.clauses)
            assert not is_satisfiable([clause.literals for clause in least])
            for place in range(len(least)):
                assert is_satisfiable([clause.literals for number, clause in enumerate(least) if number != place])
    assert found > 50


def test_the_small_decider_agrees_with_all_choices() -> None:
    chance = random.Random(3)
    for _ in range(300):
        clauses = [
            tuple(chance.choice((-1, 1)) * chance.randint(1, 5) for _ in range(chance.randint(1, 3))) for _ in range(chance.randint(1, 14))
        ]
        truth = any(
            all(any((value[abs(one) - 1]) == (one > 0) for one in clause) for clause in clauses)
            for value in product((False, True), repeat=5)
        )
        assert is_satisfiable(clauses) == truth


def test_clingo_finds_the_least_change() -> None:
    """Against all choices: of the locked candidates as many stay as can."""
    checked = 0
    for seed in range(30_000, 30_150):
        question = random_question(seed, most=5)
        base = CdclEngine().solve(question)
        if isinstance(base, Core):
            continue
        locked = frozenset(base.chosen[::2]) | frozenset(range(0, question.universe.size, 3))
        got = AspEngine(locked).solve(question)
        assert isinstance(got, Answer)
        best = max(len(locked & frozenset(answer)) for answer in all_answers(question))
        reached = frozenset(find_reachable(question).candidates)
        assert len(locked & frozenset(got.chosen)) == best or not locked <= reached, seed
        checked += 1
    assert checked > 40


def all_answers(question: Instance) -> list[tuple[int, ...]]:
    assert isinstance(question.universe, Numbers)
    found = []
    for picks in product(*[[None, *group] for group in question.universe.groups]):
        answer = Answer(tuple(pick for pick in picks if pick is not None), "all", 0)
        try:
            verify_answer(question, answer)
        except InvalidAnswer:
            continue
        found.append(answer.chosen)
    return found


@pytest.mark.parametrize("spoil", range(4))
def test_the_verifier_sees_every_kind_of_lie(spoil: int) -> None:
    universe = Numbers([2, 1, 1], {0: [[2]]}, {0: [3]})
    question = Instance(universe, (Root((0, 1), choice=False),))
    verify_answer(question, Answer((0, 2), "own", 0))
    lies = [(2,), (0,), (0, 1, 2), (0, 2, 3)]
    with pytest.raises(InvalidAnswer):
        verify_answer(question, Answer(lies[spoil], "own", 0))


def test_a_budget_of_conflicts_ends_the_search_and_the_fallback_answers() -> None:
    """A pigeon-hole: every hole takes one of too many; hard for any search, so the budget must end it."""
    holes, pigeons = 6, 7
    groups = [pigeons] * holes
    universe = Numbers(
        [*groups, *[1] * pigeons], {holes * pigeons + one: [[hole * pigeons + one for hole in range(holes)]] for one in range(pigeons)}, {}
    )
    question = Instance(universe, tuple(Root((holes * pigeons + one,), choice=False) for one in range(pigeons)))
    with pytest.raises(BudgetExceeded):
        CdclEngine(50).solve(question)
    outcome = engine_of("auto", 50, (), minimal_change=False, optimal=False).solve(question)
    assert isinstance(outcome, Core)
    assert outcome.engine == "sat"
    assert minimize_core(outcome.clauses)


def some_world(seed: int) -> tuple[list[PackageRecord], list[str]]:
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(40)]
    records = []
    for place, name in enumerate(names):
        for version in range(1, chance.randint(2, 5)):
            later = names[place + 1 :] or names[-1:]
            needs = tuple(
                " | ".join(
                    f"{other} {chance.choice(('>=', '<=', '='))} {chance.randint(1, 4)}"
                    for other in chance.sample(later, min(len(later), chance.choice((1, 1, 2))))
                )
                for _ in range(chance.randint(0, 3))
            )
            refuses = (f"{chance.choice(names)} < {chance.randint(1, 3)}",) if chance.random() < 0.2 else ()
            records.append(PackageRecord(name, str(version), "", needs, conflicts=refuses))
    return records, chance.sample(names, 6)


def flagged_world(seed: int) -> tuple[list[PackageRecord], list[Request]]:
    """Make packages with fixed and free flags, conditional needs, rules among flags; and requests with flags, ranges and pins."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(chance.randint(4, 14))]
    marks = ["a", "b", "c"]
    records = []
    for place, name in enumerate(names):
        for version in range(1, chance.randint(2, 4)):
            flags = tuple(f"{chance.choice(('?', '?', ''))}{chance.choice('+-')}{mark}" for mark in marks if chance.random() < 0.8)
            needs = []
            for _ in range(chance.randint(0, 4)):
                other = chance.choice(names[place + 1 :] or names)
                asked = chance.choice(("", "", f"[{chance.choice('+-')}{chance.choice(marks)}]"))
                bound = chance.choice(("", "", f" >= {chance.randint(1, 3)}", f" = {chance.randint(1, 3)}"))
                own = chance.choice(("", f"{chance.choice('+-')}{chance.choice(marks)} | "))
                rest = chance.choice(("", "", f" | {chance.choice(names)}"))
                needs.append(f"{own}{other}{bound}{asked}{rest}")
            if chance.random() < 0.3:
                needs.append(f"{chance.choice('+-')}{chance.choice(marks)} | {chance.choice('+-')}{chance.choice(marks)}")
            refuses = (f"{chance.choice(names)} = {chance.randint(1, 3)}",) if chance.random() < 0.2 else ()
            records.append(PackageRecord(name, str(version), "", tuple(needs), conflicts=refuses, flags=flags))
    wanted = []
    for name in chance.sample(names, min(len(names), 3)):
        flags = tuple(Flag(mark, chance.choice(("on", "off"))) for mark in marks if chance.random() < 0.2)
        wanted.append(Request(name, parse_range(chance.choice(("", "", "<=2"))), flags=flags, pin=chance.choice((None, None, None, "1"))))
    return records, wanted


@pytest.mark.parametrize("part", range(4))
def test_engines_agree_on_worlds_with_flags_and_pins(part: int) -> None:
    answers = cores = 0
    for seed in range(part, SEEDS // 2, 4):
        records, wanted = flagged_world(seed)
        case = build_case([world(records)], profile(*wanted), Options())
        if any(one.problem for one in case.requirements):
            continue
        question = case.instance
        outcome = CdclEngine().solve(question)
        assert isinstance(outcome, Answer) == told_by_minisat(question), seed
        if isinstance(outcome, Answer):
            verify_answer(question, outcome)
            answers += 1
            keeps_the_words(records, wanted, resolve([world(records)], profile(*wanted), Options(explain=False)))
        else:
            assert not is_satisfiable([clause.literals for clause in outcome.clauses])
            cores += 1
    assert answers > 10
    assert cores > 10


def keeps_the_words(records: list[PackageRecord], wanted: list[Request], outcome: Resolution | Conflict) -> None:
    """Check an answer against the texts alone: no index, no clauses, no numbers."""
    assert isinstance(outcome, Resolution)
    dialect = ToyDialect()
    picks = {pick.name: pick for pick in outcome.packages}
    assert len(picks) == len(outcome.packages)
    told = {(record.name, record.version): record for record in records}

    def has(flags: tuple[str, ...], asked: str) -> bool:
        return asked in flags or (asked[0] == "-" and f"+{asked[1:]}" not in flags)

    def met(text: str, own: tuple[str, ...]) -> bool:
        for atom in dialect.parse_clause(text):
            if not atom.name:
                if all(has(own, flag) for flag in atom.flags):
                    return True
            elif (
                (pick := picks.get(atom.name)) and dialect.matches(atom, pick.version) and all(has(pick.flags, flag) for flag in atom.flags)
            ):
                return True
        return False

    for pick in outcome.packages:
        record = told[pick.name, pick.version]
        fixed = {flag for flag in record.flags if not flag.startswith("?")}
        assert fixed <= set(pick.flags)
        assert {flag.lstrip("?+-") for flag in record.flags} == {flag.lstrip("+-") for flag in pick.flags}
        for text in record.depends:
            assert met(text, pick.flags), (pick, text)
        for text in record.conflicts:
            assert text.split()[0] == pick.name or not met(text, pick.flags), (pick, text)
    for request in wanted:
        pick = picks[request.name]
        assert all(has(pick.flags, str(flag)) for flag in request.flags)
        assert request.pin in (None, pick.version)


def test_the_order_of_requests_and_records_changes_nothing() -> None:
    for seed in range(40):
        records, wanted = some_world(seed)
        shuffled, other = list(records), list(wanted)
        random.Random(seed).shuffle(shuffled)
        random.Random(seed + 1).shuffle(other)
        one = resolve([world(records)], profile(*wanted), Options(explain=False))
        two = resolve([world(shuffled)], profile(*other), Options(explain=False))
        if isinstance(one, Conflict) or isinstance(two, Conflict):
            assert isinstance(one, Conflict)
            assert isinstance(two, Conflict)
            assert [reason.text for reason in one.reasons] == [reason.text for reason in two.reasons]
        else:
            assert told(one) == told(two)


def told(outcome: Resolution) -> list[tuple[object, ...]]:
    """Everything but the numbers an index gives to candidates and texts, which follow the order of its records."""
    return [(pick.id, pick.version, pick.requested, sorted(edge.to for edge in pick.edges)) for pick in outcome.packages]


_PROGRAM = """
import hashlib, sys
sys.path[:0] = {paths!r}
from test_resolve_engines import some_world
from toy_world import profile, world, random_question
from nipsys.resolve import Options, resolve
from nipsys.resolve.engines.cdcl import CdclEngine
from nipsys.resolve.engines.sat import SatEngine
from nipsys.resolve.engines.asp import AspEngine
from nipsys.resolve.case import build_case
told = []
for seed in range(12):
    records, wanted = some_world(seed)
    told.append(resolve([world(records)], profile(*wanted)))
for seed in range(60):
    told += [engine.solve(random_question(seed)) for engine in (CdclEngine(), SatEngine(), AspEngine())]
print(hashlib.sha256(repr(told).encode()).hexdigest())
"""


def test_hash_seeds_change_nothing() -> None:
    import toy_world

    paths = [
        os.path.dirname(os.path.abspath(toy_world.__file__)),
        os.path.dirname(os.path.abspath(__file__)),
        *[path for path in sys.path if path],
    ]
    program = _PROGRAM.format(paths=paths)
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("0", "1", "424242")
    }
    assert len(seen) == 1
    assert len(seen.pop().strip()) == hashlib.sha256().digest_size * 2
