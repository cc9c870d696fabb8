"""Composing beside what earlier generations left gives what composing in an empty root gives: digests, names, links, refusals."""

import posixpath
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipsys.effects.clock import FixedClock
from nipsys.effects.disk.simulated import SimulatedDisk
from nipsys.generation.catalog import Generations
from nipsys.generation.links import rows as table_module
from nipsys.generation.links.farm import GeneratedFile, compose_farm
from nipsys.generation.links.rows import directory_name_of
from nipsys.model.digest import blake3_of, to_canonical_json
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import FarmLink, System, WorldView
from nipsys.model.value import replace

PLAIN = ["a", "b", "ab", "a b", "a!", "a-", "a0", "z", ".x", "..x"]
ODD = ['"', '","', 'a\\"b', 'a"b', "\\", "é", "\n", "\x7f", "", ".", "..", '"],["', "\udcff"]
TOPS = st.sampled_from(["Links", "Links/Shared", "Links/Shared/man", "Links/Shared-x", "Programs/Git", "Programs/Git/2", "Files"])
WORLDS = ("debian", "alpine")


BELOW = ["b b", "d", "d-", "e"]
"""Directories that seldom have the name of a link."""


@st.composite
def links(draw: st.DrawFn, names: list[str]) -> FarmLink:
    """Return a link; most lead into the store, straight or through a view, as those that the app makes."""
    few = draw(st.integers(0, 9)) == 0
    names = names if few else PLAIN
    place = "/".join((draw(TOPS), *draw(st.lists(st.sampled_from(names if few else BELOW), max_size=2))))
    deep = place.count("/") + 1
    tail = draw(st.sampled_from(["x-git-1/f", "x-git-2/f", "x-git-1", "x/../y", "x//y", "é"]))
    ways = [f"{'../' * (2 + deep)}store/{tail}"] * 3 + [f"{'../' * deep}views/{world}/{tail}" for world in WORLDS]
    odd = [f"{ways[number]}/../../../{end}" for number in (0, 3) for end in ("x", "generations")]
    odd += [f"{'../' * (1 + deep)}store/{tail}", "/etc/z", "plain", f"{'../' * deep}views/gone/x", f"{'../' * deep}views/debian", "../x/y"]
    return FarmLink(f"{place}/{draw(st.sampled_from(names))}", draw(st.sampled_from(ways if names is PLAIN else ways + odd)))


@st.composite
def systems(draw: st.DrawFn, names: list[str]) -> tuple[System, ...]:
    """Return systems that follow one another, each the one before but for some links, perhaps a view, perhaps the order."""
    found = []
    known: dict[int, FarmLink] = dict(enumerate(draw(st.lists(links(names), max_size=25))))
    keys = [draw(st.integers(1, 3)), draw(st.integers(1, 3))]
    for _ in range(draw(st.integers(1, 4))):
        views = tuple(WorldView(world, "k", f"key{key}-{world}-view", "view") for world, key in zip(WORLDS, keys, strict=True))
        rows = list(known.values())
        if draw(st.integers(0, 9)):
            unique = {link.path: link for link in rows}
            rows = sorted(unique.values())
        found.append(System("p", "d", "l", "x86_64", views=views, links=tuple(rows)))
        for number in draw(st.lists(st.integers(0, 30), max_size=6)):
            known.pop(number, None)
            if draw(st.booleans()):
                known[number] = draw(links(names))
        if draw(st.booleans()):
            keys[draw(st.integers(0, 1))] = draw(st.integers(1, 3))
    return tuple(found)


PIECES = st.lists(
    st.builds(GeneratedFile, st.sampled_from(["Links/Shared/unit", "Links/u", "Links/Shared/man/a"]), st.binary(max_size=2)), max_size=2
)


class Seen(NamedTuple):
    """A generation as it stands on its disk."""

    digest: str
    manifest: bytes
    folders: tuple[str, ...]
    content: dict[str, tuple[tuple[str, str | bytes], ...]]
    """What stands in each shared directory."""
    ends: dict[str, str | bytes]
    """Where each path leads in the root, or what it holds."""


