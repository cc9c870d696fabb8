"""The pypi source: pages, which files are chosen from them, metadata, wheels and their scripts."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import parse_tag
from registry_maker import metadata_of, project_page, wheel

from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.common.frontier import find_new_clauses, select_newest
from nipsys.sources.pypi.configuration import find_indexes
from nipsys.sources.pypi.index import parse_wheel_name, read_page
from nipsys.sources.pypi.metadata import read_metadata
from nipsys.sources.pypi.source import Pypi, open_source
from nipsys.sources.pypi.tags import Target
from nipsys.sources.pypi.wheel import build_stubs, locate_member, read_record, read_scripts, read_wheel, rewrite_script
from nipsys.store.formats.wheel import read_members
from nipsys.store.member import Limits

NOW = "2026-11-20T08:00:00Z"
BASE = "https://index.example/simple"
TARGET = Target((3, 11), "x86_64", 28)


def opened(host: HostFacts | None = None, **settings: Any) -> Pypi:
    given = {"mirror": BASE, "python": "3.11"} | settings
    pairs = tuple(sorted((key.replace("_", "-"), value) for key, value in given.items() if value is not None))
    return open_source(SourceSpec("pypi", "pypi", 50, pairs), host or HostFacts(), NOW)


def offered(question: str, files: list[dict[str, Any]], **settings: Any) -> list[str]:
    """Return the names of the files whose metadata a page leads to."""
    source = opened(**settings)
    (resource,) = source.ask((question,))
    page = {
        "meta": {"api-version": "1.0"},
        "files": [{"url": f"../../f/{file['filename']}", "hashes": {"sha256": "ab" * 32}, **file} for file in files],
    }
    found = source.read(resource, BytesIO(json.dumps(page).encode())).more
    return [json.loads(one.role.partition(":")[2])[0]["filename"] for one in found]


def pure(*versions: str, **more: Any) -> list[dict[str, Any]]:
    return [{"filename": f"a-{version}-py3-none-any.whl", **more} for version in versions]


@pytest.mark.parametrize(
    ("question", "expect"),
    [
        ("a", ["1.0", "1.1", "2.0"]),
        ("a<2", ["1.0", "1.1"]),
        ("a==1.*", ["1.0", "1.1"]),
        ("a>=2.1rc1", ["2.1rc1"]),
        ("a>2.0", ["2.1rc1"]),
        ("a>=9", []),
    ],
)
def test_the_newest_versions_in_range_are_considered(question: str, expect: list[str]) -> None:
    assert offered(question, pure("1.0", "1.1", "2.0", "2.1rc1")) == [f"a-{version}-py3-none-any.whl" for version in expect]


def test_number_of_versions_and_prereleases_are_settings() -> None:
    assert offered("a", pure(*(f"1.{minor}" for minor in range(20))), versions=2) == ["a-1.18-py3-none-any.whl", "a-1.19-py3-none-any.whl"]
    assert offered("a", pure("1.0", "2.0rc1"), prereleases=True) == ["a-1.0-py3-none-any.whl", "a-2.0rc1-py3-none-any.whl"]


def test_a_yanked_version_must_be_requested_exactly() -> None:
    files = [*pure("1.0"), *pure("1.1", yanked="broken")]
    assert offered("a", files) == ["a-1.0-py3-none-any.whl"]
    assert offered("a==1.1", files) == ["a-1.1-py3-none-any.whl"]
    assert offered("a==1.*", files) == ["a-1.0-py3-none-any.whl"]


def test_requires_python_decides_which_wheels_fit() -> None:
    files = [
        *pure("1.0", **{"requires-python": ">=3.8"}),
        *pure("2.0", **{"requires-python": ">=3.12"}),
        *pure("1.5", **{"requires-python": ">=3.11.4"}),
    ]
    assert offered("a", files) == ["a-1.0-py3-none-any.whl", "a-1.5-py3-none-any.whl"]
    assert offered("a", files, python="3.11.2") == ["a-1.0-py3-none-any.whl"]


def test_the_best_wheel_of_a_version_is_chosen_and_sdists_are_ignored() -> None:
    names = [
        "a-1.0.tar.gz",
        "a-1.0-py3-none-any.whl",
        "a-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "a-1.0-cp311-cp311-manylinux_2_34_x86_64.whl",
        "a-1.0-cp311-cp311-musllinux_1_2_x86_64.whl",
        "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1.0-cp38-abi3-manylinux_2_17_x86_64.whl",
        "a-1.0-cp311-cp311-win_amd64.whl",
    ]
    files = [{"filename": name} for name in names]
    assert offered("a", files) == [names[2]]
    assert offered("a", files, glibc="2.36") == [names[3]]
    assert offered("a", files, libc="musl") == [names[4]]
    assert offered("a", files, python="3.10") == [names[6]]
    assert offered("a", [{"filename": "a-1.0-1-py3-none-any.whl"}, {"filename": "a-1.0-2-py3-none-any.whl"}]) == [
        "a-1.0-2-py3-none-any.whl"
    ]


def test_a_project_without_usable_wheels_is_explained() -> None:
    source = opened()
    (resource,) = source.ask(("a",))

    def said(*names: str) -> tuple[str, ...]:
        page = {"meta": {"api-version": "1.0"}, "files": [{"filename": name, "url": name, "hashes": {}} for name in names]}
        return source.read(resource, BytesIO(json.dumps(page).encode())).warnings

    assert said("a-1.0.tar.gz") == ("`a` has no wheels, only sources: build it with a recipe",)
    assert said("a-1.0-cp39-cp39-win32.whl") == ("`a` has no wheel for Python 3.11 on x86_64",)
    assert said() == ()
    assert source.read(resource, None).more == ()


def test_young_files_are_left_out() -> None:
    files = [*pure("1.0", **{"upload-time": "2026-01-01T00:00:00.5Z"}), *pure("1.1", **{"upload-time": "2026-11-19T00:00:00Z"})]
    assert offered("a", files, min_age="7d") == ["a-1.0-py3-none-any.whl"]
    assert len(offered("a", files, snapshot="2026-11-19")) == 2
    with pytest.raises(Rejected, match="no upload times for `a`"):
        offered("a", pure("1.0"), min_age="7d")


def test_a_wheel_and_its_extras_become_records() -> None:
    name, content = wheel(
        "Foo.Bar",
        "1.0",
        {"foo.py": ""},
        [
            "Summary: Foo",
            "Requires-Dist: b[x,y] (>=1.0)",
            'Requires-Dist: c; python_version < "3"',
            'Requires-Dist: d>2,!=3 ; extra == "more"',
            "Provides-Extra: more",
        ],
    )
    source = opened()
    (resource,) = source.ask(("foo-bar[more]",))
    (metadata,) = source.read(resource, BytesIO(project_page("foo-bar", {name: content}, "../../f/"))).more
    assert metadata.urls == ("https://index.example/f/Foo.Bar-1.0-py3-none-any.whl.metadata",)
    assert metadata.digest
    plain, more = source.read(metadata, BytesIO(metadata_of(content))).records
    assert isinstance(plain, PackageRecord)
    assert (plain.name, plain.version, plain.depends, plain.location) == ("foo-bar", "1.0", ("b[x]>=1.0", "b[y]>=1.0"), f"../f/{name}")
    assert (more.name, more.depends, more.digest) == ("foo-bar[more]", ("foo-bar==1.0", "d!=3,>2"), plain.digest)
    assert source.artifact(plain).urls == (f"https://index.example/f/{name}",)
    other = opened(mirror="https://one.example/pypi/simple https://two.example/simple/")
    assert other.artifact(plain).urls == (f"https://one.example/pypi/f/{name}", f"https://two.example/f/{name}")


def test_a_version_with_unsatisfiable_metadata_is_left_out() -> None:
    source = opened()
    (resource,) = source.ask(("a",))
    for line, warning in (
        ("Requires-Dist: b @ https://example.org/b.whl", "not in an index"),
        ("Requires-Dist: b ==", "invalid requirement"),
    ):
        name, content = wheel("a", "1.0", {}, [line])
        (metadata,) = source.read(resource, BytesIO(project_page("a", {name: content}, "/f/"))).more
        page = source.read(metadata, BytesIO(metadata_of(content)))
        assert page.records == ()
        assert warning in page.warnings[0]


def test_without_separate_metadata_the_wheel_is_read() -> None:
    name, content = wheel("a", "1.0", {}, ["Requires-Dist: b"])
    source = opened()
    (resource,) = source.ask(("a",))
    html = f'<!DOCTYPE html><a href="../../f/{name}#sha256={"ab" * 32}" data-requires-python="&gt;=3.8">{name}</a>'
    (inside,) = source.read(resource, BytesIO(html.encode())).more
    assert (inside.role.partition(":")[0], inside.digest) == ("wheel", "sha256:" + "ab" * 32)
    (record,) = source.read(inside, BytesIO(content)).records
    assert record.depends == ("b",)
    assert "not an intact wheel" in source.read(inside, BytesIO(content[:50])).warnings[0]


@pytest.mark.parametrize(
    ("hashes", "digest"),
    [
        ({"sha256": "AB" * 32}, "sha256:" + "ab" * 32),
        ({"sha512": "ab" * 64}, "sha512:" + "ab" * 64),
        ({"sha256": "ab" * 64, "sha512": "ab" * 32}, ""),
        ({"sha256": "ab" * 33, "sha512": "ab" * 64}, "sha512:" + "ab" * 64),
        ({"sha256": "xy" * 32}, ""),
        ({"sha1": "ab" * 20}, ""),
    ],
)
def test_a_digest_has_the_length_of_its_algorithm(hashes: dict[str, str], digest: str) -> None:
    page = {"meta": {"api-version": "1.0"}, "files": [{"filename": "a-1-py3-none-any.whl", "url": "a", "hashes": hashes}]}
    assert read_page(json.dumps(page), "https://x.example/a/").files[0].digest == digest


@pytest.mark.parametrize(("size", "read"), [(7, 7), (None, 0), ("7", 0), (-1, 0), (True, 0), (float("inf"), 0), ([], 0)])
def test_a_size_that_is_no_number_is_unknown(size: object, read: int) -> None:
    page = {"meta": {"api-version": "1.0"}, "files": [{"filename": "a-1-py3-none-any.whl", "url": "a", "hashes": {}, "size": size}]}
    assert read_page(json.dumps(page), "https://x.example/a/").files[0].size == read


def test_html_and_json_pages_give_the_same_records() -> None:
    html = (
        '<html><a href="a-1.0-py3-none-any.whl#sha256=' + "ab" * 32 + '" data-requires-python="&gt;=3.8" data-yanked="" '
        'data-core-metadata="sha256=' + "cd" * 32 + '">a</a></html>'
    )
    value = {
        "filename": "a-1.0-py3-none-any.whl", "url": "a-1.0-py3-none-any.whl", "hashes": {"sha256": "ab" * 32}, "requires-python": ">=3.8",
        "yanked": True, "core-metadata": {"sha256": "cd" * 32},
    }  # fmt: skip
    assert read_page(html, f"{BASE}/a/") == read_page(json.dumps({"meta": {"api-version": "1.0"}, "files": [value]}), f"{BASE}/a/")
    for bad in (
        "",
        "hello",
        '{"files": []}',
        '{"meta": {"api-version": "2.0"}, "files": []}',
        '{"meta": {"api-version": "1.0"}, "files": [{}]}',
    ):
        with pytest.raises(ValueError, match=r"^it (is neither|is not a page|uses version 2\.0)"):
            read_page(bad, BASE)
    assert parse_wheel_name("a-1.0.tar.gz") is None


def test_tags_are_those_of_packaging() -> None:
    tags = TARGET.tags()
    ordered = list(tags)
    assert ordered[0] == "cp311-cp311-manylinux_2_28_x86_64"
    assert ordered[-1] == "py30-none-any"
    assert tags["cp311-cp311-manylinux2014_x86_64"] == tags["cp311-cp311-manylinux_2_17_x86_64"] + 1
    assert {str(tag) for tag in parse_tag("cp39-abi3-manylinux_2_28_x86_64")} <= tags.keys()
    assert "cp312-cp312-manylinux_2_17_x86_64" not in tags


def test_markers_are_evaluated_for_the_target() -> None:
    lines = [
        "Metadata-Version: 2.1", "Name: a", "Version: 1",
        'Requires-Dist: one; sys_platform == "win32"', 'Requires-Dist: two; python_version >= "3.11"', 'Requires-Dist: three; platform_machine == "aarch64"',
        'Requires-Dist: four; python_full_version < "3.11.3"', 'Requires-Dist: five; implementation_name == "pypy"',
    ]  # fmt: skip
    text = "\n".join([*lines, "", ""])
    assert read_metadata(text, TARGET).depends == ("two", "four")
    assert read_metadata(text, Target((3, 11), "aarch64", 28, 9)).depends == ("two", "three")


def test_the_index_is_that_of_the_host() -> None:
    texts = (
        ("/etc/pip.conf", "[global]\nindex-url = https://one.example/simple/\n"),
        ("/home/x/.config/pip/pip.conf", "[install]\nextra_index_url =\n https://two.example/simple\n"),
    )
    assert find_indexes(HostFacts(config_files=texts)) == ("https://one.example/simple", "https://two.example/simple")
    assert find_indexes(HostFacts(environment=(("PIP_INDEX_URL", "https://env.example/"),))) == ("https://env.example",)
    assert find_indexes(HostFacts(config_files=(("/etc/pip.conf", "not an ini"),))) == ()
    assert opened(HostFacts(config_files=texts), mirror=None).mirrors[0] == "https://one.example/simple"
    assert opened(HostFacts(environment=(("pip.default", "https://own.example"),)), mirror=None).mirrors == ("https://own.example/simple",)
    with pytest.raises(Rejected, match="no mirror is known"):
        opened(mirror=None)


@pytest.mark.parametrize(
    "settings",
    [{"python": None}, {"python": "2.7"}, {"python": "new"}, {"glibc": "1.0"}, {"libc": "bionic"}, {"versions": 0}, {"min_age": "soon"}],
)
def test_settings_that_cannot_be_taken_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        opened(**settings)
    assert caught.value.kind == "profile"
    assert caught.value.problems[0].code in {"missing-setting", "bad-setting"}


def test_signatures_cannot_be_required_where_none_exist() -> None:
    with pytest.raises(Rejected) as caught:
        opened(signatures="required")
    assert [problem.code for problem in caught.value.problems] == ["no-signatures"]
    assert opened(signatures="none")


def test_the_crawl_requests_each_name_once_and_takes_the_newest() -> None:
    one = PackageRecord("a", "1", "", depends=("b>=1", "c"), recommends=("d",))
    assert find_new_clauses([one, one], {"c"}) == ("b>=1",)
    assert find_new_clauses([one], {"c"}, recommends=True) == ("b>=1", "d")
    assert find_new_clauses([one], {"b>=1", "c"}) == ()
    assert select_newest(["1", "3", "2", "3"], str.encode, lambda version: version != "2", 2) == ("3", "1")


def unpacked(content: bytes, **settings: str) -> dict[str, bytes]:
    given = {"python": "3.11", "name": "hello", "version": "1.0"} | settings
    found = {}
    for member in read_members(BytesIO(content), UnpackSpec("wheel", settings=tuple(sorted(given.items()))), Limits()):
        found[member.path] = b"".join(bytes(part) for part in member.data)
    return found


HELLO = {
    "hello.py": "import sys\ndef main():\n    print('hello', *sys.argv[1:])\n    return 3\n",
    "hello-1.0.data/scripts/tool": "#!python\nfrom __future__ import annotations\nimport hello\nhello.main()\n",
    "hello-1.0.data/scripts/plain": "#!/bin/sh\necho plain\n",
    "hello-1.0.data/data/share/man/man1/hello.1": "manual",
    "hello-1.0.data/headers/hello.h": "header",
    "hello-1.0.data/platlib/deep/x.py": "",
}


def test_a_wheel_is_installed_and_runs(tmp_path: Path) -> None:
    _, content = wheel("hello", "1.0", HELLO, scripts={"hello": "hello:main"})
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = unpacked(content, python=python)
    site = f"lib/python{python}/site-packages"
    assert sorted(found) == [
        "bin/hello", "bin/plain", "bin/tool", f"include/python{python}/hello/hello.h", f"{site}/deep/x.py",
        *(f"{site}/hello-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")), f"{site}/hello.py", "share/man/man1/hello.1",
    ]  # fmt: skip
    for path, text in found.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_bytes(text)
        (tmp_path / "tree" / path).chmod(0o755)
    (tmp_path / f"bin/python{python}").parent.mkdir()
    (tmp_path / f"bin/python{python}").symlink_to(sys.executable)
    (tmp_path / "link").symlink_to("tree/bin/hello")
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    for program in ("tree/bin/hello", "tree/bin/tool", "link"):
        ran = subprocess.run([tmp_path / program, "a b", "c"], env=environment, capture_output=True, text=True, check=False)
        assert (ran.stdout, ran.stderr) == ("hello a b c\n", "")
        assert ran.returncode == (0 if program.endswith("tool") else 3)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"hello.py": b"import os"}, "does not match the wheel's RECORD"),
        ({"trojan.py": b""}, "not listed in the wheel's RECORD"),
        ({"../../etc/passwd": b""}, "not listed in the wheel's RECORD"),
        ({"hello-1.0.dist-info/RECORD": b"hello.py,,\n"}, "no accepted digest"),
        ({"hello-1.0.dist-info/RECORD": b"hello.py,md5=xx,\n"}, "no accepted digest"),
        ({"hello-1.0.dist-info/WHEEL": b"Wheel-Version: 9.0\n"}, "version `9.0`"),
        ({"other-2.0.dist-info/METADATA": b""}, "several .dist-info"),
    ],
)
def test_a_wheel_that_differs_from_its_record_is_refused(spoil: dict[str, bytes], told: str) -> None:
    _, content = wheel("hello", "1.0", HELLO, spoil=spoil)
    with pytest.raises(Rejected) as caught:
        unpacked(content)
    assert told in caught.value.problems[0].message


def test_misnamed_truncated_and_incomplete_wheels_are_refused() -> None:
    _, content = wheel("hello", "1.0", {"hello.py": ""})
    for bad, settings in ((content, {"name": "other"}), (content, {"version": "2.0"}), (content[:-30], {}), (b"", {})):
        with pytest.raises(Rejected):
            unpacked(bad, **settings)
    info = "hello-1.0.dist-info"
    text = f"gone.py,sha256={'A' * 43},0\n"
    _, lacking = wheel("hello", "1.0", {}, spoil={f"{info}/RECORD": text.encode(), f"{info}/METADATA": b""})
    with pytest.raises(Rejected):
        unpacked(lacking)


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb", "a\x0cb", "a\u2028b", "ä"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_record_names_any_file(name: str, end: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    assert list(read_record(f"x,sha256={'A' * 43},{end or chr(10)}{quoted},sha256={'A' * 43},{end}", "i.dist-info")) == ["x", name]


def test_the_metadata_of_a_wheel_is_read_strictly() -> None:
    assert read_scripts("[console_scripts]\nOne = a.b:c.d [x]\n[gui_scripts]\ntwo=e:f\n[other]\nz=1\n") == (
        ("One", "a.b", "c.d"),
        ("two", "e", "f"),
    )
    for text in ("[console_scripts]\n../x = a:b\n", "[console_scripts]\nx = a b\n", "[console_scripts]\nx = a:b;import os\n", "x"):
        with pytest.raises(ValueError, match=r"entry"):
            read_scripts(text)
    with pytest.raises(ValueError, match="duplicate entry"):
        read_record(f"a,sha256={'A' * 43},\na,sha256={'A' * 43},\n", "i.dist-info")
    described = read_wheel("x_y-1.0.dist-info", "Wheel-Version: 1.0\n", "", "[console_scripts]\nrun=a:b.c\n", name="X.Y", version="1.0")
    with pytest.raises(ValueError, match="unknown scheme"):
        locate_member("x_y-1.0.data/evil/x", described, "3.11")
    assert locate_member("x_y-1.0.data/scripts", described, "3.11") is None
    ((path, text),) = build_stubs(described, "3.11")
    assert path == "bin/run"
    assert b"from a import b\nsys.exit(b.c())" in text
    assert rewrite_script(b"#!/usr/bin/perl\nx", "3.11") == b"#!/usr/bin/perl\nx"


def test_a_script_uses_the_interpreter_of_its_profile(tmp_path: Path) -> None:
    """However it is started: by its link beside the interpreter, by a link elsewhere, or by its own path; never by PATH."""
    tree, exposed, elsewhere = tmp_path / "store/1-view/bin", tmp_path / "System/Links/Executables", tmp_path / "elsewhere"
    for folder in (tree, exposed, elsewhere):
        folder.mkdir(parents=True)
    described = read_wheel("x-1.dist-info", "Wheel-Version: 1.0\n", "", "[console_scripts]\nrun=json:dumps\n")
    texts = [dict(build_stubs(described, "3.11", "profile"))["bin/run"], rewrite_script(b"#!python\nimport sys\n", "3.11", "profile")]
    decoy, real = elsewhere / "python3.11", exposed / "python3.11"
    decoy.write_text("#!/bin/sh\necho decoy\n")
    decoy.chmod(0o755)
    environment = {"PATH": f"{elsewhere}:/usr/bin:/bin"}
    for text in texts:
        compile(text, "run", "exec")
        (tree / "run").write_bytes(text)
        (tree / "run").chmod(0o755)
        real.unlink(missing_ok=True)
        for link in (exposed / "run", elsewhere / "run"):
            link.unlink(missing_ok=True)
            link.symlink_to(tree / "run")
        alone = subprocess.run([tree / "run"], env=environment, capture_output=True, text=True, check=False)
        assert (alone.returncode, alone.stdout) == (127, "")
        assert "python3.11 of this profile" in alone.stderr
        real.write_text('#!/bin/sh\nfor last; do :; done\necho real "$last"\n')
        real.chmod(0o755)
        for start in (exposed / "run", tree / "run", elsewhere / "run"):
            ran = subprocess.run([start, "word"], env=environment, capture_output=True, text=True, check=False)
            assert (ran.returncode, ran.stdout) == (0, "real word\n"), (start, ran.stderr)


def test_artifacts_without_size_or_digest_are_still_bounded() -> None:
    resource = opened().artifact(LockedPackage("pypi", "a", "1", location="https://files.example/a-1-py3-none-any.whl"))
    assert (resource.digest, resource.size) == (None, None)
    assert 0 < resource.limit <= 4 << 30
