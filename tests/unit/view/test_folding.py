"""Folding: a directory of one package is one link; a second package turns it into a directory; the same files stay visible."""

from posixpath import dirname

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nipsys.model.system.generation import FarmLink
from nipsys.view.folding import fold_links
from nipsys.view.model import MergedEntry, TriggerStep, ViewPlan


def view(files: dict[str, str], world: str = "w", writes: tuple[str, ...] = ()) -> ViewPlan:
    """Make a view of files with their owners; directories come with them."""
    directories = {dirname(path) for path in files}
    for path in list(directories):
        while path := dirname(path):
            directories.add(path)
    entries = [MergedEntry(path, "d", "", "") for path in directories if path] + [
        MergedEntry(path, "f", f"t/{path}", owner) for path, owner in files.items()
    ]
    steps = (TriggerStep("trigger", ("x",), writes=writes),) if writes else ()
    return ViewPlan(world, "x86_64", "blake3:k", f"k-{world}-view", "view", "", tuple(sorted(entries)), steps, (), (), ())


def linked(plan: ViewPlan, exposed: tuple[str, ...]) -> list[FarmLink]:
    """Return the links of the files of the packages ``exposed``, as ``links_of`` makes them."""
    rows = []
    for entry in plan.entries:
        if entry.kind == "f" and entry.owner in exposed and entry.path.startswith("usr/include/"):
            place = f"Links/Headers/{entry.path[len('usr/include/') :]}"
            rows.append(FarmLink(place, f"{'../' * place.count('/')}views/{plan.world}/{entry.path}"))
    return rows


def paths(files: dict[str, str], exposed: tuple[str, ...], **more: tuple[str, ...]) -> list[str]:
    plan = view(files, **more)
    return sorted(link.path for link in fold_links(linked(plan, exposed), [plan]))


OPENSSL = {"usr/include/openssl/ssl.h": "o", "usr/include/openssl/in/bio.h": "o", "usr/include/top.h": "o"}


def test_a_directory_with_one_owner_is_one_link() -> None:
    plan = view(OPENSSL)
    assert sorted(fold_links(linked(plan, ("o",)), [plan])) == [
        ("Links/Headers/openssl", "../../views/w/usr/include/openssl"),
        ("Links/Headers/top.h", "../../views/w/usr/include/top.h"),
    ]


def test_a_second_package_unfolds_only_the_directories_it_adds_to() -> None:
    joined = OPENSSL | {"usr/include/openssl/more.h": "p"}
    assert paths(joined, ("o", "p")) == [
        "Links/Headers/openssl/in", "Links/Headers/openssl/more.h", "Links/Headers/openssl/ssl.h", "Links/Headers/top.h",
    ]  # fmt: skip
    assert "Links/Headers/openssl/ssl.h" in paths(joined, ("o",)), "what is not exposed is not shown by the way"
    deep = OPENSSL | {"usr/include/openssl/deep/er/x.h": "p"}
    assert "Links/Headers/openssl/ssl.h" in paths(deep, ("o",))


def test_directories_that_triggers_write_are_not_folded() -> None:
    assert len(paths(OPENSSL, ("o",), writes=("usr/include/openssl/in",))) == 3
    assert len(paths(OPENSSL, ("o",), writes=("usr/include",))) == 3
    assert len(paths(OPENSSL, ("o",), writes=("usr/share",))) == 2


def test_folding_exposes_nothing_that_was_not_linked() -> None:
    """Of the same package: a file left out, and a directory that is linked from elsewhere."""
    plan = view(OPENSSL)
    less = [link for link in linked(plan, ("o",)) if not link.path.endswith("ssl.h")]
    assert sorted(link.path for link in fold_links(less, [plan])) == ["Links/Headers/openssl/in", "Links/Headers/top.h"]
    moved = [link._replace(path=link.path.replace("Headers/openssl/in", "Other/in")) for link in linked(plan, ("o",))]
    assert sorted(link.path for link in fold_links(moved, [plan])) == [
        "Links/Headers/openssl/ssl.h",
        "Links/Headers/top.h",
        "Links/Other/in",
    ]


def test_a_second_world_unfolds_shared_directories() -> None:
    one, two = view(OPENSSL), view({"usr/include/openssl/other.h": "q"}, "z")
    links = fold_links([*linked(one, ("o",)), *linked(two, ("q",))], [one, two])
    assert "Links/Headers/openssl/other.h" in {link.path for link in links}
    assert "Links/Headers/openssl" not in {link.path for link in links}


@pytest.mark.parametrize("target", ["../../../views/w/.share/usr/include/openssl/ssl.h", "../../../../../store/x/ssl.h", "/etc/ssl.h"])
def test_other_targets_are_left_alone(target: str) -> None:
    plan = view(OPENSSL)
    links = [link._replace(target=target) if link.path.endswith("ssl.h") else link for link in linked(plan, ("o",))]
    assert len(fold_links(links, [plan])) == 3


NAMES = st.sampled_from(["a", "b", "c"])
FILES = st.dictionaries(st.lists(NAMES, min_size=1, max_size=4).map("/".join), st.sampled_from(["o", "p", ""]), max_size=14)


@settings(max_examples=400, deadline=None)
@given(
    files=FILES, other=FILES, exposed=st.sampled_from([("o",), ("o", "p")]), writes=st.none() | st.lists(NAMES, max_size=3).map("/".join)
)
def test_folded_links_expose_the_same_files(
    files: dict[str, str], other: dict[str, str], exposed: tuple[str, ...], writes: str | None
) -> None:
    def tidy(found: dict[str, str]) -> dict[str, str]:  # no file is where another needs a directory
        return {f"usr/include/{path}": owner for path, owner in found.items() if not any(path.startswith(f"{one}/") for one in found)}

    plans = [view(tidy(files), writes=(f"usr/include/{writes}".rstrip("/"),) if writes is not None else ()), view(tidy(other), "z")]
    every: dict[str, FarmLink] = {}
    for plan in plans:
        for link in linked(plan, exposed):
            every.setdefault(link.path, link)
    links = {path: link for path, link in every.items() if not any(path.startswith(f"{one}/") for one in every)}
    shown: dict[str, str] = {}
    for link in fold_links(links.values(), plans):
        world, _, inside = link.target.lstrip("./").removeprefix("views/").partition("/")
        assert link.target == f"{'../' * link.path.count('/')}views/{world}/{inside}"
        if link.path in links:
            shown[link.path] = f"{world}/{inside}"
            continue
        plan = next(plan for plan in plans if plan.world == world)
        below = [entry for entry in plan.entries if entry.kind != "d" and entry.path.startswith(f"{inside}/")]
        assert below
        assert len({entry.owner for entry in below}) == 1
        for entry in below:
            path = link.path + entry.path[len(inside) :]
            assert path not in shown
            shown[path] = f"{world}/{entry.path}"
    assert shown == {path: link.target.lstrip("./").removeprefix("views/") for path, link in links.items()}