def seen(generations: Generations, number: int) -> Seen:
    disk = generations.disk
    home = f"generations/{number}"
    folders = tuple(bytes(disk.read(f"{home}/links")).decode().split())
    content = {}
    for folder in folders:
        rows = sorted(disk.list_entries(f"generations/.links/{folder}"))
        at = f"generations/.links/{folder}/"
        content[folder] = tuple((name, disk.readlink(at + name) if kind == "link" else bytes(disk.read(at + name))) for name, kind in rows)
    ends: dict[str, str | bytes] = {}
    for name, kind in disk.list_entries(home):
        if kind == "link":
            walk(name, disk.readlink(f"{home}/{name}").rpartition("/")[2], content, ends)
    manifest = bytes(disk.read(f"{home}/manifest.json"))
    return Seen(generations.summary(number).digest, manifest, folders, content, ends)


def walk(path: str, folder: str, content: dict[str, tuple[tuple[str, str | bytes], ...]], ends: dict[str, str | bytes]) -> None:
    for name, found in content[folder]:
        if isinstance(found, str) and found.startswith("../") and found[3:] in content:
            walk(f"{path}/{name}", found[3:], content, ends)
        else:
            end = found if isinstance(found, bytes) or "/" not in found else posixpath.normpath(f"/root/generations/.links/x/{found}")
            ends[f"{path}/{name}"] = found if isinstance(found, str) and found.startswith("/") else end


def wanted(system: System, pieces: list[GeneratedFile]) -> dict[str, str | bytes]:
    """Say from the system alone where each path has to lead."""
    views = {view.world: view.directory for view in system.views}
    found: dict[str, str | bytes] = {piece.path: piece.content for piece in pieces}
    for path, target in system.links:
        if target.startswith("/") or "/" not in target:
            found[path] = target
            continue
        end = posixpath.normpath(f"/root/generations/N/{posixpath.dirname(path)}/{target}")
        _, mark, inside = end.partition("/root/generations/N/views/")
        world, _, rest = inside.partition("/")
        found[path] = posixpath.normpath(f"/root/store/{views[world]}/{rest}") if mark else end
    return found


def apply(generations: Generations, system: System, pieces: list[GeneratedFile]) -> Seen | tuple[str, ...]:
    try:
        summary = generations.commit(generations.stage(system, pieces))
    except Rejected as rejected:
        return tuple(sorted(problem.message for problem in rejected.problems))
    return seen(generations, summary.number)


def alike(every: tuple[System, ...], pieces: list[GeneratedFile]) -> None:
    beside = Generations("/root", SimulatedDisk(), clock=FixedClock())
    for system in every:
        fresh = apply(Generations("/root", SimulatedDisk(), clock=FixedClock()), system, pieces)
        assert apply(beside, system, pieces) == fresh
        if isinstance(fresh, Seen):
            assert fresh.manifest == to_canonical_json(system.to_dict())
            assert fresh.digest == blake3_of(fresh.manifest) == system.digest()
            assert fresh.ends == wanted(system, pieces)


@settings(max_examples=150, deadline=None)
@given(systems(PLAIN), PIECES)
def test_what_was_there_before_changes_nothing(every: tuple[System, ...], pieces: list[GeneratedFile]) -> None:
    alike(every, pieces)


@settings(max_examples=250, deadline=None)
@given(systems(PLAIN + ODD), PIECES)
def test_nor_does_it_with_names_and_targets_of_any_kind(every: tuple[System, ...], pieces: list[GeneratedFile]) -> None:
    alike(every, pieces)


def named(system: System) -> list[tuple[str, str]] | set[str]:
    try:
        return [(name, top.name) for name, top in compose_farm(system)]
    except Rejected as rejected:
        return {problem.message for problem in rejected.problems}


