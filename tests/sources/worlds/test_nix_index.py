"""`nipsys sources index nix`: from what an evaluator printed, from a channel's list of store paths, and from an expression; then used."""

import gzip
import json
import lzma
import os
from pathlib import Path

import pytest
from machine import Machine
from nix_maker import Caches, environment_of

from nipsys.sources.nix.index import read_index


def listed(caches: Caches) -> bytes:
    """Return what a channel's ``store-paths`` holds: a store path a line."""
    return "".join(f"{path}\n" for package in json.loads(caches.evaluated).values() for path in package["outputs"].values()).encode()


def made(machine: Machine, caches: Caches, given: Path) -> Path:
    output = machine.home / f"names-of-{given.name}"
    told = machine("sources", "index", "nix", given, "--cache", caches.cache("zstd"), "-o", output).out
    assert told == f"{output}: 4 names\n"
    return output


@pytest.mark.parametrize("form", ["evaluated.json", "evaluated.json.gz", "store-paths", "store-paths.xz"])
def test_an_index_is_made_of_what_a_channel_or_an_evaluator_gives(caches: Caches, tmp_path: Path, form: str) -> None:
    text = caches.evaluated.encode() if form.startswith("evaluated") else listed(caches)
    pack = {"gz": gzip.compress, "xz": lzma.compress}.get(form.rpartition(".")[2], bytes)
    (tmp_path / form).write_bytes(pack(text))
    index = read_index(made(Machine(tmp_path, tmp_path / "root"), caches, tmp_path / form).read_bytes())
    assert index.system == "x86_64-linux"
    found = {row.base_name for rows in index.rows.values() for row in rows}
    assert found == {path.rpartition("/")[2] for path in listed(caches).decode().split()}
    assert {row.cache for rows in index.rows.values() for row in rows} == {caches.cache("zstd")}


def test_the_host_s_nix_evaluates_an_expression_and_its_names_resolve(
    caches: Caches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attribute of an expression becomes a program of the profile: evaluated, indexed, locked, fetched, run; no /nix anywhere."""
    monkeypatch.setenv("NIX_CONFIG", environment_of(caches.path)["NIX_CONFIG"])
    machine = Machine(tmp_path, tmp_path / "root")
    output = made(machine, caches, caches.path / "packages.nix")
    assert {row.base_name for row in read_index(output.read_bytes()).rows["hello"]} == {caches.outputs[0].rpartition("/")[2]}
    profile = tmp_path / "p.kdl"
    source = f'source "nix" cache="{caches.cache("zstd")}" key="{caches.key}" index="{output}"'
    profile.write_text(f'profile "p" arch="x86_64"\n{source}\npackages {{\n    hello source="nix"\n}}\n')
    machine("apply", profile)
    ran = machine.program("hello-nix")
    if "user namespace" in ran.err.lower():
        pytest.skip(f"user namespaces are closed here: {ran.err[:200]}")
    assert (ran.code, ran.out[:22]) == (0, "Hello from /nix/store/"), ran.err
    assert not os.path.exists("/nix")
