"""What takes minutes: run by ``make bootstrap``."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nipsys.app.realize.recipe_builds import BuildResult, build_recipe, list_mirrors, open_workspace
from nipsys.builder.build import BuildOptions, Workspace
from nipsys.builder.recipe.search_path import RecipePath
from nipsys.model.event import ignore_event
from nipsys.model.value import replace

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.xdist_group("long")]
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, open_namespaces: None) -> Workspace:
    if not list_mirrors(os.environ):
        pytest.skip("no Debian mirror is configured on this machine")
    root = RECIPES.parent / ".bootstrap"  # what `make bootstrap` built before is not built again
    return open_workspace(str(root if root.is_dir() else tmp_path_factory.mktemp("long")), BuildOptions(jobs=2), ignore_event)


def made(shop: Workspace, name: str, *flags: str) -> BuildResult:
    return build_recipe(shop, RecipePath((str(RECIPES),)), name, flags)


def test_the_c_library_is_an_axis(shop: Workspace) -> None:
    musl, glibc = made(shop, "dropbear"), made(shop, "dropbear", "libc=glibc")
    assert (musl.record.libc, glibc.record.libc) == ("musl", "glibc")
    assert musl.record.dynamic == glibc.record.dynamic == ()
    assert musl.record.size < glibc.record.size / 2
    for built in (musl, glibc):
        said = subprocess.run([f"{built.path}/bin/dropbear", "-V"], capture_output=True, text=True, check=True)
        assert "v2022.83" in said.stdout + said.stderr


def test_flags_change_the_editor(shop: Workspace) -> None:
    plain, python = made(shop, "vim"), made(shop, "vim", "+python")
    assert plain.record.tree != python.record.tree
    binaries = [Path(f"{built.path}/bin/vim").read_bytes() for built in (plain, python)]
    assert [b"libpython3.11.so" in binary for binary in binaries] == [False, True]
    assert [b"+python3" in binary for binary in binaries] == [False, True]
    assert {given.name for given in python.record.inputs} - {given.name for given in plain.record.inputs} == {"debian-python"}


def test_a_program_for_another_machine_runs_under_its_emulator(shop: Workspace) -> None:
    if (emulator := shutil.which("qemu-aarch64-static")) is None:
        pytest.skip("qemu-user-static is not installed")
    built = made(shop, "hello-aarch64")
    assert built.record.arch == "aarch64"
    assert (
        subprocess.run([emulator, f"{built.path}/bin/hello"], capture_output=True, text=True, check=True).stdout == "hello from aarch64\n"
    )


def test_the_chain_reaches_a_c_and_a_cplusplus_compiler(shop: Workspace) -> None:
    plain, plus = made(shop, "gcc"), made(shop, "gcc", "+cxx")
    assert len(plain.record.witnesses) > 1
    assert len(plus.record.witnesses) > 1
    assert os.path.exists(f"{plus.path}/bin/g++")
    assert not os.path.exists(f"{plain.path}/bin/g++")
    library = made(shop, "libstdcxx")  # its self-test runs maps, streams and exceptions
    assert len({witness.tree for witness in library.record.witnesses}) == 1 < len(library.record.witnesses)


def test_a_seed_of_another_lineage_leads_to_the_same_bits(shop: Workspace) -> None:
    more = replace(shop, options=replace(shop.options, seeds=("pcc",)))
    tcc = made(more, "tcc").record
    assert dict(tcc.converged) == {f"origin={value}": tcc.tree for value in ("bookworm", "trixie", "pcc")}
