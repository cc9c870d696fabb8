"""Two exposed packages that own the same program: both are named, and `priority` or `expose=` resolves it."""

from toy_world import profile, world

from nipsys.app.realize.system import resolve_name_clashes
from nipsys.model.package.record import PackageRecord
from nipsys.model.system.generation import Stub
from nipsys.model.system.lock import Lock
from nipsys.model.system.profile import Request
from nipsys.model.system.resolution import Resolution
from nipsys.resolve import resolve, to_lock


def locked(*requests: Request) -> Lock:
    worlds = [
        world([PackageRecord("vim", "9", "")], "one", 10),
        world([PackageRecord("nvi", "1", "")], "two", 20),
        world([PackageRecord("ed", "1", "")], "three", 30),
    ]
    wanted = profile(*requests)
    outcome = resolve(worlds, wanted)
    assert isinstance(outcome, Resolution)
    return to_lock(outcome, worlds, wanted)


STUBS = [Stub("vi", "one", "/usr/bin/vi", "one/vim"), Stub("vi", "two", "/bin/vi", "two/nvi"), Stub("ed", "three", "/bin/ed", "three/ed")]


def test_a_name_clash_names_every_package() -> None:
    _, problems = resolve_name_clashes(STUBS, locked(Request("vim"), Request("nvi"), Request("ed")))
    (problem,) = problems
    assert problem.code == "program-clash"
    assert problem.message == "the program `vi` is exposed by `one/vim` and `two/nvi`"
    assert problem.hint == "give one of them a lower `priority=`, or select programs with `expose=`"


def test_the_lowest_priority_wins_the_name() -> None:
    stubs, problems = resolve_name_clashes(STUBS, locked(Request("vim"), Request("nvi", settings=(("priority", 10),)), Request("ed")))
    assert not problems
    assert [(stub.name, stub.package) for stub in stubs] == [("ed", "three/ed"), ("vi", "two/nvi")]


def test_equal_priorities_still_clash() -> None:
    both = [Request(name, settings=(("priority", 10),)) for name in ("vim", "nvi")]
    _, problems = resolve_name_clashes(STUBS, locked(*both, Request("ed")))
    assert len(problems) == 1


def test_an_unexposed_program_does_not_clash() -> None:
    stubs, problems = resolve_name_clashes(STUBS[1:], locked(Request("vim", expose=("vim",)), Request("nvi"), Request("ed")))
    assert not problems
    assert [stub.package for stub in stubs] == ["three/ed", "two/nvi"]
