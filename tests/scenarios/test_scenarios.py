"""Every scenario over every engine. The files beside this one are data; ``README.md`` tells how to read them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from python_index import python_world
from toy_world import profile, world

from nipsys.model.package.record import PackageRecord
from nipsys.model.span import Span
from nipsys.model.system.conflict import Conflict, Fix
from nipsys.model.system.lock import Lock
from nipsys.model.system.profile import ANY_VERSION, Flag, Profile, Request, VersionRange
from nipsys.model.system.resolution import Resolution
from nipsys.model.value import replace
from nipsys.profile import parse_range
from nipsys.resolve import Options, World, resolve, to_lock
from nipsys.resolve.case import build_case, solve_case
from nipsys.resolve.engines.instance import Core
from nipsys.resolve.engines.mus import minimize_core
from nipsys.resolve.verifier import verify_resolution

FOLDER = Path(__file__).parent
ENGINES = ("lazy", "auto", "sat", "asp")
_WISH = re.compile(r"(\w+)=(\S+)")


def scenarios() -> list[Any]:
    return [
        pytest.param(scenario, id=f"{path.stem}: {scenario['name']}")
        for path in sorted(FOLDER.glob("*.toml"))
        for scenario in tomllib.loads(path.read_text())["scenario"]
    ]


_FIELDS = {"needs": "depends", "wishes": "recommends", "refuses": "conflicts"}
"""The scenarios' words for fields of a record."""


def record(line: str) -> tuple[str, PackageRecord]:
    head, _, tail = line.partition(": ") if ": " in line else line.partition(":\n")
    flags = re.search(r"\{(.*)\}", head)
    words = re.sub(r"\{.*\}", "", head).rstrip(":").split()
    source, _, name = words[0].rpartition("/")
    parts: dict[str, Any] = {}
    for part in filter(None, (one.strip() for one in tail.split(";"))):
        key, _, rest = part.partition(" ")
        parts[_FIELDS.get(key, key)] = True if key == "essential" else tuple(one.strip() for one in rest.split(","))
    size = int(words[2]) if len(words) > 2 else 0
    return source or "toy", PackageRecord(name, words[1], "", flags=tuple(flags[1].split()) if flags else (), size=size, **parts)


def worlds_of(scenario: dict[str, Any]) -> list[World]:
    if "python" in scenario:
        settings = {key: True for key in ("prereleases",) if scenario.get(key)}
        return [python_world(scenario["universe"].strip().splitlines(), scenario["want"], python=scenario["python"], **settings)]
    by_source: dict[str, list[PackageRecord]] = {}
    for line in scenario["universe"].strip().splitlines():
        source, one = record(line.strip())
        by_source.setdefault(source, []).append(one)
    settings = scenario.get("sources", {})
    return [world(records, name, **{"priority": 50, **settings.get(name, {})}) for name, records in by_source.items()]


def request(text: str, line: int) -> Request:
    words = text.split()
    flags = tuple(Flag(word[1:], "on" if word[0] == "+" else "off") for word in words[1:] if word[0] in "+-")
    options = dict(_WISH.fullmatch(word).groups() for word in words[1:] if _WISH.fullmatch(word))  # type: ignore[union-attr,misc]
    known = {key: options.pop(key) for key in ("source", "pin", "prefer") if key in options}
    settings = (("recommends", True),) if options.pop("recommends", "") else ()
    flags += tuple(Flag(name, value) for name, value in options.items())
    ranges = " ".join(word for word in words[1:] if word[0] in "<>=!^~")
    return Request(words[0], parse_range(ranges), flags=flags, settings=settings, span=Span("scenario.kdl", line, 1), **known)  # type: ignore[arg-type]


def profile_of(scenario: dict[str, Any]) -> Profile:
    return profile(
        *[request(text, line) for line, text in enumerate(scenario["want"], 1)],
        variants=tuple(Flag(name, value) for name, value in scenario.get("variants", {}).items()),
        aliases=tuple(tuple(row) for row in scenario.get("aliases", ())),
        libc=scenario.get("libc"),
    )


def locked_of(scenario: dict[str, Any], worlds: list[World]) -> Lock | None:
    if "locked" not in scenario:
        return None
    wanted = profile(*[Request(text.split()[0], VersionRange.exactly(text.split()[1])) for text in scenario["locked"]])
    outcome = resolve(worlds, wanted)
    assert isinstance(outcome, Resolution)
    return to_lock(outcome, worlds, wanted)


def told(outcome: Resolution, worlds: list[World]) -> list[str]:
    several = len(worlds) > 1
    return sorted(" ".join(((pick.id if several else pick.name), pick.version, *pick.flags)) for pick in outcome.packages)


