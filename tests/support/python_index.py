"""An index of Python packages written in lines of a scenario, read by the real source: what it withholds is not in the universe.

``name version: needs a >=1 <2, b[extra], c if python_version < "3.9"; extra loud needs d; python >=3.10; yanked; sdist; tag cp312-abi3-linux_x86_64``
"""

import json
from collections.abc import Iterable
from io import BytesIO

from toy_world import index_of

from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.system.profile import SourceSpec
from nipsys.resolve import World
from nipsys.sources.common.frontier import find_new_clauses
from nipsys.sources.pypi.source import Pypi, open_source

_BASE = "https://index.example/simple"


def python_world(lines: Iterable[str], wanted: Iterable[str], **settings: str | bool) -> World:
    """Return the world that the requests (``name [range]``) can reach in the index these lines describe."""
    source = open_source(
        SourceSpec("pypi", "pypi", 50, (("mirror", _BASE), *sorted(settings.items()))), HostFacts(), "2026-01-01T00:00:00Z"
    )
    pages, metadata = _written(lines)
    records: dict[tuple[str, str], PackageRecord] = {}
    asked: set[str] = set()
    now = tuple(sorted(_requirement(wish) for wish in wanted))
    while now:
        asked.update(now)
        found = list(_read(source, now, pages, metadata))
        records |= {(record.name, record.version): record for record in found}
        now = find_new_clauses(found, asked)
    return World(source.spec, index_of([records[key] for key in sorted(records)], "pypi", source.dialect), source.dialect)


def _read(source: Pypi, names: tuple[str, ...], pages: dict[str, bytes], metadata: dict[str, bytes]) -> Iterable[PackageRecord]:
    todo = list(source.ask(names))
    while todo:
        resource = todo.pop(0)
        address = resource.urls[0]
        body = pages.get(address.rstrip("/").rpartition("/")[2]) if resource.role.startswith("project:") else metadata[address]
        page = source.read(resource, None if body is None else BytesIO(body))
        yield from page.records
        todo += page.more


def _written(lines: Iterable[str]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    files: dict[str, list[dict[str, object]]] = {}
    metadata: dict[str, bytes] = {}
    for line in lines:
        head, _, tail = line.partition(":")
        name, version = head.split()
        parts = [part.strip() for part in tail.split(";") if part.strip()]
        told = {word.partition(" ")[0]: word.partition(" ")[2] for word in parts if not word.startswith("extra ")}
        file = f"{name}-{version}.tar.gz" if "sdist" in told else f"{name}-{version}-{told.get('tag', 'py3-none-any')}.whl"
        digest = {"sha256": f"{len(metadata) + 1:064x}"}
        files.setdefault(name, []).append(
            {
                "filename": file,
                "url": f"{_BASE}/files/{file}",
                "hashes": digest,
                "yanked": "yanked" in told,
                "requires-python": told.get("python"),
                "core-metadata": digest,
            }
        )
        metadata[f"{_BASE}/files/{file}.metadata"] = _metadata(name, version, told, [part for part in parts if part.startswith("extra ")])
    page = {"meta": {"api-version": "1.1"}}
    return {name: json.dumps({**page, "name": name, "files": rows}).encode() for name, rows in files.items()}, metadata


def _metadata(name: str, version: str, told: dict[str, str], extras: list[str]) -> bytes:
    headers = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    headers += [f"Requires-Python: {told['python']}"] if "python" in told else []
    headers += [f"Requires-Dist: {_requirement(need)}" for need in told.get("needs", "").split(",") if need]
    for extra in extras:
        _, word, rest = extra.split(" ", 2)
        headers.append(f"Provides-Extra: {word}")
        headers += [f'Requires-Dist: {_requirement(need)} ; extra == "{word}"' for need in rest.removeprefix("needs ").split(",")]
    return "\n".join([*headers, "", ""]).encode()


def _requirement(text: str) -> str:
    """Write ``a >=1 <2 if marker`` as PEP 508 does."""
    words, _, marker = text.partition(" if ")
    name, *bounds = words.split()
    return f"{name}{','.join(bounds)}" + (f" ; {marker}" if marker else "")
