"""The rules of the house, held against the tree, and each against a tree with one planted offence."""

import functools
import pathlib
from collections.abc import Callable, Mapping

import house_rules
import pytest

HERE = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def tree() -> Mapping[str, str]:
    return house_rules.read_modules(HERE)


def kinds_named_outside(modules: Mapping[str, str]) -> list[str]:
    kinds = {name.split(".")[2] for name in modules if name.startswith("nipsys.sources.") and name.endswith(".__init__")}
    return house_rules.find_kinds_named_outside(modules, frozenset(kinds - {"__init__", "common", "recipes", "url"}))


def unverbed(modules: Mapping[str, str]) -> list[str]:
    found, total = house_rules.find_unverbed(modules)
    return found if len(found) > total * 0.02 else []


RULES: Mapping[str, Callable[[Mapping[str, str]], list[str]]] = {
    "crowded folders": house_rules.find_crowded_folders,
    "repeated folder names": house_rules.find_repeated_folder_names,
    "ambiguous stems": house_rules.find_ambiguous_stems,
    "folders named like output": house_rules.find_output_folders,
    "imports past faces": house_rules.find_imports_past_faces,
    "false faces": house_rules.find_false_faces,
    "cycles": house_rules.find_cycles,
    "open in pure rooms": house_rules.find_open_in_pure_rooms,
    "impure imports": house_rules.find_impure_imports,
    "kinds named outside": kinds_named_outside,
    "functions without a verb": unverbed,
    "strayed libraries": house_rules.find_strayed_libraries,
    "docstrings": house_rules.find_strange_docstrings,
    "messages": house_rules.find_strange_messages,
}

FACE = '''"""A face."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.planted.inner import value
else:
    __getattr__ = lazy_face(__name__, {"inner": ("value",)})

__all__ = ["other"]
'''

PLANTED: Mapping[str, Mapping[str, str]] = {
    "crowded folders": {f"nipsys.plan.m{number}": "" for number in range(17)},
    "repeated folder names": {"nipsys.lock.lock_reader": ""},
    "ambiguous stems": {"nipsys.plan.policy": ""},
    "folders named like output": {"nipsys.build.steps": ""},
    "imports past faces": {"nipsys.app.planted": "from nipsys.store.ingest.batch import TreeBatch\n"},
    "false faces": {"nipsys.planted.__init__": FACE, "nipsys.planted.inner": "value = 1\n"},
    "cycles": {
        "nipsys.app.one": "from nipsys.app import two\n",
        "nipsys.app.two": "def late() -> None:\n    from nipsys.app.one import two\n",
    },
    "open in pure rooms": {"nipsys.lock.planted": "text = open('/etc/passwd').read()\n"},
    "impure imports": {"nipsys.plan.planted": "import urllib.request, platform\n"},
    "kinds named outside": {"nipsys.app.planted": "prefix = '/usr' if kind == 'debian' else ''\n"},
    "functions without a verb": {"nipsys.lock.planted": "".join(f"def opened{n}() -> None: ...\n" for n in range(60))},
    "strayed libraries": {"nipsys.audit.planted": "def late() -> None:\n    import networkx\n"},
    "docstrings": {"nipsys.lock.planted": 'def read() -> None:\n    """Give the text."""\n'},
    "messages": {"nipsys.lock.planted": "message = f'`{name}` is no profile'\n"},
}


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule: str) -> None:
    assert RULES[rule](tree()) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_planted_offence_is_found(rule: str) -> None:
    assert len(RULES[rule]({**tree(), **PLANTED[rule]})) > len(RULES[rule](tree()))


def test_pages_are_in_plain_english() -> None:
    pages = [HERE / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md")]
    pages += sorted((HERE / "docs").rglob("*.md"))
    texts = {str(page.relative_to(HERE)): page.read_text() for page in pages if page.exists()}
    assert len(texts) > 20
    assert house_rules.find_strange_pages(texts) == []
    assert house_rules.find_strange_pages({"README.md": "this is no profile\nlook anew\nthere is no profile"}) == [
        "README.md:1 is no p",
        "README.md:2 anew",
    ]
