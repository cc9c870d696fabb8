"""Recipes across machines: tools are for the build machine, libraries for the target, and a mix-up is reported."""

import json
from io import BytesIO
from typing import Any

import pytest
from toy_world import index_of, profile

from nipsys.model.host import HostFacts
from nipsys.model.package.resource import Resource
from nipsys.model.system.conflict import Conflict
from nipsys.model.system.profile import Profile, Request, SourceSpec
from nipsys.model.system.resolution import Resolution
from nipsys.resolve import World, resolve, to_lock
from nipsys.sources.recipes import TRAITS, open_source


def row(name: str, arch: str = "x86_64", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "arch": arch,
        "path": f"{name}.kdl",
        "summary": "",
        "axes": {},
        "needs": [],
        "closure": f"blake3:{name}",
        **more,
    }


def world_of(arch: str, *rows: dict[str, Any], **settings: str) -> World:
    spec = SourceSpec("recipes", "recipes", 5, (*sorted(settings.items()), ("path", "/r")))
    source = open_source(spec, HostFacts(arch=arch), "2026-01-01T00:00:00Z")
    page = source.read(
        Resource("index", ("file:///r/index.json",), 1 << 20), BytesIO(json.dumps({"format": 1, "recipes": list(rows)}).encode())
    )
    return World(spec, index_of(list(page.records), "recipes", source.dialect), source.dialect, TRAITS)


def asked(arch: str, *names: str, **fields: Any) -> Profile:
    return Profile("test", arch, requests=tuple(map(Request, names)), **fields)


CROSS = row("cross-gcc", tools=["gcc"])
GCC = row("gcc", tools=["gcc"], libraries=["libm"])
LIBM = row("libm", tools=["gcc"])
BOTH = [CROSS, GCC, LIBM, row("libm-arm", "aarch64"), row("data", "")]


def test_tools_are_for_the_build_machine_and_libraries_for_the_target() -> None:
    app = row("app", "aarch64", tools=["cross-gcc", "data"], libraries=["libm-arm", "data"], needs=["data"])
    here = world_of("aarch64", app, *BOTH)
    outcome = resolve([here], asked("aarch64", "app"))
    assert isinstance(outcome, Resolution)
    assert {pick.name for pick in outcome.packages} == {
        "app", "data", "cross-gcc:x86_64", "gcc:x86_64", "libm:x86_64", "libm-arm:aarch64", "data:x86_64", "data:aarch64",
    }  # fmt: skip
    lock = to_lock(outcome, [here], asked("aarch64", "app"))
    assert [(package.name, package.arch, package.needs) for package in lock.packages] == [
        ("app", "aarch64", ("recipes/data",)),
        ("data", "", ()),
    ]


def test_one_recipe_may_be_in_two_domains() -> None:
    """An app for this machine, built by a tool that is built from it: two candidates of one recipe, each with needs of its own."""
    app = row("app", tools=["helper"])
    helper = row("helper", libraries=["app"])
    outcome = resolve([world_of("x86_64", app, helper)], asked("x86_64", "app"))
    assert isinstance(outcome, Resolution)
    assert [pick.name for pick in outcome.packages] == ["app", "app:x86_64", "helper:x86_64"]


def test_a_tool_for_the_wrong_machine_is_reported() -> None:
    app = row("app", "aarch64", tools=["make"])
    outcome = resolve([world_of("aarch64", app, row("make", "aarch64"))], asked("aarch64", "app"))
    assert isinstance(outcome, Conflict)
    assert [reason.text for reason in outcome.reasons] == [
        "`app` is requested",
        "`app` needs `make` for x86_64, which nothing in `recipes` provides; there is only `make` for aarch64",
    ]
    assert [fix.text for fix in outcome.fixes] == ["drop `app`"]


def test_the_build_machine_can_be_set() -> None:
    app = row("app", "aarch64", tools=["make"])
    outcome = resolve([world_of("aarch64", app, row("make", "aarch64"), build="aarch64")], asked("aarch64", "app"))
    assert isinstance(outcome, Resolution)
    assert [pick.name for pick in outcome.packages] == ["app", "make:aarch64"]


def test_a_library_for_the_build_machine_is_not_used_for_the_target() -> None:
    app = row("app", "aarch64", libraries=["libm"])
    outcome = resolve([world_of("aarch64", app, *BOTH)], asked("aarch64", "app"))
    assert isinstance(outcome, Conflict)
    assert outcome.reasons[1].text == "`app` needs `libm` for aarch64, which nothing in `recipes` provides; there is only `libm` for x86_64"


@pytest.mark.parametrize(("libc", "told"), [("musl", "bound to glibc"), ("glibc", "")])
def test_a_library_of_another_c_library_is_reported(libc: str, told: str) -> None:
    app = row("app", libc=libc, libraries=["ssl"])
    outcome = resolve([world_of("x86_64", app, row("ssl", libc="glibc"))], asked("x86_64", "app"))
    if not told:
        assert isinstance(outcome, Resolution)
        return
    assert isinstance(outcome, Conflict)
    assert outcome.reasons[1].text == (
        "`app` needs `ssl` for x86_64 bound to musl, which nothing in `recipes` provides; there is only `ssl` for x86_64 bound to glibc"
    )


def test_the_c_library_is_chosen_by_the_available_libraries() -> None:
    app = row("app", axes={"libc": ["musl", "glibc"]}, libraries=["ssl"])
    outcome = resolve([world_of("x86_64", app, row("ssl", libc="glibc"))], asked("x86_64", "app"))
    assert isinstance(outcome, Resolution)
    assert outcome.packages[0].flags == ("libc=glibc",)


def test_the_profile_s_c_library_chooses_among_recipes() -> None:
    here = world_of("x86_64", row("app", libc="glibc"), row("small", libc="musl"), row("plain"))
    assert isinstance(resolve([here], asked("x86_64", "small", "plain", libc="musl")), Resolution)
    outcome = resolve([here], asked("x86_64", "app", libc="musl"))
    assert isinstance(outcome, Conflict)
    assert outcome.problems[0].message == 'the profile requires `libc "musl"`, but `app` is only available for glibc'


def test_a_recipe_for_another_machine_is_reported() -> None:
    outcome = resolve([world_of("aarch64", LIBM, GCC)], asked("aarch64", "libm"))
    assert isinstance(outcome, Conflict)
    assert outcome.problems[0].code == "arch-mismatch"
    assert outcome.problems[0].message == "the profile is for aarch64, but `libm` is only offered for x86_64"


def test_an_old_index_has_no_inputs() -> None:
    outcome = resolve([world_of("x86_64", row("app"))], profile("app"))
    assert isinstance(outcome, Resolution)
    assert [pick.name for pick in outcome.packages] == ["app"]
