"""Records of builds: one JSON file per variant hash, with everything that an audit needs."""

import json
import os
from typing import Any
from urllib.parse import quote, unquote

from nipsys.effects import replace_file
from nipsys.model import Frozen, asdict, field, replace
from nipsys.model.system import TreeName

_UNIQUE = "%"
"""Begins the file name of a label whose usual name is taken; no label begins with it."""


class MaterialRecord(Frozen):
    """A source or seed as it was used in a build."""

    name: str
    kind: str
    opaque: bool
    sha256: str
    size: int
    reason: str
    files: int
    bytes: int
    binary_files: int
    binary_bytes: int
    generated_files: int
    generated_bytes: int
    patches: int
    """Bytes of the recipe's changes to it."""


class InputRecord(Frozen):
    """A tree that was an input of a build."""

    name: str
    role: str
    mount: str
    key: str
    """Variant hash of the build that produced it."""
    tree: str


class Witness(Frozen):
    """One build that gave this result, and the conditions it ran under."""

    at: str
    uid: int
    """User id inside the sandbox."""
    jobs: int
    shuffled: bool
    seconds: float
    tree: str
    missing: tuple[str, ...] = ()
    """Namespaces that the host did not allow."""
    host: str = ""
    """Kernel and machine."""
    clock: int = 0
    """Seconds by which the wall clock was shifted for the build."""


class BuildRecord(Frozen):
    """One variant hash and the result of its build. The fields are the keys of the JSON file."""

    key: str
    name: str
    version: str
    passname: str
    label: str
    flags: tuple[tuple[str, str], ...]
    libc: str
    arch: str
    tree: str
    directory: str
    size: int
    files: int
    recipe_bytes: int
    materials: tuple[MaterialRecord, ...]
    inputs: tuple[InputRecord, ...]
    exports: tuple[tuple[str, str], ...]
    generated: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    """Mounts of the inputs whose paths occur in the result."""
    dynamic: tuple[str, ...]
    executed: int
    witnesses: tuple[Witness, ...] = ()
    fixpoint: tuple[str, ...] = ()
    """Members that reproduce themselves together with this one."""
    rounds: int = 0
    converged: tuple[tuple[str, str], ...] = field(default=())
    """Seed variant and the tree it led to, for every seed tried."""

    def tree_name(self) -> TreeName:
        """Return the tree's name in the store."""
        return TreeName(self.tree, self.name, self.version)


class BuildRecords:
    """The record files below one directory."""

    def __init__(self, folder: str) -> None:
        """Keep the records below ``folder``."""
        self.folder = folder

    def read(self, key: str) -> BuildRecord | None:
        """Return the record of a variant hash; none when it is missing or cannot be read, so that the build runs again."""
        try:
            with open(self._path(key), encoding="utf-8") as stream:
                return _from_json(json.load(stream))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, record: BuildRecord) -> None:
        """Write a record; an older one of the same key is replaced in one rename."""
        os.makedirs(self.folder, exist_ok=True)
        replace_file(self._path(record.key), json.dumps(asdict(record), indent=1).encode())

    def add_witness(self, key: str, witness: Witness) -> BuildRecord:
        """Add a witness to the record of ``key``, which must exist."""
        known = self.read(key)
        assert known is not None
        known = replace(known, witnesses=(*known.witnesses, witness))
        self.write(known)
        return known

    def set_label(self, label: str, key: str) -> None:
        """Let ``label`` (a recipe or package with its flags) refer to the build ``key`` from now on."""
        os.makedirs(f"{self.folder}/names", exist_ok=True)
        usual, unique = _label_file_names(label)
        other = self._read_label(usual)
        taken = other is not None and not _is_named(other, label)
        replace_file(f"{self.folder}/names/{unique if taken else usual}", key.encode())

    def find(self, label: str) -> BuildRecord | None:
        """Return the latest build of ``label``; none when there is none."""
        found = (self._read_label(name) for name in _label_file_names(label))
        return next((record for record in found if record is not None and _is_named(record, label)), None)

    def list_labels(self) -> tuple[str, ...]:
        """Return the labels of all builds, sorted."""
        try:
            names = os.listdir(f"{self.folder}/names")
        except FileNotFoundError:
            return ()
        return tuple(sorted(unquote(name[1:]) if name.startswith(_UNIQUE) else name for name in names if not name.startswith(".")))

    def find_by_tree(self, tree: str) -> BuildRecord | None:
        """Return a record whose result is ``tree``, the one with the lowest key when there are several; none when there is none."""
        if not os.path.isdir(self.folder):
            return None
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".json") and (record := self.read("blake3:" + name[:-5])) and record.tree == tree:
                return record
        return None

    def _read_label(self, name: str) -> BuildRecord | None:
        try:
            with open(f"{self.folder}/names/{name}", encoding="utf-8") as stream:
                return self.read(stream.read())
        except FileNotFoundError:
            return None

    def _path(self, key: str) -> str:
        return f"{self.folder}/{key.partition(':')[2]}.json"


def _label_file_names(label: str) -> tuple[str, str]:
    """Return the usual file name of a label, and one that no other label has, for when another label has taken the usual one."""
    return label.replace("/", "_"), _UNIQUE + quote(label, safe=" ")


def _is_named(record: BuildRecord, label: str) -> bool:
    """Return whether a label refers to the recipe or package of a record: `a/b_c` and `a_b/c` have the same usual file name."""
    return record.label.split(" ", 1)[0] == label.split(" ", 1)[0]


def _from_json(value: dict[str, Any]) -> BuildRecord:
    pairs = {name: tuple((left, right) for left, right in value[name]) for name in ("flags", "exports", "generated", "converged")}
    lists = {name: tuple(value[name]) for name in ("references", "dynamic", "fixpoint")}
    nested = {
        "materials": tuple(MaterialRecord(**material) for material in value["materials"]),
        "inputs": tuple(InputRecord(**given) for given in value["inputs"]),
        "witnesses": tuple(Witness(**{**witness, "missing": tuple(witness["missing"])}) for witness in value["witnesses"]),
    }
    return BuildRecord(**{**value, **pairs, **lists, **nested})
