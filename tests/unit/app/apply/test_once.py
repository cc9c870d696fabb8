"""One real ``apply`` of several packages does nothing twice: counted while it runs, by the code that is entered and the bytes that are hashed."""

import json
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, FunctionType
from typing import NamedTuple

import blake3
import pytest
from debian_maker import Deb, Repository, Signer, need_tools
from loopback import Server

from nipsys import api
from nipsys.app.context import open_context
from nipsys.app.generations import collect_garbage
from nipsys.cli.main import main
from nipsys.effects.host.facts import read_host_facts
from nipsys.generation.manifest import parse_system
from nipsys.model.event import ignore_event
from nipsys.model.system.tree import Tree
from nipsys.sources.kinds import open_source
from nipsys.store.trees import Store

CONTENT = {"~/.config/one": b"the first of the user's files", "~/.config/two": b"the second of the user's files"}
DEBS = [
    Deb("first", "1", fields={"Depends": "second, third"}, files={"usr/share/first/data": b"first " * 900}),
    Deb("second", "1", files={"usr/share/second/data": b"second " * 900}),
    Deb("third", "1", files={"usr/share/third/data": b"third " * 900}),
]
PACKAGES = len(DEBS)
COUNTED: dict[str, Callable[..., object]] = {
    "sources opened": open_source,
    "facts of the host": read_host_facts,
    "manifests parsed": Tree.parse,
    "systems read": parse_system,
    "look-ups in the store": Store.find,
}


class Machine(NamedTuple):
    """A mirror on loopback, a profile with two sources and two files, and a root."""

    home: Path
    repository: Repository

    def apply(self) -> None:
        assert main(["--root", str(self.home / "root"), "apply", str(self.home / "p.kdl"), "--json"]) == 0

    def request(self, *names: str, content: dict[str, bytes]) -> None:
        """Write the profile."""
        url, keyring = (self.home / "address").read_text(), self.repository.signer.keyring
        sources = "".join(f'source "debian" name="{name}" suite="test" mirror="{url}" keyring="{keyring}"\n' for name in ("here", "spare"))
        packages = "".join(f'    {name} source="here"\n' for name in names)
        files = ""
        for target, data in content.items():
            origin = target.rpartition("/")[2]
            (self.home / origin).write_bytes(data)
            files += f'    file "{target}" from="{origin}"\n'
        text = f'profile "p" arch="x86_64"\n{sources}packages {{\n{packages}}}\nfiles {{\n{files}}}\n'
        (self.home / "p.kdl").write_text(text)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    need_tools()
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    signer = Signer(tmp_path)
    with Server(tmp_path / "mirror") as server:
        made = Machine(tmp_path, Repository(tmp_path / "mirror", signer))
        made.repository.publish("test", DEBS)
        (tmp_path / "address").write_text(server.url)
        made.request("first", content=CONTENT)
        yield made
    signer.close()


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Count, in all threads, how often each function of ``COUNTED`` is entered."""
    codes = {function.__code__: name for name, function in COUNTED.items() if isinstance(function, FunctionType)}
    assert len(codes) == len(COUNTED)
    found: Counter[str] = Counter()

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in codes:
            found[codes[frame.f_code]] += 1

    threading.setprofile(enter)
    sys.setprofile(enter)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the bytes of each of the user's files went into a hash."""
    found: Counter[str] = Counter()

    class Hasher:
        """A BLAKE3 that looks at what it is given."""

        def __init__(self, data: bytes = b"") -> None:
            self.inner = blake3_class()
            self.update(data)

        def update(self, data: bytes) -> "Hasher":
            found.update(target for target, content in CONTENT.items() if content in bytes(data))
            self.inner.update(data)
            return self

        def hexdigest(self, *arguments: int) -> str:
            return self.inner.hexdigest(*arguments)

    blake3_class = blake3.blake3
    monkeypatch.setattr(blake3, "blake3", Hasher)
    for name, module in tuple(sys.modules.items()):
        if name.startswith("nipsys.") and getattr(module, "blake3", None) is blake3_class:
            monkeypatch.setattr(module, "blake3", Hasher)
    return found


def test_a_first_apply_does_everything_once(machine: Machine, hashed: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    with counted_calls() as calls:
        machine.apply()
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["plan"]["fetch"]) == PACKAGES
    assert calls == {"sources opened": 2, "facts of the host": 1, "look-ups in the store": PACKAGES}
    assert hashed == dict.fromkeys(CONTENT, 1)


def test_a_later_apply_reads_what_is_there_once(machine: Machine, hashed: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    machine.request("second", content={})
    machine.apply()
    machine.request("first", content=CONTENT)
    hashed.clear()
    capsys.readouterr()
    with counted_calls() as calls:
        machine.apply()
    assert len(json.loads(capsys.readouterr().out)["plan"]["fetch"]) == PACKAGES - 1
    assert calls == {
        "sources opened": 2,
        "facts of the host": 1,
        "manifests parsed": 1,  # of the package that was there before
        "systems read": 1,
        "look-ups in the store": PACKAGES,
    }
    assert hashed == dict.fromkeys(CONTENT, 1)


def test_an_apply_with_nothing_to_do_opens_no_source(machine: Machine) -> None:
    machine.apply()
    with counted_calls() as calls:
        machine.apply()
    assert calls == {"systems read": 1, "look-ups in the store": PACKAGES}


@pytest.mark.parametrize("lost", ["both", "tree", "manifest"])
def test_what_was_lost_between_plan_and_apply_is_fetched_again(machine: Machine, lost: str) -> None:
    root, path = api.Root(str(machine.home / "root")), str(machine.home / "p.kdl")
    machine.apply()
    machine.request("third", content={})
    machine.apply()
    machine.request("first", content={})
    prepared = api.plan(root, api.load_profile(path))
    assert not prepared.plan.fetch
    if lost == "both":
        context = open_context(root.path, report=ignore_event, home=root.home, offline=False, command="gc")
        assert len(collect_garbage(context, keep=1).trees) >= 2
    elif lost == "tree":
        (tree,) = (machine.home / "root/store").glob("*-second-1")
        shutil.rmtree(tree)
    else:
        (manifest,) = (machine.home / "root/store/.manifests").glob("*-second-1")
        manifest.unlink()
    assert api.apply(root, prepared) is not None
    current = api.status(root)
    assert current is not None
    assert (current.packages, current.drift) == (PACKAGES, ())
    for place in ("store", "store/.manifests"):
        assert list((machine.home / "root" / place).glob("*-second-1"))
