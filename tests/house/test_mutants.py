"""The unit tests of a room find faults in it: the table of mutants fits the tree, and `make mutants` reports what it sees."""

import pathlib

import mutate
import pytest

MUTANTS = {mutant.name: mutant for mutant in mutate.read_mutants()}
SAMPLE = (
    "plan: a package with other content is not a change",
    "lock: duplicates are accepted",
    "generation: the link of a killed switch is not removed",
)


def test_every_mutant_is_still_in_the_tree() -> None:
    assert len(MUTANTS) >= 29
    assert mutate.find_lost(MUTANTS.values()) == []


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> mutate.Workshop:
    return mutate.Workshop(tmp_path_factory.mktemp("mutants"), workers=1)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mutant_is_killed_by_the_tests_of_its_room(workshop: mutate.Workshop, name: str) -> None:
    verdict = workshop.try_mutant(MUTANTS[name])
    assert verdict.outcome == "killed", verdict
    assert verdict.detail.startswith(MUTANTS[name].tests)


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a tree with one room, one function and one test."""
    top = tmp_path / "tree"
    for path, text in {
        "pyproject.toml": '[tool.pytest.ini_options]\nmarkers = ["root: x", "slow: x"]\n',
        "nipsys/__init__.py": "",
        "nipsys/room/__init__.py": "def double(number):\n    return number + number  # twice\n",
        "tests/unit/room/test_double.py": "from nipsys.room import double\n\n\ndef test_double():\n    assert double(3) == 6\n",
    }.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)
    return top


def mutant(old: str, new: str, file: str = "nipsys/room/__init__.py") -> mutate.Mutant:
    return mutate.Mutant("some fault", file, old, new)


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("number + number", "number * number", "killed"),
        ("number + number", "2 * number", "survived"),
        ("number + number", "number +", "broken"),
    ],
)
def test_the_outcome_is_that_of_the_tests(tree: pathlib.Path, old: str, new: str, outcome: str) -> None:
    before = (tree / "nipsys/room/__init__.py").read_text()
    verdict = mutate.try_mutant(mutant(old, new), tree)
    assert verdict.outcome == outcome
    assert (tree / "nipsys/room/__init__.py").read_text() == before
    assert mutate.run_tests(tree, "tests/unit/room").returncode == 0, "nothing of the fault is left"


def test_a_mutant_whose_text_is_gone_is_named(tree: pathlib.Path) -> None:
    lost = [mutant("nobody wrote this", ""), mutant("number", ""), mutant("x", "", "nipsys/moved.py"), mutant("# twice", "")]
    assert [line.partition(";")[0] for line in mutate.find_lost(lost, tree)] == [
        "lost: some fault: its text occurs 0 times in nipsys/room/__init__.py",
        "lost: some fault: its text occurs 3 times in nipsys/room/__init__.py",
        "lost: some fault: nipsys/moved.py does not exist",
    ]
