"""A mirror that lies, seen from the command line: exit 1, the lie named, the old generation untouched, the store as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from debian_maker import Deb, Repository, Signer, need_tools
from loopback import Handler, Server

PAYLOAD = {"usr/share/thing/data": bytes(range(256)) * 400}
FIRST = Deb("thing", "1.0", files=PAYLOAD)
SECOND = Deb("thing", "2.0", files={"usr/share/thing/data": bytes(range(256)) * 500})
LATE = "2026-11-19T20:00:00Z"
LATER = "2026-11-20T20:00:00Z"


@dataclass
class Shop:
    """A mirror on loopback, a profile that uses it, and a root."""

    server: Server
    repository: Repository
    home: Path
    other: Signer

    @property
    def profile(self) -> Path:
        return self.home / "p.kdl"

    def write(self, **settings: str) -> None:
        given = {"suite": "test", "mirror": self.server.url, "keyring": str(self.repository.signer.keyring), **settings}
        words = " ".join(f'{key}="{value}"' for key, value in given.items())
        self.profile.write_text(f'profile "p" arch="x86_64"\nsource "debian" {words}\npackages {{\n    thing\n}}\n')

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "nipsys", "--root", str(self.home / "root"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=self.home, timeout=300)

    def apply(self) -> subprocess.CompletedProcess[str]:
        return self.run("apply", str(self.profile))

    def stored(self) -> set[str]:
        """Return every file of the store; its own empty directories do not count."""
        store = self.home / "root" / "store"
        return {str(path.relative_to(store)) for path in store.rglob("*") if not path.is_dir()}

    def current(self) -> str | None:
        link = self.home / "root" / "current"
        return os.readlink(link) if link.is_symlink() else None


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signer, Signer]]:
    need_tools()
    home = tmp_path_factory.mktemp("keys")
    pair = Signer(home), Signer(home, "other")
    yield pair
    for signer in pair:
        signer.close()


@pytest.fixture
def shop(tmp_path: Path, signers: tuple[Signer, Signer]) -> Iterator[Shop]:
    root = tmp_path / "mirror"
    root.mkdir()
    with Server(root) as server:
        made = Shop(server, Repository(root, signers[0]), tmp_path, signers[1])
        made.repository.publish("test", [FIRST], date=LATE)
        made.write()
        yield made


def refused(shop: Shop, *words: str) -> None:
    """Apply must fail, say ``words``, and change nothing."""
    before = shop.stored(), shop.current()
    ran = shop.apply()
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for word in words:
        assert word in ran.stderr, ran.stderr
    assert "Traceback" not in ran.stderr
    assert (shop.stored(), shop.current()) == before


def test_an_honest_mirror_is_taken(shop: Shop) -> None:
    ran = shop.apply()
    assert ran.returncode == 0, ran.stderr
    status = json.loads(shop.run("status", "--json").stdout)
    assert status["current"]


def flip(handler: Handler, body: bytes) -> bool:
    handler.answer(200, body[:-9] + bytes([body[-9] ^ 1]) + body[-8:])
    return True


def halve(handler: Handler, body: bytes) -> bool:
    handler.answer(200, body[: len(body) // 2])
    return True


def circle(handler: Handler, body: bytes) -> bool:
    handler.answer(302, b"", ("Location", handler.path))
    return True


LIES = {"flipped": (flip, "digest"), "truncated": (halve, "bytes"), "circle": (circle, "redirects")}


@pytest.mark.parametrize("lie", LIES)
def test_a_bad_package(shop: Shop, lie: str) -> None:
    behaviour, word = LIES[lie]
    path = "/pool/main/thing_1.0_amd64.deb"
    shop.server.behaviours[path] = behaviour
    refused(shop, path, word)
    assert not shop.stored()
    del shop.server.behaviours[path]
    assert shop.apply().returncode == 0


@pytest.mark.parametrize("lie", LIES)
def test_a_bad_list(shop: Shop, lie: str) -> None:
    behaviour, word = LIES[lie]
    for file in (shop.repository.root / "dists").rglob("*"):
        if file.is_file() and ("by-hash" in file.parts or file.name.startswith("Packages")):
            shop.server.behaviours["/" + str(file.relative_to(shop.repository.root))] = behaviour
    refused(shop, "/dists/test/main/binary-amd64/", word)
    assert not shop.stored()


def test_a_bad_update_leaves_what_runs(shop: Shop) -> None:
    assert shop.apply().returncode == 0
    shop.repository.publish("test", [SECOND], date=LATER)
    shop.server.behaviours["/pool/main/thing_2.0_amd64.deb"] = flip
    assert shop.run("update", str(shop.profile)).returncode == 0
    refused(shop, "thing_2.0_amd64.deb", "digest")


@pytest.mark.parametrize("lie", ["wrong key", "unsigned", "expired", "older"])
def test_a_bad_release(shop: Shop, lie: str) -> None:
    assert shop.apply().returncode == 0
    lock = (shop.home / "p.lock.kdl").read_bytes()
    release = shop.repository.root / "dists/test"
    word = "signature"
    if lie == "wrong key":
        shop.repository.publish("test", [SECOND], date=LATER, signer=shop.other)
    elif lie == "unsigned":
        shop.repository.publish("test", [SECOND], date=LATER)
        (release / "InRelease").write_bytes((release / "Release").read_bytes())
    elif lie == "expired":
        shop.repository.publish("test", [SECOND], date=LATER, until="2026-11-20T20:00:01Z")
        word = "expired"
    else:
        shop.repository.publish("test", [SECOND], date="2026-11-01T00:00:00Z")
        word = "older"
    ran = shop.run("update", str(shop.profile))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert word in ran.stderr
    assert f"{shop.server.url}/dists/test/InRelease" in ran.stderr
    assert (shop.home / "p.lock.kdl").read_bytes() == lock


def test_no_mirror_at_all(shop: Shop) -> None:
    shop.write(mirror="http://127.0.0.1:9")
    refused(shop, "127.0.0.1:9", "reached")
    assert not shop.stored()
