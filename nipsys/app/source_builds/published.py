"""The packages that foreign tools built here, published as a source: a profile can ``include "R/built/source.kdl"``."""

import json
import os

from nipsys.builder.output import BuildRecord, BuildRecords
from nipsys.effects import replace_file
from nipsys.model.system import Flag
from nipsys.store import Store, artifact_path, encode_record


def publish_build(root: str, store: Store, records: BuildRecords, source: str, record: BuildRecord) -> None:
    """List a package that the tool of ``source`` built in ``R/built/index.json``, in the place of an earlier build of the same variant.

    ``records`` are asked for its runtime dependencies. The store finds its tree by the variant from now on.
    """
    if store.find(record.key) is None:
        store.disk.write(artifact_path(record.key), (encode_record(record.tree_name()),))
    path = f"{root}/built/index.json"
    rows = [row for row in _read_rows(path) if row["variant"] != record.key]
    rows.append(_describe(source, record, records))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_file(path, json.dumps({"format": 1, "recipes": rows}, indent=1).encode())
    # This machine's tools built it, so it runs with this machine's own libraries, not in a root that hides them.
    text = f'source "recipes" name="built" path="{root}/built" prefix="/opt/nipsys/built"\n'
    replace_file(f"{root}/built/source.kdl", text.encode())


def _read_rows(path: str) -> list[dict[str, object]]:
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as stream:
        rows: list[dict[str, object]] = json.load(stream)["recipes"]
    return rows


def _describe(source: str, record: BuildRecord, records: BuildRecords) -> dict[str, object]:
    """Return the row of the index: what ``nipsys bootstrap recipes --write-index`` writes for a recipe, and the variant."""
    runs = [one for given in record.inputs if given.role == "runtime" and (one := records.read(given.key))]
    return {
        "name": record.name,
        "version": record.version,
        "arch": record.arch,
        "path": "",
        "summary": f"built by {source}",
        "needs": sorted(" ".join([one.name, *(str(Flag(name, value)) for name, value in one.flags)]) for one in runs),
        "axes": {name: [value] for name, value in record.flags},
        "closure": source,
        "variant": record.key,
    }
