"""What the crash matrix and the state machine do not cover: clashes, links, the history's chain, packs, views."""

import io
import os
import pathlib
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from nipsys.effects.clock import FixedClock
from nipsys.generation.catalog import Generations
from nipsys.generation.history import Operation
from nipsys.generation.links.farm import GeneratedFile, compose_farm
from nipsys.generation.manifest import format_system, parse_system
from nipsys.model.digest import blake3_of, to_canonical_json
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.generation import FarmLink, PlacedPackage, Stub, System, WorldView
from nipsys.model.system.tree import Directory, File, Tree, TreeName
from nipsys.store.ingest.batch import LinkedEntry
from nipsys.store.maintenance.dedupe import deduplicate
from nipsys.store.maintenance.repair import repair_trees
from nipsys.store.maintenance.verify import verify_trees
from nipsys.store.pack.read import read_pack
from nipsys.store.pack.write import PackHeader, write_pack
from nipsys.store.trees import Store


def system(*links: tuple[str, str], views: tuple[WorldView, ...] = ()) -> System:
    return System("p", "d", "l", "x86_64", links=tuple(FarmLink(*link) for link in links), views=views)


def clashes(*links: tuple[str, str], pieces: tuple[GeneratedFile, ...] = ()) -> str:
    with pytest.raises(Rejected) as caught:
        compose_farm(system(*links), pieces)
    return str(caught.value)


def test_every_clash_is_named_at_once() -> None:
    said = clashes(
        ("Links/Executables/x", "../../../../store/a/x"), ("Links/Executables/x", "../../../../store/b/x"),
        ("Links/Shared/man", "../../../../store/a/man"), ("Links/Shared/man/man1", "../../../../../store/b/man1"),
        ("top", "store/x"), ("Links/../x", "store/x"), pieces=(GeneratedFile("Links/Executables/x", b""),),
    )  # fmt: skip
    for path in ("`Links/Executables/x`", "`Links/Shared/man`", "`top`", "`Links/`"):
        assert path in said


def test_a_target_inside_the_generation_leads_into_its_view_or_nowhere() -> None:
    view = WorldView("debian", "blake3:k", "key-debian-view", "view")
    ((_, links),) = compose_farm(system(("Links/E/x", "../../views/debian/.run/usr/bin/x"), views=(view,)))
    assert links.directories[0][1].links == (("x", "../../../store/key-debian-view/.run/usr/bin/x"),)
    assert "inside the generation" in clashes(("Links/E/x", "../../views/other/usr/bin/x"))


def test_what_a_generation_shares_and_where_links_lead(tmp_path: pathlib.Path) -> None:
    generations = Generations(str(tmp_path), clock=FixedClock())
    (tmp_path / "store/a").mkdir(parents=True)
    (tmp_path / "store/a/x").write_text("a")
    same = [(f"Links/Libraries/lib{number}", "../../../../store/a/x") for number in range(5)]
    generations.commit(generations.stage(system(*same, ("Links/Headers/deep/er/x.h", "../../../../../../store/a/x"))))
    before = set(os.listdir(tmp_path / "generations/.links"))
    generations.commit(generations.stage(system(*same, ("Links/Executables/y", "../../../../store/a/x"))))
    assert (tmp_path / "System/Links/Libraries/lib3").read_text() == "a"
    assert (tmp_path / "generations/1/Links/Headers/deep/er/x.h").read_text() == "a"
    libraries = os.readlink(tmp_path / "generations/1/Links/Libraries")
    assert libraries == os.readlink(tmp_path / "generations/2/Links/Libraries")
    assert len(set(os.listdir(tmp_path / "generations/.links")) - before) == 2  # Executables and Links itself
    longest = max(len(os.readlink(top + "/" + name)) for top, _, files in os.walk(tmp_path / "generations/.links") for name in files)
    assert longest < 60


