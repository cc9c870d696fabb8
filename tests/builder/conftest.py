"""A build workspace in a temporary directory, and recipes written as text."""

import os
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from nipsys.builder.build import BuildOptions, Workspace
from nipsys.builder.chain import RecipeBuilder, parse_flag_word
from nipsys.builder.output.provenance import BuildRecord, BuildRecords
from nipsys.builder.output.tree_store import LockedTreeStore
from nipsys.builder.recipe.search_path import RecipePath
from nipsys.builder.sandbox.job import probe_sandbox
from nipsys.model.event import ignore_event
from nipsys.model.package.resource import Resource
from nipsys.model.problem import Rejected
from nipsys.model.value import replace
from nipsys.store.trees import Store

BUSYBOX = "/bin/busybox"


@pytest.fixture(scope="session")
def open_namespaces(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip with the reason where this host allows no sandbox."""
    outcome = probe_sandbox(str(tmp_path_factory.mktemp("probe")))
    if outcome.status != "done":
        pytest.skip(f"no sandbox on this host: {outcome.message}")


@pytest.fixture
def static_busybox() -> str:
    """Return the path of the host's static busybox; skip without it."""
    if not os.path.exists(BUSYBOX) or b"statically" not in subprocess.run(["file", "-L", BUSYBOX], capture_output=True, check=True).stdout:
        pytest.skip("busybox-static is not installed")
    return BUSYBOX


def no_web(resource: Resource) -> str:
    raise AssertionError(f"nothing is fetched here: {resource.role}")


class Bench:
    """Builds recipes given as text below one directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recipes = root / "recipes"
        self.recipes.mkdir(parents=True)
        self.events: list[object] = []
        trees = LockedTreeStore(Store(str(root / "R")), ignore_event)
        folder = str(root / "R" / "build")
        self.shop = Workspace(
            folder, trees, BuildRecords(f"{folder}/records"), no_web, (), BuildOptions(jobs=2), self.events.append, "2026-01-01T00:00:00Z"
        )

    def write(self, name: str, text: str) -> Path:
        path = self.recipes / f"{name}.kdl"
        path.write_text(textwrap.dedent(text))
        return path

    def build(self, name: str, *flags: str, **options: object) -> BuildRecord:
        shop = replace(self.shop, options=replace(self.shop.options, **options))
        shelf = RecipePath((str(self.recipes),))
        return RecipeBuilder(shop, shelf).build(shelf.find(name), tuple(parse_flag_word(flag) for flag in flags))

    def shell(self, script: str, name: str = "t", more: str = "") -> BuildRecord:
        """Build a recipe whose one step is a shell script."""
        quoted = script.replace("\\", "\\\\").replace('"', '\\"')
        self.write(
            name,
            f"""
            recipe "{name}" version="1" {{
                seed "busybox" kind="host" path="{BUSYBOX}" {{ reason "a shell for the tests" }}
                steps {{ run "/src/busybox" "sh" "-c" "{quoted}" }}
                {more}
            }}
            """,
        )
        return self.build(name)

    def path(self, record: BuildRecord) -> Path:
        return Path(self.shop.trees.path(record.tree_name()))


@pytest.fixture
def bench(tmp_path: Path, open_namespaces: None, static_busybox: str) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def refused() -> Callable[[Callable[[], object]], Rejected]:
    """Call something that must be rejected; return the ``Rejected``."""

    def run(what: Callable[[], object]) -> Rejected:
        with pytest.raises(Rejected) as caught:
            what()
        return caught.value

    return run
