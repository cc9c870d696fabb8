"""The quick status: which generation is current, and what was changed behind its back."""

import json
import os
from pathlib import Path

import pytest

from nipsys.generation import files_path
from nipsys.generation.quick_status import read_quick_status

TARGETS = ("~/.vimrc", "~/.config/a b/root", "/etc/motd")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a root whose third generation is current and has one tree."""
    made = tmp_path / "root"
    (made / "generations/3").mkdir(parents=True)
    (made / "store/tree-1").mkdir(parents=True)
    (made / "current").symlink_to("generations/3")
    facts = {"digest": "blake3:00", "profile": "p", "created": "2026-11-20T08:00:00Z", "packages": 1, "files": []}
    (made / "generations/3/made.json").write_text(json.dumps(facts))
    (made / "generations/3/trees").write_text("tree-1\thello\n")
    return made


def drift_of(root: Path, home: Path, *targets: str) -> tuple[str, ...]:
    made = root / "current/made.json"
    made.write_text(json.dumps({**json.loads(made.read_text()), "files": targets}))
    found = read_quick_status(str(root), str(home))
    assert found is not None
    return found.drift


def test_a_root_without_a_generation_has_no_status(tmp_path: Path) -> None:
    assert read_quick_status(str(tmp_path), "/") is None


def test_the_current_generation_is_described(root: Path) -> None:
    found = read_quick_status(str(root), "/")
    assert found is not None
    assert (found.number, found.profile, found.packages, found.drift) == (3, "p", 1, ())


def test_a_missing_tree_is_drift(root: Path) -> None:
    os.rmdir(root / "store/tree-1")
    assert drift_of(root, root) == ("the tree of `hello` is missing from the store",)


@pytest.mark.parametrize("target", TARGETS)
def test_links_are_accepted_as_the_writer_makes_them(root: Path, tmp_path: Path, target: str) -> None:
    if not target.startswith("~/"):
        target = f"{tmp_path}{target}"
    at = Path(target.replace("~", str(tmp_path / "home"), 1))
    at.parent.mkdir(parents=True)
    at.symlink_to(f"{root}/current/Files/{files_path(target)}")
    assert drift_of(root, tmp_path / "home", target) == ()


@pytest.mark.parametrize(
    "link",
    [None, "{root}/current/Files/home/.other", "{root}/current/Files/.vimrc", "{root}/generations/3/Files/home/.vimrc", "/home/.vimrc"],
)
def test_any_other_link_is_drift(root: Path, tmp_path: Path, link: str | None) -> None:
    if link is not None:
        (tmp_path / ".vimrc").symlink_to(link.format(root=root))
    assert drift_of(root, tmp_path, "~/.vimrc") == ("`~/.vimrc` no longer leads to the profile's file",)


def test_a_file_in_place_of_a_link_is_drift(root: Path, tmp_path: Path) -> None:
    (tmp_path / ".vimrc").write_text("mine")
    assert len(drift_of(root, tmp_path, "~/.vimrc")) == 1
