"""`nipsys sources` on a root of its own, and a profile that is named from the working directory, as people name theirs."""

import json
import os
import shutil
from pathlib import Path

import alpine_maker
import pytest
from machine import Machine

from nipsys.sources.kinds import KINDS

pytestmark = pytest.mark.xdist_group("worlds")
"""The repositories are made once, by one process."""


def profile(home: Path, alpine: alpine_maker.Repository, keyring: str, source: str = "") -> None:
    """Write a profile, and the key it trusts in a directory of its own."""
    for directory in ("keys", "profiles"):
        (home / directory).mkdir(exist_ok=True)
    shutil.copy(alpine.signer.public, home / "keys" / alpine.signer.name)
    (home / "profiles/p.kdl").write_text(
        f'profile "p" arch="x86_64"\nsource "alpine" mirror="{alpine.mirror}" branch="v1" keyring="{keyring}/{alpine.signer.name}"\n'
        f"{source}packages {{\n    hello\n}}\n"
    )


@pytest.mark.parametrize(
    ("below", "named"), [("", "profiles/p.kdl"), ("profiles", "p.kdl"), ("profiles", "./p.kdl"), ("keys", "../profiles/p.kdl")]
)
def test_a_relative_path_is_relative_to_the_profile_however_that_is_named(
    alpine: alpine_maker.Repository, tmp_path: Path, below: str, named: str
) -> None:
    profile(tmp_path, alpine, "../keys")
    Machine(tmp_path / below, tmp_path / "root")("lock", named)
    assert 'package "alpine/hello"' in (tmp_path / "profiles/p.lock.kdl").read_text()


def test_the_listing_tells_kinds_settings_tools_and_states(alpine: alpine_maker.Repository, tmp_path: Path) -> None:
    profile(tmp_path, alpine, "../keys")
    (tmp_path / "bin").mkdir()
    machine = Machine(tmp_path, tmp_path / "root", {"PATH": str(tmp_path / "bin")})
    told = machine("sources", "--json").value
    assert isinstance(told, dict)
    missing = {row["kind"]: set(row["missing"]) for row in told["kinds"]}
    assert set(missing) == set(KINDS)
    assert missing == {
        **{kind: set() for kind in KINDS},
        "debian": {"gpgv"},
        "pacman": {"gpgv"},
        "gentoo": {"gpgv", "emerge"},
        "pkgsrc": {"gpgv", "bmake"},
        "nix": {"nix"},
        "npm": {"node"},
        "pypi": {"python3"},
    }
    assert told["synced"] == []
    for tool in set.union(*missing.values()):
        (tmp_path / "bin" / tool).symlink_to("/bin/true")
    assert all(not row["missing"] for row in json.loads(machine("sources", "--json").out)["kinds"])
    for row in told["kinds"]:
        shown = machine("sources", "show", row["kind"]).out
        assert shown.startswith(f"{row['kind']}: {KINDS[row['kind']].help}\n")
        assert all(f"  {name} " in shown and line for name, line in row["settings"].items())
        assert row["kind"] == "recipes" or {"mirror", "signatures", "snapshot", "min-age"} <= set(row["settings"])
    assert "gophers" in machine("sources", "show", "gophers", code=1).err


def test_a_state_is_told_and_an_index_of_another_version_is_not_in_its_way(alpine: alpine_maker.Repository, tmp_path: Path) -> None:
    profile(tmp_path, alpine, "../keys")
    machine = Machine(tmp_path, tmp_path / "root")
    machine("sync", "profiles/p.kdl")
    (universe,) = (tmp_path / "root").glob("**/universe")
    whole = universe.read_bytes()
    (row,) = json.loads(machine("sources", "--json").out)["synced"]
    assert (row["name"], row["kind"], row["date"], row["packages"]) == ("alpine", "alpine", "2023-11-14T22:26:17Z", 5)
    assert (row["size"], row["stale"]) == (len(whole), False)
    assert f"alpine  {row['date']}  5 packages" in machine("sources").out
    universe.write_bytes(b"nipsys-index 1\n\0" + whole[16:])
    (row,) = json.loads(machine("sources", "--json").out)["synced"]
    assert (row["name"], row["stale"]) == ("alpine", True)
    assert "damaged or written by another version; run `nipsys sync`" in machine("sources").out
    assert os.path.getsize(universe) == len(whole)
    machine("sync", "profiles/p.kdl")
    assert universe.read_bytes() == whole