@settings(max_examples=100, deadline=None)
@given(systems(PLAIN), st.data())
def test_a_directory_has_one_name_whatever_the_order(every: tuple[System, ...], data: st.DataObject) -> None:
    for system in every:
        assert named(replace(system, links=tuple(data.draw(st.permutations(system.links))))) == named(system)


def of(*rows: tuple[str, str], view: str = "v1") -> System:
    return System("p", "d", "l", "x86_64", views=(WorldView("w", "k", view, "view"),), links=tuple(FarmLink(*row) for row in rows))


def test_what_is_written_alike_is_not_taken_for_the_same() -> None:
    """A name with a quote, as JSON writes it, is the text of another name with a backslash."""
    quote, backslash = (of((f"Links/{name}", "../../../store/t")) for name in ('a"b', 'a\\"b'))
    alike((quote, backslash, quote), [])
    alike((backslash, quote, backslash), [])
    assert directory_name_of("", b"0x", 1, plain=True) != directory_name_of("", b"x", 10, plain=True)


def test_a_view_made_anew_is_led_into() -> None:
    rows = [(f"Links/Headers/{name}", f"../../views/w/usr/include/{name}") for name in "abc"]
    alike((of(*rows), of(*rows, view="v2"), of(*rows)), [])


def test_what_is_known_and_unordered_is_sorted_all_the_same() -> None:
    """Each directory is one that is there already, but they stand in the wrong order, or twice."""
    first = [("Links/A/x", "../../../../store/t"), ("Links/A/y", "../../../../store/t")]
    second = [("Links/B/x", "../../../../store/t")]
    alike((of(*first, *second), of(*second, *first), of(*first[::-1], *second), of(*first, *first), of(*second, *first, *second)), [])


def refused(*rows: tuple[str, str], piece: str = "") -> str:
    with pytest.raises(Rejected) as caught:
        compose_farm(of(*rows), [GeneratedFile(piece, b"")] if piece else [])
    return str(caught.value)


@pytest.mark.parametrize("name", ["", ".", ".."])
@pytest.mark.parametrize("others", [[], ["a", "z"]])
def test_what_is_no_name_is_refused(name: str, others: list[str]) -> None:
    assert "not a valid name" in refused(*((f"Links/A/{other}", "../../../../store/t/x") for other in (name, *others)))


def test_what_two_want_is_refused_however_far_apart() -> None:
    rows = [("Links/x", "../../../store/t"), ("Links/a", "../../../store/t"), ("Links/x", "../../../store/u")]
    assert "`Links/x` cannot be placed: it is provided more than once" in refused(*rows)
    assert "`Links/a` cannot be placed: it is provided more than once" in refused(*rows[:2], piece="Links/a")


@pytest.mark.parametrize("target", ["../views/w/../../Programs", "../../../store/../generations/1", "../../../store/t/../../generations"])
@pytest.mark.parametrize("beside", [(), (("Links/d/y", "../../../../store/t"),), (("Links/b", "/etc/b"),), (("Links/b", "../views/w/b"),)])
def test_what_climbs_into_a_generation_is_refused(target: str, beside: tuple[tuple[str, str], ...]) -> None:
    assert "inside the generation" in refused(("Links/x", target), *beside)


def test_what_did_not_change_is_not_examined_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of directories that are there already nothing but the names is computed: that is what makes composing again cheap."""
    rows = [(f"Links/Shared/dir{place}/{name}", "../../../../../store/t/x") for place in range(5) for name in "ab"]
    known = {folder.name for _, top in compose_farm(of(*rows)) for folder in top.walk()}
    seen: list[str] = []
    examined = table_module._examine
    monkeypatch.setattr(table_module, "_examine", lambda run, paths: (seen.append(run.directory), examined(run, paths))[1])
    changed = of(*rows[:-1], ("Links/Shared/dir4/b", "../../../../../store/t/y"))
    table_module.build_table(changed, known)
    assert seen == ["Links/Shared/dir4"]
    table_module.build_table(changed)
    assert len(seen) == 1 + 5
