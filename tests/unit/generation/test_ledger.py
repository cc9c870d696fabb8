"""The ledger: rollback, pins and deletion read no manifest."""

import json
import pathlib
import subprocess
import sys

from nipsys.generation.catalog import Generations


def test_a_rollback_reads_no_manifest_and_one_line_of_history(generations: Generations, tmp_path: pathlib.Path) -> None:
    opened: list[str] = []
    parsed: list[str] = []
    looks: list[str] = []
    disk = generations.disk
    read, entries = disk.read, disk.list_entries
    disk.read = lambda path: (opened.append(path), read(path))[1]  # type: ignore[method-assign]
    disk.list_entries = lambda path="": (looks.append(path), entries(path))[1]  # type: ignore[method-assign]
    loads = json.loads
    try:
        json.loads = lambda text, **rest: (parsed.append(str(text)), loads(text, **rest))[1]  # type: ignore[assignment]
        generations.sweep()
        generations.rollback()
    finally:
        json.loads = loads
    assert generations.current_number() == 2
    assert not [path for path in opened if path.endswith(("manifest.json", "/trees", "/links"))]
    assert "generations/.links" not in looks
    assert len([text for text in parsed if '"what"' in text]) <= 2


def test_a_rollback_imports_little() -> None:
    program = "import sys; import nipsys.app.generations.rollback; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for heavy in (
        "dataclasses",
        "inspect",
        "pathlib",
        "threading",
        "nipsys.model.system.generation",
        "nipsys.generation.links.farm",
        "nipsys.store.trees",
    ):
        assert heavy not in loaded
