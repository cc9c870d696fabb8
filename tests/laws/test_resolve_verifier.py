"""Mutants of the solver, of its universe and of what the requests mean: the independent check of the answer sees every one."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from toy_world import profile, world

from nipsys.index.clauses import ClauseResolver
from nipsys.model.package.record import Atom, PackageRecord
from nipsys.model.system.profile import Flag, Profile, Request
from nipsys.model.system.resolution import Resolution
from nipsys.profile import parse_range
from nipsys.resolve import Options, World, resolve
from nipsys.resolve import requirements as wanted
from nipsys.resolve import solve as choose
from nipsys.resolve import universe as space
from nipsys.resolve.case import Case
from nipsys.resolve.engines import cdcl as lazy
from nipsys.resolve.engines.instance import Answer, Dependency, Expansion
from nipsys.resolve.engines.verifier import InvalidAnswer
from nipsys.resolve.verifier import verify_resolution


def some_records(seed: int) -> tuple[list[PackageRecord], Profile]:
    """Make packages with ranges, alternatives, conflicts, provided names, flags and an essential one."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(12)]
    records = [PackageRecord("base", "1", "", essential=True), PackageRecord("base", "2", "", essential=True)]
    for place, name in enumerate(names):
        for version in range(1, chance.randint(2, 4)):
            later = names[place + 1 :] or ["base"]
            needs = tuple(
                f"{chance.choice(later)} {chance.choice(('>=', '<=', '='))} {chance.randint(1, 2)}"
                + chance.choice(("", "", f" | {chance.choice(later)}", "[+x]"))
                for _ in range(chance.randint(0, 2))
            )
            provides = (f"v{place % 3}={version}",) if chance.random() < 0.3 else ()
            refuses = (f"{chance.choice(names)} = {chance.randint(1, 3)}",) if chance.random() < 0.4 else ()
            flags = ("?-x",) if chance.random() < 0.7 else ()
            conditional = (f"-x | {chance.choice(later)}",) if flags and chance.random() < 0.5 else ()
            records.append(PackageRecord(name, str(version), "", (*needs, *conditional), provides=provides, conflicts=refuses, flags=flags))
    wishes = [Request(name, parse_range(chance.choice(("", "<2")))) for name in sorted(chance.sample(names, 4))]
    wishes.append(Request("v1", flags=(Flag("x", chance.choice(("on", "off"))),) if chance.random() < 0.3 else ()))
    return records, profile(*wishes)


def worlds_of(seed: int) -> tuple[list[World], Profile]:
    records, asked = some_records(seed)
    half = [record for record in records if random.Random(record.name + str(seed)).random() < 0.8]
    return [world(half, "one", 10), world(records, "two", 20)], asked


def caught(seeds: range) -> int:
    """Count the answers in which the check sees a fault; without a mutant there is none."""
    found = 0
    for seed in seeds:
        worlds, asked = worlds_of(seed)
        try:
            outcome = resolve(worlds, asked, Options(engine="lazy", explain=False))
            if isinstance(outcome, Resolution):
                verify_resolution(worlds, asked, outcome, from_text=True)
        except InvalidAnswer:
            found += 1
    return found


def test_a_sound_solver_passes() -> None:
    assert caught(range(150)) == 0


def no_rivals(self: Any, number: int, candidate: int, clauses: Any) -> list[Any]:
    return []


def half_of_the_needs(original: Callable[..., Expansion]) -> Callable[..., Expansion]:
    def expand(self: Any, candidate: int) -> Expansion:
        expansion = original(self, candidate)
        return expansion._replace(depends=expansion.depends[1:])

    return expand


def any_member_will_do(original: Callable[..., Any]) -> Callable[..., Any]:
    def need(self: Any, number: int, clause: int) -> Any:
        found = original(self, number, clause)
        return found._replace(members=tuple(dict.fromkeys(one for member in found.members for one in self.group(member))))

    return need


def without_bases(self: Any, number: int) -> list[Dependency]:
    return []


def wrong_candidate(original: Callable[[Case, Answer], Resolution]) -> Callable[[Case, Answer], Resolution]:
    def resolution_of(case: Case, answer: Answer) -> Resolution:
        resolution = original(case, answer)
        picks = tuple(
            pick._replace(version="1") if pick.version == "2" and place % 2 else pick for place, pick in enumerate(resolution.packages)
        )
        return resolution._replace(packages=picks)

    return resolution_of


def everything_fits(offer: Any, request: Any, where: Any) -> bool:
    return True


def deaf_to_ranges(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, atom: original(self, Atom(atom.name, "", "", atom.arch, atom.flags))


def deaf_to_flags(self: Any, number: int, candidate: int) -> list[Dependency]:
    return []


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "conflicts are not heard": (space.JoinedUniverse, "_rivals", no_rivals),
    "a need is forgotten": (space.JoinedUniverse, "_expand", half_of_the_needs(space.JoinedUniverse._expand)),
    "any version meets a need": (space.JoinedUniverse, "dependency_of", any_member_will_do(space.JoinedUniverse.dependency_of)),
    "the base of a world is left out": (space.JoinedUniverse, "_essentials", without_bases),
    "flags are not settled": (space.JoinedUniverse, "_flag_dependencies", deaf_to_flags),
    "a request's range is not heard": (wanted, "is_match", everything_fits),
    "the answer names another version": (choose, "resolution_of", wrong_candidate(choose.resolution_of)),
    "the index forgets ranges": (ClauseResolver, "_search", deaf_to_ranges(ClauseResolver._search)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, mutant = MUTANTS[name]
    monkeypatch.setattr(where, attribute, mutant)
    assert caught(range(150)) > 0


def test_an_engine_that_sees_no_pairs_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = lazy._Search.load

    def load(self: Any, variable: int) -> Any:
        rows = original(self, variable)
        for other, _ in self.pairs.get(variable, ()):
            self.pairs[other] = []
        self.pairs[variable] = []
        return rows

    monkeypatch.setattr(lazy._Search, "load", load)
    assert caught(range(150)) > 0


def test_what_the_index_says_suffices_to_see_a_faulty_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick form, which every answer goes through, sees the mutants of the search as well."""
    monkeypatch.setattr(space.JoinedUniverse, "_rivals", no_rivals)
    seen = 0
    for seed in range(150):
        worlds, asked = worlds_of(seed)
        try:
            resolve(worlds, asked, Options(engine="lazy", explain=False))
        except InvalidAnswer:
            seen += 1
    assert seen > 0