def test_a_manifest_is_the_same_text_both_ways() -> None:
    whole = System(
        "p", "d", "l", "x86_64", (PlacedPackage("s/n", "n", "1", "t", "d", True),), (WorldView("s", "k", "d", "view"),),
        (Stub("n", "s", "/usr/bin/n", "s/n"),), (FarmLink("Links/a", "b"),), (("A", "ü"),), (("~/x", "blake3:1", 420),), (("s", "run", ("a",)),),
    )  # fmt: skip
    assert format_system(whole) == to_canonical_json(whole.to_dict())
    assert blake3_of(format_system(whole)) == whole.digest()
    assert parse_system(format_system(whole)) == whole


@pytest.mark.parametrize(
    "odd", ["plain", 'quo"te', "back\\slash", "new\nline", "tab\t", "\x7f", "ü", "\u2028", "", '","', '"],["', "\udcff"]
)
def test_links_are_written_as_json_writes_them(odd: str) -> None:
    for links in ((("a", "b"), ("c", odd)), ((odd, "b"),), ((odd, odd), (odd, odd)), ()):
        assert format_system(system(*links)) == to_canonical_json(system(*links).to_dict())
        assert parse_system(format_system(system(*links))) == system(*links)


def test_a_directory_is_named_by_what_it_holds() -> None:
    """Whatever the order in which its links are given, and by nothing but them."""
    names = set()
    links = [("Links/A/x", "../../../../store/a/x"), ("Links/A/y", "../../../../store/a/y"), ("Links/A/z", "/etc/z")]
    for order in (links, links[::-1]):
        ((_, top),) = compose_farm(system(*order))
        names.add(top.directories[0][1].name)
        assert top.directories[0][1].links == (("x", "../../../store/a/x"), ("y", "../../../store/a/y"), ("z", "/etc/z"))
    assert len(names) == 1
    for other in (links[:2], [*links, ("Links/A/w", "/etc/w")], [("Links/A/x", "../../../../store/b/x"), *links[1:]]):
        ((_, top),) = compose_farm(system(*other))
        names.add(top.directories[0][1].name)
    ((_, top),) = compose_farm(system(), (GeneratedFile("Links/A/x", b"x"),))
    names.add(top.directories[0][1].name)
    ((_, top),) = compose_farm(system(), (GeneratedFile("Links/A/x", b"x", executable=False),))
    names.add(top.directories[0][1].name)
    assert len(names) == 6


def test_the_history_detects_incomplete_and_changed_lines(tmp_path: pathlib.Path) -> None:
    history = Generations(str(tmp_path)).history
    for number in range(3):
        history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, number))
    file = tmp_path / "history"
    with file.open("ab") as out:
        out.write(b'{"what":"app')  # a power cut
    history.add(Operation("apply", "2026-11-20T08:00:00Z", "me", None, 3))
    assert [line.after for line in history.operations()] == [0, 1, 2, 3]
    assert [broken.why for broken in history.check()] == ["the line is incomplete"]
    file.write_bytes(file.read_bytes().replace(b'"after":1', b'"after":7'))
    assert any("does not follow" in broken.why for broken in history.check())


def archive(files: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), 7
            made.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


@pytest.fixture
def filled(tmp_path: pathlib.Path) -> Iterator[tuple[Store, tuple[TreeName, TreeName, TreeName]]]:
    """Two packages that share a file, and a view of both."""
    store = Store(str(tmp_path / "here"))
    with store.open_batch() as batch:
        batch.put(archive({"bin/a": b"aaa", "licence": b"same"}), UnpackSpec("tar"), "a", "1", "x:a")
        batch.put(archive({"bin/b": os.urandom(5 << 20), "licence": b"same", "empty/.keep": b""}), UnpackSpec("tar"), "b", "1", "x:b")
        a, b = batch.commit()
    view = TreeName(blake3_of(b"key"), "w", "view")
    picks = [LinkedEntry(Directory("bin"))]
    for name in (a, b):
        tree = store.read_manifest(name)
        assert tree is not None
        picks += [LinkedEntry(entry, f"{name.directory}/{entry.path}") for entry in tree.entries if entry.path.startswith("bin/")]
    with store.open_batch() as batch:
        batch.link_tree(view, picks)
        batch.commit()
    yield store, (a, b, view)
    store.disk.close()  # type: ignore[attr-defined]


Filled = tuple[Store, tuple[TreeName, TreeName, TreeName]]


