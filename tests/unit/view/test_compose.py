"""Composing a view: usrmerge, clashes reported before a byte is written, diversions, keys that are the same on every machine."""

import pytest
import toy_views
from hypothesis import given
from hypothesis import strategies as st

from nipsys.model.problem import Rejected
from nipsys.view.compose import compose_view, find_dangling, resolve_path, to_relative_target
from nipsys.view.model import MergedEntry, ViewPlan

member, world = toy_views.member, toy_views.world


def entries(plan: ViewPlan) -> dict[str, MergedEntry]:
    return {entry.path: entry for entry in plan.entries}


def test_old_places_are_merged_into_usr() -> None:
    found = entries(
        compose_view(world(member("a", {"bin/sh": b"x", "lib/x86_64-linux-gnu/liba.so": "x"}), member("base", {"bin": "->usr/bin"})))
    )
    assert found["usr/bin/sh"].owner == "debian/a"
    assert "usr/lib/x86_64-linux-gnu/liba.so" in found
    assert found["bin"] == MergedEntry("bin", "l", "usr/bin", "")


def test_package_metadata_stays_out_of_the_view() -> None:
    assert not [
        path for path in entries(compose_view(world(member("a", {".package/postinst": "true", "usr/bin/a": b"x"})))) if ".package" in path
    ]


def test_parents_come_before_children() -> None:
    paths = [entry.path for entry in compose_view(world(member("a", {"opt/deep/er/x": b"1"}))).entries]
    for path in paths:
        for parent in toy_views.parents(path):
            assert paths.index(parent) < paths.index(path)


def test_every_clash_is_named_with_both_packages() -> None:
    one, two = member("one", {"usr/bin/x": b"1", "etc/y": "1"}), member("two", {"bin/x": b"2", "etc/y": "2"})
    with pytest.raises(Rejected) as raised:
        compose_view(world(one, two))
    messages = [problem.message for problem in raised.value.problems]
    assert len(messages) == 2
    assert all("`debian/one` and `debian/two`" in message for message in messages)
    assert "`/usr/bin/x`" in messages[0] + messages[1]


def test_equal_files_do_not_clash_and_a_changed_byte_does() -> None:
    compose_view(world(member("one", {"usr/x": "same"}), member("two", {"usr/x": "same"})))
    with pytest.raises(Rejected):
        compose_view(world(member("one", {"usr/x": "same"}), member("two", {"usr/x": "Same"})))


def test_a_directory_for_one_and_a_file_for_the_other_is_a_clash() -> None:
    with pytest.raises(Rejected) as raised:
        compose_view(world(member("one", {"usr/x/y": "1"}), member("two", {"usr/x": "1"})))
    assert raised.value.problems[0].code == "path-clash"


@pytest.mark.parametrize("order", [0, 1])
def test_a_package_that_replaces_another_takes_its_file(order: int) -> None:
    old, new = member("a-old" if order else "z-old", {"usr/x": "old"}), member("m-new", {"usr/x": "new"}, replaces=("a-old", "z-old"))
    assert entries(compose_view(world(old, new)))["usr/x"].owner == "debian/m-new"


def test_a_diversion_moves_the_file_of_another_package() -> None:
    script = "dpkg-divert --package dash --add --rename --divert /usr/bin/x.real /usr/bin/x"
    found = entries(
        compose_view(world(member("a", {"usr/bin/x": b"plain"}), member("b", {"usr/bin/x": b"own", ".package/preinst": script})))
    )
    assert found["usr/bin/x"].owner == "debian/b"
    assert found["usr/bin/x.real"].owner == "debian/a"


def test_the_key_depends_only_on_trees_and_choices() -> None:
    one, two = member("one", {"usr/bin/x": b"1"}), member("two", {"usr/y": "2"})
    key = compose_view(world(one, two)).key
    assert compose_view(world(two, one)).key == key
    assert compose_view(world(one, member("two", {"usr/y": "3"}))).key != key
    assert compose_view(world(member("one", {"usr/bin/x": b"1"}, requested=True), two)).key != key
    assert compose_view(world(one, two)).directory.endswith("-debian-view")


def test_absolute_links_become_relative_and_stay_inside() -> None:
    plan = compose_view(
        world(member("a", {"usr/lib/a": "->/etc/a", "etc/a": "x", "usr/dev": "->/dev/null", "bin/t": "->/bin/u", "bin/u": b"x"}))
    )
    found = entries(plan)
    assert found["usr/lib/a"].origin == "../../etc/a"
    assert found["usr/dev"].origin == "/dev/null"
    assert resolve_path(found, "bin/t") == "usr/bin/u"


@given(
    st.lists(st.sampled_from(["a", "b", "usr", "lib", "etc"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["x", "usr", "bin", ".."]), min_size=1, max_size=4),
)
def test_relative_targets_lead_where_the_absolute_ones_did(where: list[str], goal: list[str]) -> None:
    import posixpath

    target = "/" + "/".join(part for part in goal if part != "..") or "/x"
    relative = to_relative_target("/".join(where), target)
    landed = posixpath.normpath(posixpath.join("/", *where[:-1], relative))
    wanted = posixpath.normpath(target)
    assert landed in {wanted, "/usr" + wanted}


def test_dangling_links_are_named() -> None:
    plan = compose_view(world(member("a", {"usr/lib/R/etc/Renviron": "->/etc/R/Renviron", "usr/ok": "->usr", "usr/host": "->/run/x"})))
    assert [line for line in plan.warnings if "Renviron" in line]
    assert not [line for line in plan.warnings if "/run/x" in line]
    assert find_dangling({"l": MergedEntry("l", "l", "l", "debian/loop")})


def test_live_files_of_the_host_win_over_a_package() -> None:
    found = entries(compose_view(world(member("base", {"etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/nsswitch.conf": "hosts: files\n"}))))
    assert found["etc/passwd"].origin == "/.host/etc/passwd"
    assert found["etc/nsswitch.conf"].owner == "debian/base"


def test_a_world_with_its_own_prefix_gets_no_skeleton() -> None:
    plan = compose_view(world(member("hello", {"abc-hello/bin/hello": b"x"}, requested=True), prefix="/nix/store"))
    assert plan.mode == "prefix"
    assert {entry.path for entry in plan.entries} == {"abc-hello", "abc-hello/bin", "abc-hello/bin/hello"}
    assert [stub.program for stub in plan.stubs] == ["/nix/store/abc-hello/bin/hello"]
