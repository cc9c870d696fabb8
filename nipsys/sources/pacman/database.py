"""A repository database of pacman: a tar of ``<name>-<version>/desc`` (and ``depends`` in old ones, ``iter_files`` in ``.files``).

``desc`` consists of blocks (``%KEY%`` and its lines) separated by empty lines. 14,000 packages are read in a third of a second: the
archive is walked in memory, and texts are split, never searched.
"""

from collections.abc import Iterator
from typing import NamedTuple

from nipsys.model.package import PackageRecord
from nipsys.sources.common import format_unix_time, iter_tar_files, unpack

UNPACKED_LIMIT = 1 << 30
"""Largest decompressed size of a database, in bytes."""
_FACTS = (
    ("%BASE%", "source"),
    ("%URL%", "homepage"),
    ("%LICENSE%", "licence"),
    ("%GROUPS%", "groups"),
    ("%REPLACES%", "replaces"),
    ("%ISIZE%", "installed-size"),
)

Blocks = dict[str, str]


class Database(NamedTuple):
    """The contents of a repository's database."""

    records: list[PackageRecord]
    date: str
    """When its newest package was built (``2026-11-20T08:00:00Z``), as the database itself has no date; empty when unknown."""
    without_sha256: int
    """How many packages have no SHA-256."""


def read_database(packed: bytes, repository: str, arches: frozenset[str]) -> Database:
    """Read a database in any compression; ``ValueError`` with a sentence when it is invalid.

    ``arches`` are the accepted machines in addition to ``any``. Locations are ``<repository>/<file name>``.
    """
    records, newest, undigested = [], 0, 0
    for blocks in iter_packages(packed):
        record = _build_record(blocks, repository)
        built = blocks.get("%BUILDDATE%", "")
        if built.isdigit() and len(built) < 12:
            newest = max(newest, int(built))
        if record.arch and record.arch not in arches:
            continue
        undigested += not record.digest.startswith("sha256:")
        records.append(record)
    return Database(records, format_unix_time(str(newest)) if newest else "", undigested)


def iter_packages(packed: bytes) -> Iterator[Blocks]:
    """Yield the blocks of each package, those of ``depends`` merged into those of ``desc``; keys are ``%NAME%`` and so on."""
    data = unpack(packed, UNPACKED_LIMIT)
    pending: dict[str, Blocks] = {}
    old = data.find(b"/depends\0") >= 0
    for path, start, end in iter_tar_files(data):
        if not path.endswith(("/desc", "/depends")):
            continue
        blocks = _parse_blocks(data[start:end])
        if not old:
            yield blocks
            continue
        pending.setdefault(path.rpartition("/")[0], {}).update(blocks)
    yield from pending.values()


def iter_files(packed: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (``name-version``, its files) of a ``.files`` database; directories end in ``/``."""
    data = unpack(packed, UNPACKED_LIMIT)
    for path, start, end in iter_tar_files(data):
        if path.endswith("/files"):
            listed = _parse_blocks(data[start:end]).get("%FILES%", "")
            yield path.rpartition("/")[0], tuple(listed.splitlines())


def _parse_blocks(text: bytes) -> Blocks:
    out = {}
    for block in text.decode("utf-8", "replace").split("\n\n"):
        key, _, value = block.strip("\n").partition("\n")
        out[key] = value
    return out


def _build_record(blocks: Blocks, repository: str) -> PackageRecord:
    name, version, file = blocks.get("%NAME%", ""), blocks.get("%VERSION%", ""), blocks.get("%FILENAME%", "")
    size, arch = blocks.get("%CSIZE%", ""), blocks.get("%ARCH%", "")
    if not (name and version and file and size.isdigit() and len(size) < 16):
        raise ValueError(f"the entry of `{name[:80]}` has no name, version, file name or size")
    if "/" in file or file in {".", ".."} or "/" in name or name[0] in ".-":
        raise ValueError(f"the entry of `{name[:80]}` names a file outside the repository: `{file[:80]}`")
    get = blocks.get
    return PackageRecord(
        name,
        version,
        "" if arch == "any" else arch,
        _split_lines(get("%DEPENDS%")),
        _split_lines(get("%OPTDEPENDS%")),
        _split_lines(get("%PROVIDES%")),
        _split_lines(get("%CONFLICTS%")),
        f"{repository}/{file}",
        int(size),
        _read_digest(blocks),
        "pacman",
        get("%DESC%", "").partition("\n")[0],
        False,
        (),
        _build_facts(blocks, repository),
    )


def _split_lines(value: str | None) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple(value.split("\n")) if "\n" in value else (value,)


def _read_digest(blocks: Blocks) -> str:
    for key, algorithm, digits in (("%SHA256SUM%", "sha256", 64), ("%MD5SUM%", "md5", 32)):
        value = blocks.get(key, "").lower()
        if len(value) == digits:
            return f"{algorithm}:{value}"
    return ""


def _build_facts(blocks: Blocks, repository: str) -> tuple[tuple[str, str], ...]:
    facts = [(fact, blocks[key].replace("\n", " ")) for key, fact in _FACTS if blocks.get(key)]
    built = blocks.get("%BUILDDATE%", "")
    if built.isdigit() and len(built) < 12:
        facts.append(("date", format_unix_time(built)))
    facts.append(("suite", repository))
    facts.sort()
    return tuple(facts)
