"""The symlink farm: name clashes, targets, and directories that generations share."""

import os
import pathlib

import pytest
from toy_systems import system

from nipsys.effects.clock import FixedClock
from nipsys.generation.catalog import Generations
from nipsys.generation.links.farm import GeneratedFile, compose_farm
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import WorldView


def clashes(*links: tuple[str, str], pieces: tuple[GeneratedFile, ...] = ()) -> str:
    with pytest.raises(Rejected) as caught:
        compose_farm(system(*links), pieces)
    return str(caught.value)


def test_every_clash_is_named_at_once() -> None:
    said = clashes(
        ("Links/Executables/x", "../../../../store/a/x"), ("Links/Executables/x", "../../../../store/b/x"),
        ("Links/Shared/man", "../../../../store/a/man"), ("Links/Shared/man/man1", "../../../../../store/b/man1"),
        ("top", "store/x"), ("Links/../x", "store/x"), pieces=(GeneratedFile("Links/Executables/x", b""),),
    )  # fmt: skip
    for path in ("`Links/Executables/x`", "`Links/Shared/man`", "`top`", "`Links/`"):
        assert path in said


def test_a_target_inside_the_generation_must_be_in_one_of_its_views() -> None:
    view = WorldView("debian", "blake3:k", "key-debian-view", "view")
    ((_, links),) = compose_farm(system(("Links/E/x", "../../views/debian/.run/usr/bin/x"), views=(view,)))
    assert links.directories[0][1].links == (("x", "../../../store/key-debian-view/.run/usr/bin/x"),)
    assert "inside the generation" in clashes(("Links/E/x", "../../views/other/usr/bin/x"))


def test_generations_share_equal_directories(tmp_path: pathlib.Path) -> None:
    generations = Generations(str(tmp_path), clock=FixedClock())
    (tmp_path / "store/a").mkdir(parents=True)
    (tmp_path / "store/a/x").write_text("a")
    same = [(f"Links/Libraries/lib{number}", "../../../../store/a/x") for number in range(5)]
    generations.commit(generations.stage(system(*same, ("Links/Headers/deep/er/x.h", "../../../../../../store/a/x"))))
    before = set(os.listdir(tmp_path / "generations/.links"))
    generations.commit(generations.stage(system(*same, ("Links/Executables/y", "../../../../store/a/x"))))
    assert (tmp_path / "System/Links/Libraries/lib3").read_text() == "a"
    assert (tmp_path / "generations/1/Links/Headers/deep/er/x.h").read_text() == "a"
    libraries = os.readlink(tmp_path / "generations/1/Links/Libraries")
    assert libraries == os.readlink(tmp_path / "generations/2/Links/Libraries")
    assert len(set(os.listdir(tmp_path / "generations/.links")) - before) == 2  # Executables and Links itself
    longest = max(len(os.readlink(top + "/" + name)) for top, _, files in os.walk(tmp_path / "generations/.links") for name in files)
    assert longest < 60


def test_a_directory_is_named_by_its_content() -> None:
    """Whatever the order in which its links are given, and by nothing but them."""
    names = set()
    links = [("Links/A/x", "../../../../store/a/x"), ("Links/A/y", "../../../../store/a/y"), ("Links/A/z", "/etc/z")]
    for order in (links, links[::-1]):
        ((_, top),) = compose_farm(system(*order))
        names.add(top.directories[0][1].name)
        assert top.directories[0][1].links == (("x", "../../../store/a/x"), ("y", "../../../store/a/y"), ("z", "/etc/z"))
    assert len(names) == 1
    for other in (links[:2], [*links, ("Links/A/w", "/etc/w")], [("Links/A/x", "../../../../store/b/x"), *links[1:]]):
        ((_, top),) = compose_farm(system(*other))
        names.add(top.directories[0][1].name)
    ((_, top),) = compose_farm(system(), (GeneratedFile("Links/A/x", b"x"),))
    names.add(top.directories[0][1].name)
    ((_, top),) = compose_farm(system(), (GeneratedFile("Links/A/x", b"x", executable=False),))
    names.add(top.directories[0][1].name)
    assert len(names) == 6
