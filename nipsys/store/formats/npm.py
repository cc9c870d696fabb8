"""npm packages: a gzipped tar archive with one top directory, and the programs that its ``package.json`` names."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from nipsys.effects.disk import Buffer
from nipsys.model.package import UnpackSpec
from nipsys.store.formats import tar
from nipsys.store.member import Limits, Member, reject_damaged, reject_hostile
from nipsys.store.streams import BoundedReader, Pipeline, open_decompressed

_MANIFEST = 8 << 20


def read_members(stream: BinaryIO, container: UnpackSpec, limits: Limits, pipeline: Pipeline | None = None) -> Iterator[Member]:
    """Return the members without their top directory, whatever its name, and a link for every program.

    The stream is read twice, because ``package.json`` may be anywhere in it. Programs are made executable, as npm does.
    ``container.settings``: ``name`` and ``version`` that the package must have; without them any archive is accepted.
    """
    settings = dict(container.settings)
    manifest, last = _survey(stream, limits, pipeline) if settings else ({}, {})
    programs = _read_programs(manifest, settings) if settings else {}
    stream.seek(0)
    seen = set()
    for place, member in enumerate(_strip_top(stream, limits, pipeline)):
        if settings and (member.kind in {"link", "hard"} or last.get(member.path, place) != place):
            continue  # as in npm: links are left out, and of two members with the same path the later one counts
        seen.add(member.path)
        runs = member.path in programs.values()
        yield member._replace(mode=0o755 if runs or member.mode & 0o111 else 0o644) if member.kind == "file" else member
    home = container.prefix.partition("/node_modules/")[0]
    for name, path in programs.items():
        if path in seen:
            target = f"../{container.prefix[len(home) + 1 :]}/{path}" if home else f"../{path}"
            yield Member(f"{home}/bin/{name}".lstrip("/"), "link", target=target, role="added")


def _strip_top(stream: BinaryIO, limits: Limits, pipeline: Pipeline | None) -> Iterator[Member]:
    read, meter = open_decompressed(stream.read, limits, pipeline=pipeline)
    for member in tar.read_members(BoundedReader(read), limits, meter):
        parts = [part for part in member.path.split("/") if part not in {"", "."}][1:]
        if parts and not member.path.startswith("/"):
            yield member._replace(path="/".join(parts))
        elif member.path.startswith("/"):
            raise reject_hostile(member.path, "has an absolute path")


def _survey(stream: BinaryIO, limits: Limits, pipeline: Pipeline | None) -> tuple[dict[str, Any], dict[str, int]]:
    """Read ``package.json``, and note the last member of each path: some packages in the registry contain a file twice."""
    found, last = None, {}
    for place, member in enumerate(_strip_top(stream, limits, pipeline)):
        if member.kind == "file":
            last[member.path] = place
        if member.path == "package.json" and member.kind == "file":
            if member.size > _MANIFEST:
                raise reject_damaged("the package's `package.json` is too large")
            found = b"".join(map(bytes, _parts(member)))
    if found is None:
        raise reject_damaged("the package has no `package.json`")
    try:
        value = json.loads(found.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise reject_damaged("the package's `package.json` cannot be read", str(fault)) from fault
    if not isinstance(value, dict):
        raise reject_damaged("the package's `package.json` is not an object")
    return value, last


def _parts(member: Member) -> Iterator[Buffer]:
    yield from member.data


def _read_programs(manifest: dict[str, Any], settings: dict[str, str]) -> dict[str, str]:
    """Return the path of each program, by name; ``bin`` is a table, or one path for a program named like the package."""
    name, version = str(manifest.get("name", "")), str(manifest.get("version", ""))
    wanted, at = settings["name"], settings["version"]
    if name != wanted or version.lstrip("v=").partition("+")[0] != at.partition("+")[0]:
        raise reject_damaged(f"the package is `{name}` {version}, not `{wanted}` {at}")
    table = manifest.get("bin") or {}
    if isinstance(table, str):
        table = {name.rpartition("/")[2]: table}
    found = {}
    for program, path in table.items() if isinstance(table, dict) else ():
        plain = str(program).rpartition("/")[2]
        parts = [part for part in str(path).replace("\\", "/").split("/") if part not in {"", "."}]
        if plain in {"", ".", ".."} or ".." in parts or "\0" in plain:
            raise reject_hostile("package.json", f"names the program `{program}` at `{path}`")
        found[plain] = "/".join(parts)
    return found


READERS = {"npm": read_members}
