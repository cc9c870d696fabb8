"""Composing again after a change: unchanged files are linked, not read; the result is that of composing from nothing."""

import errno
import os
import pathlib

import pytest
import toy_views
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nipsys.effects.disk import RealDisk
from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.problem import Rejected
from nipsys.store.ingest.scan import scan_tree
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.model import ViewPlan

OPEN = Namespaces(True, True)


def whole(store: Store, plan: ViewPlan) -> bool:
    """Read every byte of the view and hold it against its manifest."""
    return scan_tree(store.disk, f"store/{plan.directory}") == store.read_manifest(plan.directory)


NAMES = st.sampled_from(["usr/bin/a", "usr/share/b", "etc/c", "usr/share/d/e", "lib/f", "usr/lib/f"])
CONTENT = st.one_of(st.binary(max_size=3), st.sampled_from(["x", "y", "->b", "->/etc/c"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.dictionaries(NAMES, CONTENT, max_size=4), st.booleans()), min_size=1, max_size=3), st.data())
def test_a_view_composed_again_equals_one_read_from_every_byte(
    store: Store, keep: toy_views.Keep, packages: list[tuple[dict[str, object], bool]], data: st.DataObject
) -> None:
    changed = [*packages, (data.draw(st.dictionaries(NAMES, CONTENT, max_size=4)), True)]
    for wanted in (packages, changed):
        members = [keep(f"p{place}", content, requested=shown) for place, (content, shown) in enumerate(wanted)]
        try:
            plan = compose_view(toy_views.world(*members))
        except Rejected:
            return
        build_view(plan, store, namespaces=OPEN)
        assert whole(store, plan)


@pytest.mark.usefixtures("namespaces")
def test_files_that_a_trigger_wrote_are_read_again(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    schemas = "usr/share/glib-2.0/schemas"
    tool = f"#!/usr/bin/sh\necho more >> /{schemas}/a.gschema.xml\n"
    content = {"usr/bin/busybox": busybox, "usr/bin/sh": "->busybox", "usr/bin/glib-compile-schemas": tool.encode()}
    plan = compose_view(toy_views.world(keep("glib", {**content, f"{schemas}/a.gschema.xml": "x"})))
    assert build_view(plan, store, namespaces=OPEN).failed == ()
    assert whole(store, plan)


@pytest.mark.usefixtures("namespaces")
def test_files_that_a_script_wrote_are_read_again(store: Store, keep: toy_views.Keep, busybox: bytes) -> None:
    content = {
        "usr/bin/busybox": busybox,
        "usr/bin/sh": "->busybox",
        "usr/share/x": "x",
        ".package/postinst": "#!/bin/sh\necho y > /usr/share/x\n",
    }
    plan = compose_view(toy_views.world(keep("a", content, scripts="sandbox")))
    assert build_view(plan, store, namespaces=OPEN).failed == ()
    assert whole(store, plan)


def test_files_of_unchanged_packages_are_not_read(store: Store, keep: toy_views.Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    keepers = [keep("a", {"usr/share/a": "a" * 100}), keep("b", {"usr/share/b": "b" * 100})]
    opened: list[str] = []
    real = RealDisk.read

    def read(disk: RealDisk, path: str) -> object:
        opened.append(path)
        return real(disk, path)

    monkeypatch.setattr(RealDisk, "read", read)
    plan = compose_view(toy_views.world(*keepers))
    build_view(plan, store, namespaces=OPEN)
    assert not [path for path in opened if path.endswith(("usr/share/a", "usr/share/b"))]
    assert [path for path in opened if path.endswith("etc/nsswitch.conf")], "a text of the view's own is read"
    assert os.path.exists(f"{store.path(plan.directory)}/usr/share/a")


def test_a_file_with_the_most_hard_links_is_copied(store: Store, keep: toy_views.Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    package = keep("a", {"usr/share/a": "a", "usr/share/b": "b", "usr/share/c": "c"})
    real = RealDisk.link

    def link(disk: RealDisk, origin: RealDisk, source: str, path: str) -> None:
        if path.endswith("usr/share/b"):
            raise OSError(errno.EMLINK, "too many links", path)
        real(disk, origin, source, path)

    monkeypatch.setattr(RealDisk, "_load_library", lambda _: None)
    monkeypatch.setattr(RealDisk, "link", link)
    plan = compose_view(toy_views.world(package))
    build_view(plan, store, namespaces=OPEN)
    view = pathlib.Path(store.path(plan.directory), "usr/share")
    assert [(view / name).read_text() for name in "abc"] == ["a", "b", "c"]
    assert [os.stat(view / name).st_nlink for name in "abc"] == [2, 1, 2]
    assert whole(store, plan)
