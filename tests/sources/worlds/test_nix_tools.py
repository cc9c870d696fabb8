"""Store paths built and signed by nix itself: read, fetched, unpacked, and compared with what ``nix copy`` makes of the same caches."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from grafting import merged, named, opened, records, stored
from nix_maker import PACKINGS, Caches, install
from tools import contents

from nipsys.model.problem import Rejected
from nipsys.sources.nix.index import from_evaluator, from_store_paths, read_index, write_index
from nipsys.sources.nix.narinfo import read_narinfo
from nipsys.sources.nix.rewrite import plan_relocation

pytestmark = pytest.mark.xdist_group("worlds")
"""The repositories are made once, by one process."""

DATE = "2026-11-20T08:00:00Z"


@pytest.fixture
def index(caches: Caches, tmp_path: Path) -> str:
    """Write a name index from what the evaluator printed."""
    path = tmp_path / "names"
    path.write_bytes(write_index(from_evaluator(caches.evaluated.encode(), "x86_64-linux"), "x86_64-linux", DATE))
    return str(path)


@pytest.fixture
def copied(caches: Caches, tmp_path: Path) -> Path:
    """Return a copy of the xz cache that a test may spoil."""
    shutil.copytree(caches.path / "cache-xz", tmp_path / "cache")
    return tmp_path / "cache"


def test_a_name_brings_its_closure(caches: Caches, index: str, tmp_path: Path) -> None:
    source = opened("nix", cache=caches.cache(), key=caches.key, index=index)
    found = records(source, tmp_path / "indexes", ("hello",))
    hello = named(found, "hello")
    assert hello.version == "1.0"
    assert hello.summary == "says hello"
    assert {re.sub("^.{33}", "", base) for base in hello.depends} == {
        "busybox-1.35.0",
        "glibc-2.36",
        "libgreet-2.1",
        "nothing-0",
        "words-3",
    }
    assert {one.name for one in found} == {"hello", *hello.depends}
    assert dict(hello.facts)["storepath"] == caches.outputs[0]
    assert hello.provides == hello.conflicts == (caches.outputs[0].rpartition("/")[2],)
    libgreet = next(one for one in found if one.name.endswith("libgreet-2.1"))
    assert libgreet.depends == ()  # it refers to itself, which asks for nothing


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_unpacks_to_what_nix_itself_copies(caches: Caches, index: str, tmp_path: Path, packing: str) -> None:
    source = opened("nix", cache=caches.cache(packing), key=caches.key, index=index)
    found = records(source, tmp_path / "indexes", ("hello", "libgreet.dev"))
    ours = merged(stored(source, record, tmp_path / "root") for record in found)
    theirs = contents(install(caches, f"copied-{packing}"), (".links",))
    assert ours == theirs
    assert len({path.partition("/")[0] for path in theirs}) == 7
    assert {kind for path, (kind, _) in theirs.items() if path.endswith(("-words-3", "-nothing-0"))} == {"file", "directory"}


def test_an_output_and_a_bare_path_can_be_asked_for(caches: Caches, index: str, tmp_path: Path) -> None:
    source = opened("nix", cache=caches.cache(), key=caches.key, index=index)
    base = caches.outputs[0].rpartition("/")[2]
    assert named(records(source, tmp_path / "one", ("libgreet.dev",)), "libgreet.dev").depends[0].endswith("libgreet-2.1")
    assert named(records(source, tmp_path / "two", (base,)), base).version == "1.0"
    assert records(source, tmp_path / "three", ("nothing",)) == []


def test_the_closure_runs_below_a_short_prefix_after_rewriting(caches: Caches, index: str, tmp_path: Path) -> None:
    source = opened("nix", cache=caches.cache(), key=caches.key, index=index)
    found = records(source, tmp_path / "indexes", ("hello",))
    prefix = Path(f"/tmp/nipsys-{os.getpid()}")
    moved = plan_relocation([dict(one.facts)["storepath"].rpartition("/")[2] for one in found], str(prefix))
    try:
        prefix.mkdir()
        for record in found:
            _moved(stored(source, record, tmp_path / "root"), prefix, moved)
        for program in prefix.glob("*/bin/hello-*"):
            ran = subprocess.run([program], capture_output=True, text=True, check=True)
            assert ran.stdout.startswith(f"Hello from {prefix}/")
        assert not any(b"/nix/store" in path.read_bytes() for path in prefix.rglob("*") if path.is_file() and "busybox" not in str(path))
    finally:
        shutil.rmtree(prefix, ignore_errors=True)


def _moved(tree: Path, prefix: Path, moved: object) -> None:
    def new(text: str) -> str:
        return moved.rewrite(text.encode()).decode()  # type: ignore[attr-defined, no-any-return]

    for path in sorted(tree.rglob("*")):
        place = Path(new(f"/nix/store/{path.relative_to(tree)}"))
        assert str(place).startswith(str(prefix))
        if path.is_symlink():
            place.symlink_to(new(os.readlink(path)))
        elif path.is_dir():
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(
                b"".join(
                    moved.rewrite_stream(
                        [path.read_bytes()[at : at + 7] for at in range(0, path.stat().st_size, 7)]
                        if path.stat().st_size < 20_000
                        else [path.read_bytes()]
                    )
                )
            )  # type: ignore[attr-defined]
            place.chmod(path.stat().st_mode)


def _spoil(cache: Path, base: str, pattern: str, replacement: str) -> None:
    path = cache / f"{base.rpartition('/')[2][:32]}.narinfo"
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    assert changed != text
    path.write_text(changed)


@pytest.mark.parametrize(
    ("pattern", "replacement", "why"),
    [
        (r"^NarSize: .*", "NarSize: 17208", "valid signature"),
        (r"^(References: )\S+ ", r"\1", "valid signature"),
        (r"^NarHash: sha256:.", "NarHash: sha256:1", "valid signature"),
        (r"^Sig: .*\n", "", "valid signature"),
        (r"^Sig: ", "Sig: stranger-1:AAAA\nSig: x", "valid signature"),
        (r"^StorePath: /nix/store/.", "StorePath: /nix/store/0", "another store path"),
        (r"^StorePath: /nix/store", "StorePath: /gnu/store", "another store path"),
        (r"^URL: nar", "URL: ../nar", "outside the cache"),
        (r"^Compression: xz", "Compression: br", "compressed as `br`"),
        (r"^NarSize: .*\n", "", "lacks `NarSize`"),
        (r"^NarSize: (.*)", r"NarSize: \1" + "\nNarSize: 1", "duplicate"),
    ],
)  # fmt: skip
def test_what_a_cache_says_must_be_what_was_signed(  # noqa: PLR0917 - three fixtures and three parameters
    caches: Caches, copied: Path, index: str, tmp_path: Path, pattern: str, replacement: str, why: str
) -> None:
    _spoil(copied, caches.outputs[0], pattern, replacement)
    source = opened("nix", cache=f"file://{copied}", key=caches.key, index=index)
    with pytest.raises(Rejected, match=re.escape(why)):
        records(source, tmp_path / "indexes", ("hello",))


def test_a_stranger_and_too_few_signers_are_refused(caches: Caches, index: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="valid signature"):
        records(opened("nix", cache=caches.cache(), key=caches.stranger, index=index), tmp_path / "one", ("hello",))
    both = opened("nix", cache=caches.cache(), key=f"{caches.key} {caches.stranger}", index=index, needed=2)
    with pytest.raises(Rejected, match="2 valid signatures"):
        records(both, tmp_path / "two", ("hello",))
    keys = f"{caches.key} {caches.stranger}"
    assert records(opened("nix", cache=caches.cache("both"), key=keys, index=index, needed=2), tmp_path / "both", ("hello",))
    assert records(opened("nix", cache=caches.cache(), signatures="none", index=index), tmp_path / "three", ("hello",))


def test_a_swapped_archive_is_refused_and_nothing_is_stored(caches: Caches, copied: Path, index: str, tmp_path: Path) -> None:
    """The address and the packed digest are not signed: a lying cache gets past both, and the signed digest still holds."""
    other = read_narinfo((copied / f"{caches.outputs[1].rpartition('/')[2][:32]}.narinfo").read_text())
    raw = (copied / other.url).read_bytes()
    text = (copied / f"{caches.outputs[1].rpartition('/')[2][:32]}.narinfo").read_text()
    lie = {key: value for key, _, value in (line.partition(": ") for line in text.splitlines())}
    for key in ("URL", "FileHash", "FileSize"):
        _spoil(copied, caches.outputs[0], f"^{key}: .*", f"{key}: {lie[key]}")
    assert len(raw) == int(lie["FileSize"])
    source = opened("nix", cache=f"file://{copied}", key=caches.key, index=index)
    hello = named(records(source, tmp_path / "indexes", ("hello",)), "hello")
    _refused(source, hello, tmp_path / "root", "digest")


def test_a_changed_or_cut_archive_is_refused(caches: Caches, copied: Path, index: str, tmp_path: Path) -> None:
    source = opened("nix", cache=f"file://{copied}", key=caches.key, index=index)
    hello = named(records(source, tmp_path / "indexes", ("hello",)), "hello")
    path = copied / hello.location
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    _refused(source, hello, tmp_path / "root", "")
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    _refused(source, hello, tmp_path / "root", "digest")
    path.write_bytes(whole[:-5])
    unsaid = hello._replace(digest="", size=0)
    _refused(source, unsaid, tmp_path / "root", "")


def _refused(source: object, record: object, root: Path, why: str) -> None:
    with pytest.raises(Rejected) as caught:
        stored(source, record, root)  # type: ignore[arg-type]
    assert why in str(caught.value)
    assert [path for path in (root / "store").glob("*") if not path.name.startswith(".")] == []


def test_a_missing_reference_is_told_by_address(caches: Caches, copied: Path, index: str, tmp_path: Path) -> None:
    glibc = next(path for path in copied.glob("*.narinfo") if "glibc" in path.read_text().splitlines()[0])
    glibc.unlink()
    with pytest.raises(Rejected) as caught:
        records(opened("nix", cache=f"file://{copied}", key=caches.key, index=index), tmp_path / "indexes", ("hello",))
    assert glibc.name in str(caught.value.problems)
    two = opened("nix", cache=f"file://{copied} {caches.cache('zstd')}", key=caches.key, index=index)
    assert len(records(two, tmp_path / "two", ("hello",))) == 6


def test_a_cache_for_another_store_is_refused(caches: Caches, copied: Path, index: str, tmp_path: Path) -> None:
    (copied / "nix-cache-info").write_text("StoreDir: /home/me/store\n")
    with pytest.raises(Rejected, match="not `/nix/store`"):
        records(opened("nix", cache=f"file://{copied}", key=caches.key, index=index), tmp_path, ("hello",))


def test_the_index_is_that_of_the_evaluator_and_of_a_list_of_paths(caches: Caches) -> None:
    evaluated = json.loads(caches.evaluated)
    rows = {row.name: row for row in from_evaluator(caches.evaluated.encode(), "x86_64-linux")}
    assert set(rows) == {"glibc", "hello", "libgreet", "libgreet.dev"}
    assert rows["libgreet.dev"].base_name == evaluated["libgreet"]["outputs"]["dev"].rpartition("/")[2]
    listed = "\n".join(path for package in evaluated.values() for path in package["outputs"].values())
    assert {(row.name, row.version, row.base_name) for row in from_store_paths(listed.encode())} == {
        (row.name, row.version, row.base_name) for row in rows.values()
    }
    text = write_index(rows.values(), "x86_64-linux", DATE)
    assert text == write_index(reversed(list(rows.values())), "x86_64-linux", DATE)
    again = read_index(text)
    assert {name: [row] for name, row in rows.items()} == again.rows
    assert (again.system, again.date) == ("x86_64-linux", DATE)


def test_an_older_index_is_refused_whatever_it_is_asked_for(caches: Caches, index: str, tmp_path: Path) -> None:
    source = opened("nix", cache=caches.cache(), key=caches.key, index=index)
    records(source, tmp_path / "indexes", ("hello",))
    rows = list(from_evaluator(caches.evaluated.encode(), "x86_64-linux"))
    Path(index).write_bytes(write_index(rows, "x86_64-linux", "2026-11-19T08:00:00Z"))
    for names in (("hello",), ("glibc",)):
        with pytest.raises(Rejected, match="older than the newest version seen"):
            records(source, tmp_path / "indexes", names)
    past = opened("nix", cache=caches.cache(), key=caches.key, index=index, snapshot="2026-11-19")
    assert records(past, tmp_path / "indexes", ("glibc",))


def test_no_store_appeared_on_this_machine(caches: Caches) -> None:
    assert caches.path.exists()
    assert not Path("/nix").exists() or Path("/nix").stat().st_mtime < caches.path.stat().st_mtime
