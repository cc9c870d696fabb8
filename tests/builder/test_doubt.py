"""What was taken from others is audited and doubted: opaque bytes, who signed them, fetched again from elsewhere."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from debian_maker import Repository, Signer, need_tools
from loopback import Server
from machine import BUSYBOX, Archive, Machine, greet, hello, write_profile


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    need_tools()
    if not BUSYBOX.exists():
        pytest.skip("missing: /bin/busybox (install busybox-static)")
    made = Signer(tmp_path_factory.mktemp("keys"))
    yield made
    made.close()


@pytest.fixture
def two_mirrors(tmp_path: Path, signer: Signer) -> Iterator[tuple[Archive, Server]]:
    """Publish an archive at two addresses."""
    (tmp_path / "mirror").mkdir()
    with Server(tmp_path / "mirror") as first, Server(tmp_path / "mirror") as second:
        archive = Archive(Repository(tmp_path / "mirror", signer), first)
        archive.publish(hello("1.0"), greet())
        yield archive, second


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "home").mkdir()
    return Machine(tmp_path / "home", tmp_path / "root")


@pytest.fixture
def profile(machine: Machine, two_mirrors: tuple[Archive, Server]) -> Path:
    archive, second = two_mirrors
    path = write_profile(machine.home / "p.kdl", archive, "greet", mirror=f"{archive.server.url} {second.url}")
    machine("apply", path)
    return path


def fingerprint(signer: Signer) -> str:
    shown = subprocess.run(["gpg", "--show-keys", "--with-colons", signer.keyring], capture_output=True, text=True, check=True).stdout
    return next(line.split(":")[9] for line in shown.splitlines() if line.startswith("fpr"))


def test_a_generation_of_grafts_is_opaque_and_names_the_key(machine: Machine, profile: Path, signer: Signer, tmp_path: Path) -> None:
    key = fingerprint(signer)
    for name in ("1", "current"):
        value = machine("audit", "trust", name, "--json").value
        assert isinstance(value, dict)
        assert {"seeds", "source_bytes", "binary_bytes_in_sources", "generated_bytes", "witnesses"} <= set(value)
        assert [seed["name"].split()[0] for seed in value["seeds"]] == ["debian/base", "debian/greet", "debian/hello"]
        assert {seed["signed_by"] for seed in value["seeds"]} == {key}
        assert [len(seed["sha256"]) for seed in value["seeds"]] == [64] * 3
        assert value["opaque_bytes"] == sum(seed["size"] for seed in value["seeds"]) > 2 * BUSYBOX.stat().st_size
        assert value["source_bytes"] == 0
    said = machine("audit", "trust", "greet", "--svg", str(tmp_path / "t.svg")).out
    assert f"signed by {key}" in said
    texts = [element.text or "" for element in ET.parse(tmp_path / "t.svg").iter() if element.tag.endswith("text")]
    assert "debian: 2 binary packages" in texts  # greet and the hello it needs
    assert texts[0] == "debian/greet"
    way = machine("audit", "trust", "1", "--path", "--json").value
    assert isinstance(way, dict)
    assert way["path"][0].startswith("generation 1 ")
    assert way["path"][1].startswith("seed debian/")
    assert way["path"][1].endswith(f"signed by {key}")
    assert machine("audit", "trust", "9", "--json", code=1).value


def test_a_package_is_fetched_again_from_the_other_mirror_and_compared(
    machine: Machine, profile: Path, two_mirrors: tuple[Archive, Server]
) -> None:
    _, second = two_mirrors
    value = machine("challenge", "greet", "--profile", profile, "--json").value
    assert isinstance(value, dict)
    assert (value["how"], value["same"], len(value["evidence"])) == ("fetched", True, 2)
    assert value["evidence"][0].startswith(f"{second.url}/pool/")  # not the mirror it was taken from
    words = next((machine.root / "store").glob("*-greet-1.0/usr/share/greet/words"))
    words.chmod(0o644)
    words.write_text("bad day..\n")
    problem = machine("challenge", "greet", "--profile", profile, "--json", code=1).value["problems"][0]  # type: ignore[index]
    assert problem["code"] == "damaged-tree"
    assert problem["notes"][0].startswith("first difference: `usr/share/greet/words`: 10 bytes blake3 ")
    assert machine("challenge", "nothing", "--profile", profile, "--json", code=1).value["problems"][0]["code"] == "unknown-package"  # type: ignore[index]
