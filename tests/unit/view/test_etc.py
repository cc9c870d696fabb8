"""``/etc`` that programs may write: the user's changes persist, other files follow the packages, and conflicts are reported."""

import os
import pathlib
import subprocess

import pytest
import toy_views
from hypothesis import given
from hypothesis import strategies as st

from nipsys.effects.host.namespaces import Namespaces
from nipsys.model.event import Event, Warned
from nipsys.store.trees import Store
from nipsys.view.assemble import build_view
from nipsys.view.compose import compose_view
from nipsys.view.etc import EtcEntry, merge_etc, plan_merge
from nipsys.view.model import ViewPlan

OPEN = Namespaces(True, True)

PATHS = st.sampled_from(["a", "b", "c"])
THINGS = st.dictionaries(PATHS, st.builds(EtcEntry, st.sampled_from("fl"), st.sampled_from("123")), max_size=3)


@given(THINGS, THINGS, THINGS)
def test_a_merge_keeps_what_the_user_changed(before: dict[str, EtcEntry], after: dict[str, EtcEntry], users: dict[str, EtcEntry]) -> None:
    there = dict(users)
    told = []
    for path, what in plan_merge(before, after, users.get):
        if what == "put":
            there[path] = after[path]
        elif what == "remove":
            del there[path]
        else:
            told.append(path)
    for path in "abc":
        old, new, his, now = before.get(path), after.get(path), users.get(path), there.get(path)
        if his == old:
            assert now == new, "what the user left alone follows the packages"
        else:
            assert now == his, "what the user changed is the user's"
        conflict = his not in {old, new, None} and new not in {old, None}
        assert (path in told) == conflict


@pytest.fixture
def busy(busybox: bytes) -> dict[str, bytes | str]:
    applets = ("sh", "cat", "echo", "rm", "mkdir", "ls")
    return {"usr/bin/busybox": busybox, **{f"usr/bin/{name}": "->busybox" for name in applets}}


class House:
    """A root whose current generation is made by hand."""

    def __init__(self, store: Store, keep: toy_views.Keep, busy: dict[str, bytes | str]) -> None:
        self.store, self.keep, self.busy = store, keep, busy
        self.number = 0
        self.told: list[Event] = []

    def build(self, **etc: str) -> ViewPlan:
        content = {f"etc/{name}": text for name, text in etc.items()}
        plan = compose_view(toy_views.world(self.keep("base", {**self.busy, **content}, requested=True)))
        build_view(plan, self.store, namespaces=OPEN)
        return plan

    def switch(self, plan: ViewPlan) -> None:
        root = pathlib.Path(self.store.layout.root)
        self.number += 1
        (root / f"generations/{self.number}/views").mkdir(parents=True)
        (root / f"generations/{self.number}/views/debian").symlink_to(f"../../../store/{plan.directory}")
        (root / "current").unlink(missing_ok=True)
        (root / "current").symlink_to(f"generations/{self.number}")
        merge_etc(self.store.layout, self.told.append)

    def sh(self, plan: ViewPlan, script: str) -> str:
        program = f"{self.store.path(plan.directory)}/.run/usr/bin/sh"
        ran = subprocess.run([program, "-c", script], capture_output=True, text=True, check=False)
        return ran.stdout + ran.stderr


@pytest.fixture(params=["compiled", "python"])
def house(
    request: pytest.FixtureRequest, store: Store, keep: toy_views.Keep, busy: dict[str, bytes | str], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Return a house whose programs are started by each kind of launcher."""
    request.getfixturevalue("namespaces")
    if request.param == "python":
        monkeypatch.setattr("nipsys.view.launcher.binary.compile_static", lambda source, target: "")
        monkeypatch.setattr("os.access", lambda path, mode, real=os.access: "launch-" not in str(path) and real(path, mode))
    return House(store, keep, busy)


def test_a_program_writes_to_etc_and_the_store_stays(house: House) -> None:
    plan = house.build(conf="packaged\n")
    house.switch(plan)
    said = house.sh(
        plan, "echo mine > /etc/conf; echo new > /etc/other; rm /etc/nsswitch.conf; cat /etc/conf /etc/other; ls /etc/nsswitch.conf"
    )
    assert said.startswith("mine\nnew\n")
    assert "No such file" in said
    assert pathlib.Path(house.store.path(plan.directory), "etc/conf").read_text() == "packaged\n"
    assert "Read-only" in house.sh(plan, "echo x > /usr/bin/x")


def test_changes_persist_across_generations_and_rollbacks(house: House) -> None:
    first = house.build(conf="1\n", other="1\n", gone="1\n", removed="1\n")
    house.switch(first)
    house.sh(first, "echo mine > /etc/conf; rm /etc/removed")
    second = house.build(conf="1\n", other="2\n", fresh="2\n", removed="1\n")
    house.switch(second)
    assert house.sh(second, "cat /etc/conf /etc/other /etc/fresh; ls /etc/gone /etc/removed").count("No such file") == 2
    assert house.sh(second, "cat /etc/conf /etc/other /etc/fresh") == "mine\n2\n2\n"
    assert not house.told
    house.switch(first)
    assert house.sh(first, "cat /etc/conf /etc/other /etc/gone") == "mine\n1\n1\n"
    assert "No such file" in house.sh(first, "cat /etc/fresh")


def test_a_conflict_is_reported_once_and_both_versions_are_kept(house: House) -> None:
    first = house.build(conf="1\n")
    house.switch(first)
    house.sh(first, "echo mine > /etc/conf")
    second = house.build(conf="2\n")
    house.switch(second)
    assert house.sh(second, "cat /etc/conf /etc/conf.nipsys-new") == "mine\n2\n"
    (told,) = house.told
    assert isinstance(told, Warned)
    assert "`/etc/conf` of world `debian`" in told.message
    merge_etc(house.store.layout, house.told.append)
    assert len(house.told) == 1


def test_only_the_etc_of_the_view_is_visible(house: House) -> None:
    """A shell without a generation, or an older generation, sees what its packages bring."""
    first, second = house.build(conf="1\n"), house.build(conf="2\n")
    house.switch(second)
    assert house.sh(first, "cat /etc/conf; echo x > /etc/conf").startswith("1\n")
    assert "Read-only" in house.sh(first, "echo x > /etc/conf")
    assert house.sh(second, "cat /etc/conf") == "2\n"


def test_a_killed_merge_is_completed_by_the_next_call(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = house.build(a="1\n", b="1\n"), house.build(a="2\n", b="2\n")
    house.switch(first)
    house.sh(first, "echo mine > /etc/a")
    real, left = os.rename, [1]

    def dies(source: str, target: str) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            house.switch(second)
    assert house.sh(second, "cat /etc/a /etc/b") == "2\n2\n", "half merged: the packages' own"
    merge_etc(house.store.layout, house.told.append)
    assert house.sh(second, "cat /etc/a /etc/b") == "mine\n2\n"