def the_core_is_a_contradiction(worlds: list[World], wanted: Profile, options: Options) -> None:
    """Ask another procedure about the engine's core, and about what is left of it when it is cut down."""
    from pysat.solvers import Solver

    core = solve_case(build_case(worlds, wanted, options), options)
    assert isinstance(core, Core)
    for clauses in (core.clauses, minimize_core(core.clauses)):
        with Solver(name="minisat22", bootstrap_with=[list(clause.literals) for clause in clauses]) as procedure:
            assert not procedure.solve()


def fixed(wanted: Profile, fix: Fix) -> Profile:
    """Do what a fix says."""
    if fix.kind == "drop":
        gone = re.findall(r"`([^`]*)`", fix.text)
        return replace(wanted, requests=tuple(request for request in wanted.requests if request.name not in gone))
    (request,) = [one for one in wanted.requests if one.name == fix.name and _touches(one, fix)][:1]
    flag = re.findall(r"`([^`]*)`", fix.text)[0]
    changed = {
        "widen": lambda: replace(request, range=ANY_VERSION),
        "unpin": lambda: replace(request, pin=None),
        "allow": lambda: replace(request, source=None),
        "flip": lambda: replace(request, flags=tuple(one for one in request.flags if str(one) != flag)),
    }[fix.kind]()
    return replace(wanted, requests=tuple(changed if one is request else one for one in wanted.requests))


def _touches(request: Request, fix: Fix) -> bool:
    return fix.kind != "widen" or f"{request.name} {request.range}" in fix.text


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("scenario", scenarios())
def test_scenario(scenario: dict[str, Any], engine: Any) -> None:
    worlds = worlds_of(scenario)
    options = Options(locked=locked_of(scenario, worlds), update=tuple(scenario.get("update", ())), engine=engine)
    outcome = resolve(worlds, profile_of(scenario), options)
    if "fails" in scenario:
        assert isinstance(outcome, Conflict)
        text = "\n".join(
            [
                *(line for problem in outcome.problems for line in (problem.message, *problem.notes, problem.hint or "")),
                *(reason.text for reason in outcome.reasons),
            ]
        )
        for part in scenario["fails"]:
            assert part in text, text
        assert len(outcome.reasons) <= 8
        assert any(reason.span for reason in outcome.reasons) or all(problem.span for problem in outcome.problems)
        if "fixes" in scenario and engine == "lazy":
            assert [fix.text for fix in outcome.fixes] == scenario["fixes"]
        if not outcome.problems:
            the_core_is_a_contradiction(worlds, profile_of(scenario), options)
            for fix in outcome.fixes:
                assert isinstance(resolve(worlds, fixed(profile_of(scenario), fix), options), Resolution), fix
        return
    assert isinstance(outcome, Resolution), [reason.text for reason in getattr(outcome, "reasons", ())] or outcome
    verify_resolution(worlds, profile_of(scenario), outcome, from_text=True)
    if engine in {"lazy", "auto"} or scenario.get("only"):
        assert told(outcome, worlds) == sorted(scenario["expect"])
    requested = {pick.name for pick in outcome.packages if pick.requested}
    assert len(requested) >= min(1, len(scenario["want"]))


def test_a_hundred_by_a_hundred_versions() -> None:
    """Every version of two packages wants a version of a third that is not there, but for the tenth that do not; no search of pairs ends."""
    records = [PackageRecord("gem", "0.0", "")]
    for major in range(10):
        for minor in range(10):
            records.append(PackageRecord("major", f"{major}.{minor}", "", (f"gem ={major}.0",)))
            records.append(PackageRecord("minor", f"{major}.{minor}", "", (f"gem =0.{minor}",)))
    for engine in ENGINES:
        here = world(records)
        outcome = resolve([here], profile("major", "minor"), Options(engine=engine))  # type: ignore[arg-type]
        assert isinstance(outcome, Resolution)
        if engine != "asp":
            assert told(outcome, [here]) == ["gem 0.0", "major 0.9", "minor 9.0"]
            assert outcome.conflicts <= 200


def rows() -> list[list[str]]:
    """Return the rows of the tables of README.md."""
    lines = (FOLDER / "README.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ") and "its case" not in line]


def test_every_case_of_the_public_sets_is_asked_here_or_has_a_reason() -> None:
    known = {str(scenario.id) for scenario in scenarios()} | {"generated: a hundred by a hundred versions"}
    mapped = rows()
    assert len(mapped) > 150
    for theirs, ours in mapped:
        named = re.findall(r"`((?:\w+): [^`]*)`", ours)
        assert theirs
        assert named or len(ours) > 20, f"{theirs}: no scenario and no reason"
        assert set(named) <= known, f"{theirs}: {set(named) - known}"


def test_every_scenario_of_the_public_sets_stands_for_a_case() -> None:
    named = {name for _, ours in rows() for name in re.findall(r"`((?:\w+): [^`]*)`", ours)}
    loose = {str(scenario.id) for scenario in scenarios() if scenario.id.startswith(("pub:", "integration_specs:"))} - named
    assert not loose


def test_there_are_enough() -> None:
    assert len(scenarios()) >= 300
