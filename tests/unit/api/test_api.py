"""The public interface: its examples are true, its names and signatures stay, and its values are typed."""

import doctest
import inspect
import os
import pathlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
from small_root import write_profiles

from nipsys import api

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]
GOLDEN = HERE / "signatures.txt"


@pytest.fixture
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Return the working directory, with two profiles and their archives."""
    write_profiles(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def root(home: pathlib.Path) -> api.Root:
    return api.Root(str(home / "root"))


def apply(root: api.Root, profile: str) -> api.Summary | None:
    return api.apply(root, api.plan(root, api.load_profile(profile)))


def test_the_examples_are_true_from_top_to_bottom(home: pathlib.Path) -> None:
    found = doctest.DocTestFinder().find(api, extraglobs={"api": api})
    assert {test.name for test in found if test.examples} >= {"nipsys.api", *(f"nipsys.api.{name}" for name in functions())}
    runner = doctest.DocTestRunner()
    report: list[str] = []
    for test in sorted(found, key=lambda test: test.lineno or 0):
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def test_the_reference_is_true_from_top_to_bottom(home: pathlib.Path) -> None:
    page = CHECKOUT / "docs/reference/api.md"
    text = "\n".join(re.findall(r"(?ms)^```pycon\n(.*?)^```$", page.read_text()))
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    report: list[str] = []
    assert not doctest.DocTestRunner().run(test, out=report.append).failed, "".join(report)
    assert len(test.examples) > 10


def test_the_reference_names_everything() -> None:
    text = (CHECKOUT / "docs/reference/api.md").read_text()
    assert [name for name in functions() if f"`{name}(" not in text] == []


def functions() -> list[str]:
    return [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]


def public_names() -> Iterator[str]:
    """Yield one line for each name: a function with its signature, a class with its public attributes."""
    for name in api.__all__:
        value = getattr(api, name)
        if inspect.isfunction(value):
            yield f"{name}{inspect.signature(value)}"
        elif inspect.isclass(value):
            if value is api.Root:
                yield f"{name}{inspect.signature(value)}"
            own = {*dir(value), *inspect.get_annotations(value)} - {*dir(tuple), *dir(Exception)}
            yield from (f"{name}.{attribute}" for attribute in sorted(own) if not attribute.startswith("_"))
        else:
            yield f"{name} = {value}".replace("nipsys.model.event.", "")


def test_names_and_signatures_are_as_they_were() -> None:
    """What is removed or changed breaks programs; what is added is added to the list: ``python tests/unit/api/test_api.py``."""
    assert list(public_names()) == GOLDEN.read_text().splitlines()


def test_a_name_that_is_not_listed_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = api.nothing  # type: ignore[attr-defined]


def test_every_listed_name_is_loaded_only_on_use() -> None:
    program = "import sys; from nipsys import api; print(*sorted(name for name in sys.modules if name.startswith('nipsys')))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["nipsys", "nipsys.api", "nipsys.model", "nipsys.model.face"]


def test_type_checkers_are_told_that_the_package_has_types() -> None:
    """``make check`` runs mypy over the examples, which use this interface only."""
    assert (CHECKOUT / "nipsys/py.typed").exists()
    assert "examples" in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]


def test_the_default_root_is_that_of_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NIPSYS_ROOT", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert api.Root().path == f"{tmp_path}/.local/share/nipsys"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert api.Root().path == "/data/nipsys"
    monkeypatch.setenv("NIPSYS_ROOT", "relative")
    assert api.Root().path == os.path.abspath("relative")


def test_a_root_is_not_created_by_asking(root: api.Root) -> None:
    assert api.status(root) is None
    with pytest.raises(api.Rejected) as rejected:
        api.rollback(root)
    assert [problem.code for problem in rejected.value.problems] == ["no-generation"]
    assert not os.path.exists(root.path)


def test_events_reach_the_listener_and_nothing_is_printed(home: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[api.Event] = []
    root = api.Root(str(home / "root"), report=heard.append)
    apply(root, "greet.kdl")
    assert {type(event) for event in heard} >= {api.Began, api.Ended}
    assert capfd.readouterr() == ("", "")


def test_a_plan_fetches_nothing_and_makes_no_generation(root: api.Root) -> None:
    prepared = api.plan(root, api.load_profile("greet.kdl"))
    assert not prepared.plan.is_empty
    assert api.status(root) is None
    assert not list(pathlib.Path(root.path).glob("store/*-greet-1.0"))
    assert not list(pathlib.Path(root.path).glob("generations/[0-9]*"))


def test_a_plan_with_locked_neither_makes_nor_writes_a_lock(root: api.Root) -> None:
    profile = api.load_profile("greet.kdl")
    with pytest.raises(api.Rejected) as rejected:
        api.plan(root, profile, locked=True)
    assert rejected.value.problems[0].code == "no-lock"
    api.lock(root, profile)
    assert api.plan(root, profile, locked=True).keep is None
    assert api.plan(root, profile).keep == "greet.lock.kdl"


def test_a_lock_that_was_made_before_is_used(root: api.Root) -> None:
    profile = api.load_profile("greet.kdl")
    done = api.lock(root, profile)
    os.unlink(done.path)
    assert api.plan(root, profile, lock=done).lock == done.lock
    assert not os.path.exists(done.path)


def test_offline_refuses_what_is_not_there(home: pathlib.Path) -> None:
    with pytest.raises(api.Rejected):
        apply(api.Root(str(home / "root"), offline=True), "greet.kdl")


def test_the_command_is_in_the_history(home: pathlib.Path) -> None:
    root = api.Root(str(home / "root"), command="deploy 7")
    apply(root, "greet.kdl")
    assert "deploy 7" in (home / "root/journal").read_text()


def test_an_empty_profile_needs_consent(root: api.Root, home: pathlib.Path) -> None:
    apply(root, "greet.kdl")
    (home / "empty.kdl").write_text('profile "empty"\n')
    prepared = api.plan(root, api.load_profile("empty.kdl"))
    with pytest.raises(api.Rejected):
        api.apply(root, prepared)
    assert api.apply(root, prepared, allow_empty=True)
    assert api.status(root).packages == 0  # type: ignore[union-attr]


def test_a_profile_holds_for_the_host_that_is_named(home: pathlib.Path) -> None:
    (home / "p.kdl").write_text((home / "greet.kdl").read_text() + 'host "web" { env { ROLE "web"; }; }\n')
    assert dict(api.load_profile("p.kdl", host="web").env) == {"ROLE": "web"}
    assert not api.load_profile("p.kdl", host="other").env


def test_a_search_returns_the_best_and_the_number_of_all(root: api.Root) -> None:
    api.lock(root, api.load_profile("both.kdl"))
    found = api.search(root, ["t"], profile="both.kdl", limit=1)
    assert (len(found.hits), found.total) == (1, 2)


def run_example(home: pathlib.Path, profile: str, *check: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, CHECKOUT / "examples/apply_profile.py", profile, "root", *check]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)


def test_the_example_applies_and_goes_back(home: pathlib.Path, root: api.Root) -> None:
    ran = run_example(home, "greet.kdl", "true")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "+ greet/greet 1.0" in ran.stdout
    ran = run_example(home, "both.kdl", "false")
    assert (ran.returncode, ran.stderr) == (2, "")
    assert ran.stdout.endswith("back to generation 1\n")
    current = api.status(root)
    assert current
    assert current.number == 1
    (home / "wrong.kdl").write_text('profile "wrong"\npackages { greet; }\nfoo\n')
    ran = run_example(home, "wrong.kdl", "true")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "wrong.kdl:3:1" in ran.stdout


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"{line}\n" for line in public_names()))
