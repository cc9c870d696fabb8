"""An interpreter named by a source is requested like any other package, in the version its programs were selected for."""

import pytest

from nipsys.app.lock.interpreters import add_interpreters, check_interpreters
from nipsys.model.host import HostFacts
from nipsys.model.problem import Rejected
from nipsys.model.span import Span
from nipsys.model.system.lock import Lock, LockedPackage
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.sources.common.interpreter import Interpreter, read_interpreter
from nipsys.sources.kinds import open_source

SPAN = Span("p.kdl", 2, 1, 6, "source")
DEBIAN = SourceSpec("debian", "debian")


def pypi(python: str) -> SourceSpec:
    return SourceSpec("web", "pypi", settings=(("mirror", "https://index.example"), ("python", python)), span=SPAN)


def profile(python: str, *requests: Request) -> Profile:
    return Profile("p", "x86_64", sources=(DEBIAN, pypi(python)), requests=requests)


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("3.11", None),
        ("", None),
        ("debian:python3.11-minimal", Interpreter("debian", "python3.11-minimal", "3.11")),
        ("gentoo:dev-lang/python:3.12", Interpreter("gentoo", "dev-lang/python:3.12", "3.12")),
        ("pkgsrc:python311", Interpreter("pkgsrc", "python311", "3.11")),
        ("pacman:python=3.13", Interpreter("pacman", "python", "3.13")),
        ("pacman:python", Interpreter("pacman", "python", "")),
        ("pacman:nodejs=22.1.0", Interpreter("pacman", "nodejs", "22.1.0")),
        ("debian: python3", None),
    ],
)
def test_a_setting_names_a_source_a_package_and_a_version(text: str, expect: Interpreter | None) -> None:
    assert read_interpreter(text) == expect


def test_wheels_match_the_interpreter() -> None:
    source = open_source(pypi("debian:python3.11"), HostFacts(), "")
    assert source.container(LockedPackage("web", "a", "1")).settings == (
        ("interpreter", "profile"),
        ("name", "a"),
        ("python", "3.11"),
        ("version", "1"),
    )


@pytest.mark.parametrize("python", ["pacman:python", "pacman:python=2.7", "pacman:python=3"])
def test_an_interpreter_of_unknown_version_is_refused(python: str) -> None:
    with pytest.raises(Rejected) as refused:
        open_source(pypi(python), HostFacts(), "")
    assert [problem.code for problem in refused.value.problems] == ["bad-setting"]
    assert refused.value.problems[0].hint


def test_the_interpreter_is_requested_with_its_programs() -> None:
    wish = Request("httpie", source="web")
    added = add_interpreters(profile("debian:python3.11", wish)).requests
    assert [(request.name, request.source) for request in added] == [("httpie", "web"), ("python3.11", "debian")]


@pytest.mark.parametrize(
    "requests",
    [
        (),
        (Request("vim", source="debian"),),
        (Request("httpie", source="web"), Request("python3.11")),
        (Request("httpie", source="pypi"), Request("python3.11", source="debian")),
    ],
)
def test_an_unused_interpreter_is_not_requested(requests: tuple[Request, ...]) -> None:
    given = profile("debian:python3.11", *requests)
    assert add_interpreters(given) == given


@pytest.mark.parametrize(("version", "fits"), [("3.11.2-6", True), ("1:3.11", True), ("3.110-1", False), ("3.13.1-1", False)])
def test_an_interpreter_of_another_version_is_refused(version: str, fits: object) -> None:
    lock = Lock("p", "", "x86_64", (), (LockedPackage("debian", "python3", version),))
    given = profile("debian:python3=3.11", Request("httpie", source="web"))
    if fits:
        check_interpreters(given, lock)
        return
    with pytest.raises(Rejected) as refused:
        check_interpreters(given, lock)
    assert refused.value.kind == "profile"
    assert version in refused.value.problems[0].message
    assert refused.value.problems[0].span == SPAN
