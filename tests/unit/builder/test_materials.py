"""Materials of a recipe: extracted with the store's rules, patched inside their own directory, always the same."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from nipsys.builder.materials.prepare import PreparedMaterial, prepare_material
from nipsys.model.package.recipe import Edit, Material, Recipe, Replacement, Write
from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span
from nipsys.model.value import replace

SPAN = Span("r.kdl", 3, 5, 6, "    source")


def member(
    name: str, body: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, target, mode, len(body)
    return info, body


def source(folder: Path, *members: tuple[tarfile.TarInfo, bytes], **fields: object) -> Material:
    with tarfile.open(folder / "s.tar.xz", "w:xz") as archive:
        for info, body in members:
            archive.addfile(info, io.BytesIO(body))
    digest = hashlib.sha256((folder / "s.tar.xz").read_bytes()).hexdigest()
    return replace(Material("s", "archive", digest, path="s.tar.xz", span=SPAN), **fields)


def prepare(folder: Path, material: Material) -> PreparedMaterial:
    def never(_resource: object) -> str:
        raise AssertionError("nothing is fetched here")

    return prepare_material(Recipe("r", "1", folder=str(folder)), material, str(folder / "sources"), (), never)


def refused(folder: Path, material: Material) -> Problem:
    with pytest.raises(Rejected) as caught:
        prepare(folder, material)
    assert caught.value.kind == "build"
    (problem,) = caught.value.problems
    assert problem.span == SPAN
    return problem


def test_what_is_selected_is_extracted_read_only_and_without_times(tmp_path: Path) -> None:
    material = source(
        tmp_path,
        member("top/dir", kind=tarfile.DIRTYPE),
        member("top/dir/tool", b"#!", mode=0o750),
        member("top/dir/group", b"x", mode=0o654),
        member("top/doc/readme", b"x"),
        member("top/doc/dev", kind=tarfile.CHRTYPE),
        member("top/link", kind=tarfile.SYMTYPE, target="dir/tool"),
        member("stray", b"x"),
        strip=1,
        skip=("doc/*",),
    )
    top = Path(prepare(tmp_path, material).path)
    found = {str(path.relative_to(top)) for path in top.rglob("*")}
    assert found == {"dir", "dir/tool", "dir/group", "link"}
    assert (top / "dir/tool").stat().st_mode & 0o7777 == 0o555
    assert (top / "dir/group").stat().st_mode & 0o7777 == 0o444  # only the owner's bit counts
    assert (top / "dir/tool").stat().st_mtime == 1
    assert os.readlink(top / "link") == "dir/tool"
    only = Path(prepare(tmp_path, replace(material, skip=(), only=("dir/*",))).path)
    assert {str(path.relative_to(only)) for path in only.rglob("*")} == {"dir", "dir/tool", "dir/group"}


def test_a_patch_of_one_hard_link_leaves_the_other(tmp_path: Path) -> None:
    edit = Edit("b", (Replacement("old", "new"),))
    material = source(tmp_path, member("a", b"old", mode=0o755), member("b", kind=tarfile.LNKTYPE, target="a"), changes=(edit,))
    top = Path(prepare(tmp_path, material).path)
    assert ((top / "a").read_text(), (top / "b").read_text()) == ("old", "new")
    assert (top / "b").stat().st_mode & 0o7777 == 0o555


def test_a_patch_follows_links_inside_the_source_only(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine")
    links = member("inner", kind=tarfile.SYMTYPE, target="a"), member("evil", kind=tarfile.SYMTYPE, target=str(tmp_path))
    for change in (Write("evil/outside", "theirs"), Write("../outside", "theirs"), Edit("evil/outside", (Replacement("mine", "theirs"),))):
        problem = refused(tmp_path, source(tmp_path, member("a", b"x"), *links, changes=(change,)))
        assert problem.code == "build-patch"
        assert "leads out of the source" in problem.message
    assert (tmp_path / "outside").read_text() == "mine"
    top = Path(prepare(tmp_path, source(tmp_path, member("a", b"x"), *links, changes=(Write("inner", "y"),))).path)
    assert (top / "a").read_text() == "y"


@pytest.mark.parametrize("kind", ["archive", "file", "deb"])
def test_a_local_file_that_is_a_pipe_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    problem = refused(tmp_path, Material("s", kind, "0" * 64, path="pipe", span=SPAN))
    assert problem.code == "unreadable-file"
    assert "not a regular file" in problem.message
    assert refused(tmp_path, Material("s", kind, "0" * 64, path="none", span=SPAN)).code == "missing-file"
    assert refused(tmp_path, Material("s", kind, "0" * 64, path=".", span=SPAN)).code == "unreadable-file"


def test_what_is_not_an_archive_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(b"<html>" * 200)
    digest = hashlib.sha256((tmp_path / "page").read_bytes()).hexdigest()
    for kind in ("archive", "deb"):
        problem = refused(tmp_path, Material("s", kind, digest, path="page", span=SPAN))
        assert problem.code == "build-unpack"
        assert "its digest is right" in str(problem.hint)
