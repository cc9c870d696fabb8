"""Whatever an archive holds, the compiled library and Python make the same tree of it, or refuse it in the same words."""

import io
import pathlib
import shutil
import tarfile
import tempfile

import pytest
from disk_ways import choose, disk_library  # noqa: F401 - a fixture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from nipsys.effects.disk.factory import load_library
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.trees import Store

PARTS = ["a", "b", "lib", "..", ".", "", "caf\u00e9", "cafe\u0301", ".package", "\udcff", "\x1b[2J", "n" * 256]
NAMES = some.lists(some.sampled_from(PARTS), min_size=1, max_size=4).map("/".join)
MEMBERS = some.tuples(
    NAMES,
    some.sampled_from(
        [tarfile.REGTYPE] * 6 + [tarfile.DIRTYPE] * 3 + [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
    ),
    NAMES,
    some.sampled_from([0o644, 0o755, 0o4755, 0]),
    some.sampled_from([0, 5, 700, 300_000]),
)


def packed(members: list[tuple[str, bytes, str, int, int]], cut: int | None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target, mode, size in members:
            made = tarfile.TarInfo(name)
            made.type, made.linkname, made.mode, made.mtime = kind, target, mode, size
            made.size = size if kind == tarfile.REGTYPE else 0
            archive.addfile(made, io.BytesIO(bytes([size % 251]) * made.size))
    return out.getvalue()[:cut]


def outcome(place: str, data: bytes) -> object:
    told: list[object] = []
    store = Store(f"{place}/root", report=told.append)
    try:
        with store.open_batch(workers=1) as batch:
            batch.put(io.BytesIO(data), UnpackSpec("tar"), "x", "1")
            ((name, _),) = batch.commit()
    except Rejected as rejected:
        assert store.list_directories() == ()
        return [(problem.code, problem.message, problem.notes) for problem in rejected.problems]
    tree = store.read_manifest(name)
    assert tree is not None
    assert [checked.state for checked in verify_trees(store)] == ["VERIFIED"]
    assert [one.name for one in pathlib.Path(place).iterdir()] == ["root"]
    return tree.to_text(), [str(event) for event in told if "set-user-id" in str(event)]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=some.lists(MEMBERS, max_size=6), cut=some.none() | some.integers(0, 4000))
def test_both_ways_agree_on_any_archive(
    disk_library: str,  # noqa: F811
    tmp_path: pathlib.Path,
    members: list[tuple[str, bytes, str, int, int]],
    cut: int | None,
) -> None:
    data = packed(members, cut)
    outcomes = []
    with pytest.MonkeyPatch.context() as patch:
        for way in ("compiled", "plain"):
            choose(way, disk_library, patch)
            place = tempfile.mkdtemp(dir=tmp_path)
            outcomes.append(outcome(place, data))
            shutil.rmtree(place)
    load_library.cache_clear()
    assert outcomes[0] == outcomes[1]
