"""The commands that the real crash matrix tries, each with the place where it may begin: a root, a home and a warm download cache."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from debian_maker import Deb, Repository, Signer
from loopback import Server
from matrix import Nursery

from nipsys.app.crash.prove import _visible_state, find_damage
from nipsys.effects.disk import RealDisk
from nipsys.model.layout import Layout
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store
from nipsys.view.etc import is_merged


@dataclass(frozen=True)
class Scene:
    """One command."""

    name: str
    begins: str
    """The place as which it begins, see ``made``."""
    words: tuple[str, ...]
    changes: bool = True
    """What a user sees is another afterwards."""
    again: tuple[str, ...] = ()
    """What a user does after a failure, when it is not the same again."""


SCENES = {
    scene.name: scene
    for scene in (
        Scene("first apply", "cached", ("--offline", "apply", "{home}/one.kdl")),
        Scene("apply", "one", ("--offline", "apply", "{home}/two.kdl")),
        Scene("rollback", "two", ("rollback", "--to", "1")),
        Scene("gc", "two", ("gc", "--keep", "1")),
        Scene("optimise", "two", ("gc", "--optimise"), changes=False),
        Scene("repair", "damaged", ("--offline", "verify", "--repair")),
        Scene("label", "two", ("generations", "label", "1", "good")),
        Scene("pin", "two", ("generations", "pin", "1")),
        Scene("delete", "two", ("generations", "delete", "1")),
        Scene("pack", "two", ("pack", "{place}/two.nipsys.tar.zst")),
        Scene("unpack", "elsewhere", ("unpack", "{place}/two.nipsys.tar.zst")),
        Scene("remove", "two", ("--offline", "remove", "greet"), again=("--offline", "apply", "{home}/two.kdl")),
    )
}


class Theatre:
    """A place in which scenes are played, and how it is before each of them."""

    def __init__(self, home: Path) -> None:
        self.place, self.bases = str(home / "place"), str(home / "bases")
        os.makedirs(self.bases)
        # A host with next to no programs, so that no run makes links to 2,000 of them.
        (home / "bin").mkdir()
        (home / "bin/gpgv").symlink_to(shutil.which("gpgv") or "")
        self.nursery = Nursery(self.place, str(home / "log"), str(home / "bin"))

    def words(self, words: Sequence[str]) -> list[str]:
        return ["--json", *(word.format(home=f"{self.place}/home", place=self.place) for word in words)]

    def base(self, name: str) -> str:
        return f"{self.bases}/{name}"

    def clear(self) -> None:
        os.makedirs(self.place, exist_ok=True)
        for name in os.listdir(self.place):
            if name != "lost+found":
                path = f"{self.place}/{name}"
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def set(self, scene: Scene) -> None:
        """Make the place as it is before a scene."""
        self.clear()
        subprocess.run(["cp", "-a", f"{self.base(scene.begins)}/.", self.place], check=True)

    def keep(self, name: str) -> None:
        subprocess.run(["cp", "-a", self.place, self.base(name)], check=True)

    def do(self, *words: str) -> None:
        done = self.nursery.run(self.words(words))
        assert done.code == 0, done.told


def deb(version: str) -> Deb:
    return Deb(
        "hello", version, files={"usr/bin/hello": f"#!/bin/sh\necho hello {version}\n".encode(), "usr/share/hello/same": b"same" * 999}
    )


BASE = Deb("base", "1", fields={"Essential": "yes"}, files={"usr/bin/sh": b"#!/bin/true\n", "usr/share/base/licence": b"same" * 999})
GREET = Deb("greet", "1", fields={"Depends": "hello"}, files={"usr/bin/greet": b"#!/bin/sh\nexec hello\n"})


ASKED = {
    profile: "packages {\n    hello\n    greet\n}\nfiles {\n" + "".join(f'    file "~/{name}" from="rc"\n' for name in names) + "}\n"
    for profile, names in (("one", (".hellorc", ".first")), ("two", (".hellorc", ".second")))
}


@contextlib.contextmanager
def theatre(home: Path, signer: Signer) -> Iterator[Theatre]:
    """Play what comes before the scenes once, with an archive on loopback, and keep each stage of it."""
    mirror = home / "mirror"
    mirror.mkdir()
    made = Theatre(home)
    with made.nursery, Server(mirror) as server:
        made.clear()
        os.makedirs(f"{made.place}/home")
        Path(f"{made.place}/home/rc").write_text("loud\n")
        repository = Repository(mirror, signer)
        source = f'source debian suite="stable" mirror="{server.url}" keyring="{signer.keyring}"'
        for profile, version in (("one", "1.0"), ("two", "2.0")):
            repository.publish("stable", [BASE, deb(version), GREET])
            Path(f"{made.place}/home/{profile}.kdl").write_text(f'profile "p"\n{source}\n{ASKED[profile]}')
            if version != "1.0":
                made.do("sync", f"{made.place}/home/{profile}.kdl")
            made.do("apply", "{home}/" + f"{profile}.kdl")
        prologue(made)
        yield made


def prologue(made: Theatre) -> None:
    root = f"{made.place}/root"
    made.keep("all")
    for name in os.listdir(root):
        if name not in ("cache", "lib"):
            path = f"{root}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
    for name in (".hellorc", ".second"):
        os.unlink(f"{made.place}/home/{name}")
    made.keep("cached")
    made.do(*SCENES["first apply"].words)
    made.keep("one")
    made.do("pack", "{place}/one.nipsys.tar.zst")
    os.unlink(f"{made.place}/one.nipsys.tar.zst")
    made.do(*SCENES["apply"].words)
    made.keep("two")
    damage(root)
    made.keep("damaged")
    made.set(SCENES["pack"])
    made.do(*SCENES["pack"].words)
    pack = Path(f"{made.place}/two.nipsys.tar.zst").read_bytes()
    made.set(SCENES["apply"])
    Path(f"{made.place}/two.nipsys.tar.zst").write_bytes(pack)
    made.keep("elsewhere")


def damage(root: str) -> None:
    """Change a program of a package, lose a file of another."""
    store = Store(root)
    for directory in store.list_directories():
        if directory.endswith("-hello-2.0"):
            os.unlink(store.path(directory) + "/usr/bin/hello")
            Path(store.path(directory) + "/usr/bin/hello").write_text("evil")
        elif directory.endswith("-greet-1"):
            os.unlink(store.path(directory) + "/usr/bin/greet")


def look(place: str, scene: Scene) -> str:
    """Return what a user sees of a place; fails when it is not sound."""
    disk = RealDisk(f"{place}/root")
    try:
        damaged = "not asked"
        if scene.name == "repair":
            damaged = _damaged(Store(f"{place}/root", disk))
        else:
            complaint = find_damage(disk)
            assert not complaint, complaint
        if os.path.lexists(f"{place}/root/current"):
            top = f"{place}/root/current/Links/Executables"
            assert scene.name == "repair" or all(os.path.exists(f"{top}/{name}") for name in os.listdir(top))
        packs = [hashlib.sha256(Path(place, name).read_bytes()).hexdigest() for name in sorted(os.listdir(place)) if name.endswith(".zst")]
        return f"{_visible_state(disk)} {damaged} {packs}"
    finally:
        disk.close()


def finished(place: str) -> tuple[list[str], bool]:
    """Return what follows a switch: the links of the user's files, and whether every world's ``/etc`` is merged."""
    return [name for name in sorted(os.listdir(f"{place}/home")) if os.path.islink(f"{place}/home/{name}")], is_merged(
        Layout(f"{place}/root")
    )


def _damaged(store: Store) -> str:
    """Say whether all is whole again; what is not is as ``damage`` left it, and there."""
    wrong = {checked.directory[27:]: (checked.state, checked.paths) for checked in verify_trees(store) if checked.state != "VERIFIED"}
    for name, found in wrong.items():
        assert found == ("MODIFIED", ("usr/bin/hello" if name == "hello-2.0" else "usr/bin/greet",)), (name, found)
    return "damaged" if wrong else "whole"


def debris(place: str) -> list[str]:
    """List what an operation left behind that did not end."""
    found = [os.path.join(top, name) for top, names, files in os.walk(place) for name in (*names, *files)]
    return [path for path in found if "/.new-" in path or path.endswith(".new")]
