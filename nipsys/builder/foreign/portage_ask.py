"""Ask Portage about one package. Run by the Python of Portage's own environment (see ``portage_run.py``), never imported by nipsys.

The question is one JSON argument, ``{"package": category/name, "provided": [category/name-version]}``; the answer is the last line printed.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import portage  # type: ignore[import-not-found] # only in that environment
from portage.dep import Atom, check_required_use, match_from_list, use_reduce  # type: ignore[import-not-found]

_KEYS = ("IUSE", "REQUIRED_USE", "DEPEND", "BDEPEND", "RDEPEND", "PDEPEND", "SRC_URI", "INHERITED", "EAPI")


def main() -> None:
    """Read the question from the command line and print the answer."""
    question = json.loads(sys.argv[1])
    sys.stdout.write("\n" + json.dumps(_query(question["package"], question["provided"])) + "\n")


def _query(package: str, provided: list[str]) -> dict[str, Any]:
    portdb = portage.db[portage.settings["EROOT"]]["porttree"].dbapi
    cpv = portdb.xmatch("bestmatch-visible", package)
    if not cpv:
        return {"version": "", "hidden": [str(one) for one in portdb.cp_list(package)]}
    known = dict(zip(_KEYS, portdb.aux_get(cpv, _KEYS), strict=True))
    settings = portage.config(clone=portage.settings)
    settings.setcpv(cpv, mydb=portdb)
    use = frozenset(settings["PORTAGE_USE"].split())
    flags = {word.lstrip("+-") for word in known["IUSE"].split()}
    required = check_required_use(known["REQUIRED_USE"], use, flags.__contains__, eapi=known["EAPI"])
    finder = _DependencyFinder(portdb, provided, use, known["EAPI"])
    for key, runs in (("DEPEND", False), ("BDEPEND", False), ("RDEPEND", True), ("PDEPEND", True)):
        finder.add_variable(known[key], key, runs=runs)
    return {
        "version": cpv.partition("/")[2][len(package.partition("/")[2]) + 1 :],
        "flags": sorted(flags),
        "required": "" if required else required.tounicode(),
        "needs": list(finder.needs.values()),
        "missing": finder.missing,
        "sources": list(_iter_sources(portdb, cpv, use)),
        "files": {path: _sha512(path) for path in _iter_files(portdb, cpv, known["INHERITED"].split())},
    }


class _DependencyFinder:
    """Finds where each dependency comes from: this machine, the repository, or nowhere."""

    def __init__(self, portdb: Any, provided: list[str], use: frozenset[str], eapi: str) -> None:  # noqa: ANN401 - Portage has no types
        self.portdb, self.provided, self.use, self.eapi = portdb, provided, use, eapi
        self.needs: dict[str, dict[str, Any]] = {}
        self.missing: list[dict[str, str]] = []

    def add_variable(self, text: str, key: str, *, runs: bool) -> None:
        """Add the dependencies in the ``text`` of the variable ``key``."""
        tree = use_reduce(text, uselist=self.use, opconvert=True, token_class=Atom, eapi=self.eapi)
        for atom in self._iter_atoms(tree):
            self._add_atom(atom, key, runs=runs)

    def _iter_atoms(self, nodes: list[Any]) -> Iterator[Any]:
        """Iterate over the atoms of a group; of an any-of group those of its first available member, else of its first member."""
        if nodes and nodes[0] == "||":
            choices = [list(self._iter_atoms(node if isinstance(node, list) else [node])) for node in nodes[1:]]
            yield from next(
                (choice for choice in choices if all(self._find_origin(atom) for atom in choice)), choices[0] if choices else []
            )
            return
        for node in nodes:
            if isinstance(node, list):
                yield from self._iter_atoms(node)
            elif not node.blocker:
                yield node

    def _find_origin(self, atom: Any) -> str:  # noqa: ANN401 - the same
        wanted = Atom((atom.operator or "") + str(atom.cpv) + ("*" if atom.operator == "=*" else "")) if atom.operator != "=*" else atom
        if match_from_list(wanted.without_use.without_slot if wanted.slot else wanted.without_use, self.provided):
            return "machine"
        return "repository" if self.portdb.xmatch("bestmatch-visible", atom.without_use) else ""

    def _add_atom(self, atom: Any, key: str, *, runs: bool) -> None:  # noqa: ANN401 - the same
        kind = self._find_origin(atom)
        if not kind:
            self.missing.append({"atom": str(atom), "key": key})
        elif kind == "repository":
            need = self.needs.setdefault(atom.cp, {"package": atom.cp, "on": [], "off": [], "runs": False})
            need["runs"] = need["runs"] or runs
            asked = atom.evaluate_conditionals(self.use).use
            if asked is not None:
                need["on"] = sorted({*need["on"], *asked.enabled})
                need["off"] = sorted({*need["off"], *asked.disabled})


def _iter_sources(portdb: Any, cpv: str, use: frozenset[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - the same
    """Iterate over the files of SRC_URI for these flags, with their URLs and what the Manifest says about them."""
    digests = portage.Manifest(os.path.dirname(portdb.findname(cpv)), None).getTypeDigests("DIST")
    for name, urls in portdb.getFetchMap(cpv, useflags=use).items():
        known = digests.get(name, {})
        yield {"name": name, "urls": list(urls), "size": known.get("size"), "sha512": known.get("SHA512")}


def _iter_files(portdb: Any, cpv: str, eclasses: list[str]) -> Iterator[str]:  # noqa: ANN401 - the same
    """Iterate over the files that decide the build: ebuild, patches, eclasses."""
    ebuild = portdb.findname(cpv)
    repository = portdb.repositories[portdb.getRepositoryName(portdb.findname2(cpv)[1])]
    yield ebuild
    for top, _, names in os.walk(os.path.join(os.path.dirname(ebuild), "files")):
        yield from (os.path.join(top, name) for name in sorted(names))
    yield from (repository.eclass_db.eclasses[name].location for name in sorted(eclasses))


def _sha512(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha512(stream.read()).hexdigest()


if __name__ == "__main__":
    main()
