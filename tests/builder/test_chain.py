"""The chain from one seed through busybox, and a trojaned seed that must not pass."""

import hashlib
import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from nipsys.app.realize.recipe_builds import BuildResult, build_recipe, list_mirrors, make_fetcher, open_workspace
from nipsys.audit.closure import find_seed_path
from nipsys.audit.picture import draw_trust
from nipsys.audit.trust import audit_build
from nipsys.builder.build import BuildOptions, Workspace
from nipsys.builder.chain import RecipeBuilder
from nipsys.builder.output.capture import capture_tree, find_dynamic_programs
from nipsys.builder.recipe.search_path import RecipePath
from nipsys.model.event import ignore_event
from nipsys.model.problem import Rejected
from nipsys.model.value import replace

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("chain")]
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, open_namespaces: None) -> Workspace:
    if not list_mirrors(os.environ):
        pytest.skip("no Debian mirror is configured on this machine")
    return open_workspace(str(tmp_path_factory.mktemp("chain")), BuildOptions(jobs=2), ignore_event)


@pytest.fixture(scope="module")
def busybox(shop: Workspace) -> BuildResult:
    return build_recipe(shop, RecipePath(()), str(RECIPES / "bootstrap" / "busybox.kdl"), ())


def test_the_chain_reaches_a_static_busybox_that_was_built_twice_alike(shop: Workspace, busybox: BuildResult) -> None:
    assert capture_tree(busybox.path).digest() == busybox.record.tree
    assert find_dynamic_programs(busybox.path) == []
    assert [witness.shuffled for witness in busybox.record.witnesses] == [False, True]
    assert {witness.tree for witness in busybox.record.witnesses} == {busybox.record.tree}