def packed(store: Store, names: tuple[TreeName, ...], **more: object) -> bytes:
    out = io.BytesIO()
    write_pack(store, out, [name.directory for name in names], **more)  # type: ignore[arg-type]
    return out.getvalue()


def test_equal_trees_give_equal_packs_that_tar_reads(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    data = packed(store, names, generation=b"{}")
    assert data == packed(store, names[::-1], generation=b"{}")
    (tmp_path / "x.tar.zst").write_bytes(data)
    listed = subprocess.run(
        ["tar", "--zstd", "-tf", str(tmp_path / "x.tar.zst")], capture_output=True, text=True, check=True
    ).stdout.split()
    assert listed[:2] == ["pack.json", "generation.json"]
    assert len([name for name in listed if name.startswith("objects/")]) == 4  # one content is there once
    from nipsys.store.streams.seekable import read_frame_table

    table = read_frame_table(io.BytesIO(data))
    assert len(table) == 2
    import zstandard

    packed_size, plain_size = table[0]
    tail = zstandard.ZstdDecompressor().decompress(data[packed_size : packed_size + table[1][0]])
    assert len(tail) == table[1][1] < plain_size


def test_a_pack_makes_the_same_trees_elsewhere(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    other = Store(str(tmp_path / "there"))
    done = read_pack(other, io.BytesIO(packed(store, names)))
    assert sorted(done.added) == sorted(name.directory for name in names)
    assert {checked.state for checked in verify_trees(other)} == {"VERIFIED"}
    for name in names:
        assert other.read_manifest(name) == store.read_manifest(name)
    program = pathlib.Path(other.path(names[2])) / "bin/b"
    assert program.stat().st_ino == (pathlib.Path(other.path(names[1])) / "bin/b").stat().st_ino
    assert read_pack(other, io.BytesIO(packed(store, names))).added == ()


def test_a_differential_pack_needs_its_base(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, (a, b, view) = filled
    less = packed(store, (a, b, view), base=[b.directory])
    assert len(less) < 100_000
    other = Store(str(tmp_path / "there"))
    with pytest.raises(Rejected, match="3 contents are missing"):
        read_pack(other, io.BytesIO(less))
    assert other.list_directories() == ()
    read_pack(other, io.BytesIO(packed(store, (b,))))
    read_pack(other, io.BytesIO(less))
    assert {checked.state for checked in verify_trees(other)} == {"VERIFIED"}


def test_a_pack_with_wrong_bytes_never_gets_in(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    data = packed(store, names[:1])
    import zstandard

    plain = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
    for spoiled in (plain.replace(b"aaa", b"aab"), plain.replace(b'"bin/a"', b'"../aa"'), plain.replace(b"-a-1", b"-../")):
        assert spoiled != plain
        other = Store(str(tmp_path / "there"))
        with pytest.raises(Rejected):
            read_pack(other, io.BytesIO(zstandard.compress(spoiled)))
        assert other.list_directories() == ()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_a_manifest_that_climbs_out_is_refused(tmp_path: pathlib.Path, path: str) -> None:
    evil = Tree((File(path, blake3_of(b"x").partition(":")[2], 1, False, 0),))
    header = PackHeader(((TreeName(evil.digest(), "evil", "1").directory, evil.digest()),))
    names = {
        "pack.json": header.encode(),
        f"manifests/{evil.digest().partition(':')[2]}": evil.to_text(),
        f"objects/{evil.entries[0].digest}": b"x",
    }  # type: ignore[union-attr]
    with pytest.raises(Rejected):
        read_pack(Store(str(tmp_path / "root")), archive(names))
    assert not (tmp_path / "x").exists()


def test_packs_are_signed_and_verified(tmp_path: pathlib.Path, filled: Filled) -> None:
    store, names = filled
    signed = packed(store, names, sign=lambda text: ("key", blake3_of(text)))

    def trusted(text: bytes, key: str, signature: str) -> bool:
        return key == "key" and signature == blake3_of(text)

    other = Store(str(tmp_path / "there"))
    for data in (
        packed(store, names),
        packed(store, names, sign=lambda text: ("other", blake3_of(text))),
        packed(store, names, sign=lambda _: ("key", "x")),
    ):
        with pytest.raises(Rejected, match="signed"):
            read_pack(other, io.BytesIO(data), trusted=trusted)
        assert other.list_directories() == ()
    assert len(read_pack(other, io.BytesIO(signed), trusted=trusted).added) == 3


def test_a_view_is_repaired_from_whole_trees(filled: Filled) -> None:
    store, (_, _, view) = filled
    program = pathlib.Path(store.path(view)) / "bin/a"
    program.unlink()
    program.write_text("evil")
    (program.parent / "extra").mkdir()
    found = verify_trees(store)
    assert [(checked.directory, checked.paths) for checked in found if checked.state != "VERIFIED"] == [
        (view.directory, ("bin/a", "bin/extra"))
    ]
    done = repair_trees(store, found, lambda _: None)
    assert done.directories == (view.directory,)
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_an_inode_that_tree_and_view_share_is_repaired_in_both(filled: Filled) -> None:
    """Damage through a hard link hits every tree that has it; only the artifact can help."""
    store, (a, _, view) = filled
    program = pathlib.Path(store.path(a)) / "bin/a"
    program.chmod(0o644)
    program.write_text("bad")
    found = verify_trees(store)
    assert {c.directory for c in found if c.state == "MODIFIED"} == {a.directory, view.directory}
    nothing = repair_trees(store, found, lambda _: None)
    assert nothing.directories == ()
    assert len(nothing.unrepaired) == 2
    from nipsys.store.maintenance.repair import ArtifactSource

    supplies = {a.directory: ArtifactSource(archive({"bin/a": b"aaa", "licence": b"same"}), UnpackSpec("tar"), "a", "1", "x:a")}
    done = repair_trees(store, found, supplies.get)
    assert set(done.directories) == {a.directory, view.directory}
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_an_artifact_that_changed_repairs_nothing(filled: Filled) -> None:
    store, (a, _, _) = filled
    (pathlib.Path(store.path(a)) / "licence").unlink()
    from nipsys.store.maintenance.repair import ArtifactSource

    supplies = {a.directory: ArtifactSource(archive({"bin/a": b"other"}), UnpackSpec("tar"), "a", "1", "x:a")}
    done = repair_trees(store, verify_trees(store), supplies.get)
    assert done.directories == ()
    assert "now gives a different tree" in done.unrepaired[0].message


def test_verify_quick_sees_sizes_times_and_modes(filled: Filled) -> None:
    store, (a, _, view) = filled
    program = pathlib.Path(store.path(a)) / "bin/a"
    os.utime(program, (8, 8))
    assert {c.directory for c in verify_trees(store, quick=True) if c.state == "MODIFIED"} == {a.directory, view.directory}
    os.utime(program, (7, 7))
    assert {c.state for c in verify_trees(store, quick=True)} == {"VERIFIED"}
    os.unlink(os.path.join(store.layout.store, ".manifests", a.directory))
    assert [c.directory for c in verify_trees(store) if c.state == "UNKNOWN"] == [a.directory]
    assert [c.directory for c in verify_trees(store, expected={a.directory: a.digest, "gone": "x"}) if c.state == "MISSING"] == ["gone"]


def test_a_manifest_that_was_changed_is_not_believed(filled: Filled) -> None:
    store, (a, _, _) = filled
    path = pathlib.Path(store.layout.store) / ".manifests" / a.directory
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"bin/a"', b'"bin/z"'))
    assert {c.state for c in verify_trees(store, [a.directory], expected={a.directory: a.digest})} == {"UNKNOWN"}


def test_optimise_joins_equal_files_only(filled: Filled) -> None:
    store, (a, b, _) = filled
    one, two = (pathlib.Path(store.path(name)) / "licence" for name in (a, b))
    assert one.stat().st_ino != two.stat().st_ino
    done = deduplicate(store)
    assert (done.files, done.size) == (1, 4)
    assert one.stat().st_ino == two.stat().st_ino
    assert deduplicate(store).files == 0
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}


def test_a_directory_becomes_a_tree(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path / "root"))
    with store.open_batch() as batch:
        room = pathlib.Path(batch.make_directory())
        (room / "bin").mkdir()
        (room / "bin/x").write_text("x")
        (room / "bin/x").chmod(0o4755)
        (room / "bin/y").symlink_to("x")
        batch.adopt(str(room), "built", "1")
        (name,) = batch.commit()
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    assert (pathlib.Path(store.path(name)) / "bin/x").stat().st_mode & 0o7777 == 0o555
    with store.open_batch() as batch:
        room = pathlib.Path(batch.make_directory())
        os.mkfifo(room / "pipe")
        batch.adopt(str(room), "evil", "1")
        with pytest.raises(Rejected, match="pipe"):
            batch.commit()
    assert store.list_directories() == (name.directory,)


def test_wrong_bytes_for_a_known_tree_are_refused(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    tree = Tree((File("x", blake3_of(b"right").partition(":")[2], 5, False, 0),))
    with store.open_batch() as batch:
        batch.put_tree(tree, lambda _: (b"wrong",), "x", "1")
        with pytest.raises(Rejected, match="does not have the digest"):
            batch.commit()
    assert store.list_directories() == ()


def test_one_wrong_artifact_lets_none_of_the_batch_in_and_all_are_named(tmp_path: pathlib.Path) -> None:
    store = Store(str(tmp_path))
    with store.open_batch() as batch:
        batch.put(archive({"good": b"x"}), UnpackSpec("tar"), "good", "1")
        batch.put(archive({"../a": b"x"}), UnpackSpec("tar"), "evil", "1")
        batch.put(archive({"/b": b"x"}), UnpackSpec("tar"), "evil", "2")
        with pytest.raises(Rejected) as caught:
            batch.commit()
    assert len(caught.value.problems) == 2
    assert store.list_directories() == ()
    assert store.remove_debris() == 0


@pytest.mark.root
def test_gc_works_without_a_free_byte(tmp_path: pathlib.Path) -> None:
    image, mount = tmp_path / "disk.img", tmp_path / "mount"
    mount.mkdir()
    subprocess.run(["truncate", "-s", "24M", str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=False, capture_output=True).returncode:
        pytest.skip("no loop mount here")
    try:
        _fill_and_collect(mount)
    finally:
        subprocess.run(["umount", "--lazy", str(mount)], check=True)


def _fill_and_collect(mount: pathlib.Path) -> None:
    from nipsys.app.context import Context
    from nipsys.app.generations.gc import collect_garbage
    from nipsys.model.event import ignore_event
    from nipsys.model.layout import Layout

    root = str(mount / "root")
    store, generations = Store(root), Generations(root, clock=FixedClock())
    generations.sweep()
    for number in (1, 2):
        with store.open_batch() as batch:
            batch.put(archive({"large": os.urandom(4 << 20)}), UnpackSpec("tar"), "large", str(number))
            (name,) = batch.commit()
        placed = PlacedPackage("t/large", "large", str(number), name.digest, name.directory, True)
        generations.commit(generations.stage(System("p", "d", "l", "x86_64", (placed,))))
    with open(mount / "fill", "wb") as fill:
        try:
            while True:
                fill.write(bytes(1 << 16))
                fill.flush()
        except OSError:
            pass
    try:
        with open(mount / "fill2", "wb") as fill:
            while True:
                fill.write(b"x")
                fill.flush()
    except OSError:
        pass
    with store.open_batch() as batch, pytest.raises(Rejected) as caught:
        batch.put(archive({"more": os.urandom(1 << 20)}), UnpackSpec("tar"), "more", "1")
    assert caught.value.problems[0].code == "disk-full"
    site = Context(Layout(root), None, FixedClock(), ignore_event, str(mount))  # type: ignore[arg-type]
    done = collect_garbage(site, keep=1)
    assert done.generations == (1,)
    assert done.size == 4 << 20
    assert {checked.state for checked in verify_trees(store)} == {"VERIFIED"}
    store.disk.close()  # type: ignore[attr-defined]
    generations.disk.close()  # type: ignore[attr-defined]
