"""``make demo`` in any weather: where no archive answers, it shows the same with a repository of its own, and says so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from debian_maker import need_tools

HERE = Path(__file__).resolve().parents[2]
CLOSED = "http://127.0.0.1:9/debian"  # the discard service, which nobody runs


def demo(home: Path, mirror: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    nipsys = Path(sys.executable).parent / "nipsys"
    env = {"PATH": path, "NIPSYS_ROOT": str(home / "root"), "NIPSYS_DEBIAN_MIRROR": mirror, "LANG": "C.UTF-8"}
    return subprocess.run([HERE / "tests/demo", nipsys], env=env, capture_output=True, text=True, check=False, timeout=300)


def without(program: str, place: Path) -> str:
    """Make a PATH that has everything but ``program``."""
    place.mkdir()
    for folder in reversed(os.environ["PATH"].split(":")):
        for file in Path(folder).iterdir() if Path(folder).is_dir() else ():
            (place / file.name).unlink(missing_ok=True)
            (place / file.name).symlink_to(file)
    (place / program).unlink()
    return str(place)


@pytest.fixture(autouse=True)
def tools() -> None:
    need_tools()


def test_without_an_archive_it_makes_one_and_says_so(tmp_path: Path) -> None:
    ran = demo(tmp_path, CLOSED)
    assert ran.returncode == 0, ran.stderr
    assert "No archive can be reached from here" in ran.stdout
    assert "signed with a key made for it" in ran.stdout
    assert "from a package that was made on this machine" in ran.stdout
    assert "lines: 1" in ran.stdout
    assert ran.stdout.count("generation 1 is current") == 2, "applied, and rolled back to"
    assert (tmp_path / "root/current").readlink() == Path("generations/1")
    again = demo(tmp_path, CLOSED)
    assert again.returncode == 0, again.stderr


def test_without_gpg_it_is_unsigned_and_says_so(tmp_path: Path) -> None:
    ran = demo(tmp_path, CLOSED, without("gpg", tmp_path / "bin"))
    assert ran.returncode == 0, ran.stderr
    assert "unsigned, because gpg is missing" in ran.stdout


def test_an_archive_that_answers_wrongly_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = demo(tmp_path, f"file://{tmp_path}/empty")
    assert ran.returncode == 1
    assert "No archive can be reached" not in ran.stdout