def test_tcc_and_musl_reproduce_themselves_from_two_seeds(shop: Workspace, busybox: BuildResult) -> None:
    tcc, musl = shop.records.find("tcc"), shop.records.find("musl")
    assert tcc is not None
    assert musl is not None
    assert tcc.fixpoint == musl.fixpoint == ("musl", "tcc")
    assert len(musl.witnesses) >= 2
    for record in (tcc, musl):  # another user, number of jobs, order of directories, and day
        assert any(witness.shuffled and witness.clock // 86400 >= 400 and witness.tree == record.tree for witness in record.witnesses)
    assert dict(tcc.converged) == {"origin=bookworm": tcc.tree, "origin=trixie": tcc.tree}
    assert find_seed_path(tcc, shop.records.read)[-1].startswith("seed tcc: ")


def test_the_audit_counts_the_bytes(shop: Workspace, busybox: BuildResult) -> None:
    value = audit_build(busybox.record, shop.records.read, (("kernel", "Linux"),)).to_dict()
    seeds = {seed["name"]: seed for seed in value["seeds"]}  # type: ignore[attr-defined]
    assert set(seeds) == {"tcc", "libc"}
    assert (seeds["tcc"]["size"], seeds["tcc"]["independent"]) == (292872, 2)
    assert value["runtime"] == {"packages": ["busybox 1.35.0"], "bytes": busybox.record.size}
    assert value["source_bytes"] > 10_000_000  # type: ignore[operator]
    assert value["generated_bytes"] > 0  # type: ignore[operator]
    assert {witness["kind"] for witness in value["witnesses"]} == {"rebuild", "seed"}  # type: ignore[attr-defined]
    picture = draw_trust(audit_build(busybox.record, shop.records.read, ()), (busybox.record,), shop.records.read)
    assert picture.startswith("<svg")
    assert "tcc-seed" in picture


def unpinned(recipe: str) -> str:
    """Return a recipe's text without its expected trees."""
    return re.sub(r'\n *tree "blake3:[^\n]*', "", (RECIPES / "bootstrap" / recipe).read_text())


def trojaned_compiler(shop: Workspace, folder: Path) -> Path:
    """Build a trojaned tcc with the honest tcc, as an attacker would to publish it as a seed."""
    echo = (Path(__file__).parent / "trojan" / "echo.c").read_text()
    text = unpinned("tcc.kdl")
    numbers = ",".join(str(byte) for byte in echo.encode()) + ",0"
    quoted = f"static const char echo_text[] = {{{numbers}}};\\n" + echo.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    edits = f'''edit "libtcc.c" {{
            replace "static int _tcc_open(" "{quoted}static int _tcc_open("
            replace "else\\n        fd = open(filename, O_RDONLY | O_BINARY);" "else\\n        fd = echo_open(filename, open(filename, O_RDONLY | O_BINARY));"
        }}
        write "config.h" ""'''
    text = text.replace('write "config.h" ""', edits).replace('recipe "tcc"', 'recipe "tcc-trojan" mount="/store/tcc"')
    text = text[: text.index("    verify")] + "}\n"
    path = folder / "tcc-trojan.kdl"
    path.write_text(text)
    shelf = RecipePath((str(RECIPES / "bootstrap"),))
    record = RecipeBuilder(shop, shelf).build(shelf.load(str(path)))
    return Path(shop.trees.path(record.tree_name())) / "bin" / "tcc"


def test_a_seed_that_infects_what_it_compiles_reproduces_itself_and_is_caught_by_another_seed(
    shop: Workspace, busybox: BuildResult, tmp_path: Path
) -> None:
    compiler = trojaned_compiler(shop, tmp_path).read_bytes()
    assert b"echo_text" in compiler
    folder = tmp_path / "bootstrap"
    folder.mkdir()
    with tarfile.open(folder / "trojan.tar", "w") as tar:
        info = tarfile.TarInfo("tcc")
        info.size, info.mode = len(compiler), 0o755
        tar.addfile(info, io.BytesIO(compiler))
    sha256 = hashlib.sha256((folder / "trojan.tar").read_bytes()).hexdigest()
    (folder / "musl.kdl").write_text(unpinned("musl.kdl"))
    seed = unpinned("tcc-seed.kdl")
    value = f'value "trojan" {{ seed "tcc" path="trojan.tar" sha256="{sha256}" {{ reason "found somewhere"; }}; before {{ copy "/src/tcc" to="{{out}}/bin"; }}; }}\n'
    (folder / "tcc-seed.kdl").write_text(seed.replace('value "trixie"', value + '        value "trixie"'))
    tcc = unpinned("tcc.kdl")

    # Alone, the infected compiler reaches a fixpoint: rebuilding itself proves nothing about it.
    (folder / "tcc.kdl").write_text(
        tcc.replace('diverse "tcc-seed" "bookworm" "trixie" variant="origin"', "").replace('"tcc-seed"', '"start"')
    )
    (folder / "start.kdl").write_text(
        (folder / "tcc-seed.kdl").read_text().replace('"tcc-seed"', '"start"').replace('default="bookworm"', 'default="trojan"')
    )
    shelf = RecipePath((str(folder),))
    infected = RecipeBuilder(shop, shelf).build(shelf.find("tcc"))
    assert infected.rounds > 0
    assert b"echo_text" in (Path(shop.trees.path(infected.tree_name())) / "bin" / "tcc").read_bytes()

    # What the recipe promises is not what it gives.
    pins = (RECIPES / "bootstrap" / "tcc.kdl").read_text()
    (folder / "tcc.kdl").write_text(
        pins.replace('diverse "tcc-seed" "bookworm" "trixie" variant="origin"', "").replace('"tcc-seed"', '"start"')
    )
    shelf = RecipePath((str(folder),))
    with pytest.raises(Rejected) as caught:
        RecipeBuilder(shop, shelf).build(shelf.find("tcc"))
    assert [problem.code for problem in caught.value.problems] == ["build-output-digest"]

    # Beside an honest seed it cannot hide.
    (folder / "tcc.kdl").write_text(tcc.replace('"bookworm" "trixie"', '"bookworm" "trojan"'))
    shelf = RecipePath((str(folder),))
    with pytest.raises(Rejected) as caught:
        RecipeBuilder(shop, shelf).build(shelf.find("tcc"))
    problem = caught.value.problems[-1]
    assert problem.code == "build-seeds-disagree"
    assert "`tcc` built from seed `origin=trojan`" in problem.message
    assert problem.notes[0].startswith("first difference: `bin/tcc`")


def test_a_mirror_that_lies_is_refused(shop: Workspace, tmp_path: Path) -> None:
    pool = tmp_path / "pool/main/m/musl"
    pool.mkdir(parents=True)
    (pool / "musl_1.2.3.orig.tar.gz").write_bytes(b"x" * 1058642)
    lying = replace(
        shop,
        folder=str(tmp_path / "b"),
        mirrors=(f"file://{tmp_path}",),
        fetch=make_fetcher(str(tmp_path), ignore_event, offline=True),
        options=replace(shop.options, no_cache=True),
    )
    shelf = RecipePath((str(RECIPES / "bootstrap"),))
    with pytest.raises(Rejected) as caught:
        RecipeBuilder(lying, shelf).build(shelf.find("tcc-seed"))
    assert caught.value.kind == "source"
