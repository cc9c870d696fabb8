"""The npm source: packuments, which versions are chosen from them, tarballs, links between packages."""

import json
import tarfile
from io import BytesIO
from typing import Any

import pytest
from registry_maker import npm_package, packument, tarball

from nipsys.model.host import HostFacts
from nipsys.model.package.record import PackageRecord
from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import LockedPackage
from nipsys.model.system.profile import SourceSpec
from nipsys.model.system.tree import Link
from nipsys.sources.npm.configuration import find_registry
from nipsys.sources.npm.node_modules import build_links, package_name_of, version_directory_of
from nipsys.sources.npm.registry import is_allowed, parse_integrity, parse_shasum, read_packument
from nipsys.sources.npm.source import Npm, open_source
from nipsys.sources.port import Page
from nipsys.store.formats.npm import read_members
from nipsys.store.member import Limits, Member

NOW = "2026-11-20T08:00:00Z"
BASE = "https://registry.example"


def opened(host: HostFacts | None = None, **settings: Any) -> Npm:
    given = {"mirror": BASE} | settings
    pairs = tuple(sorted((key.replace("_", "-"), value) for key, value in given.items() if value is not None))
    return open_source(SourceSpec("npm", "npm", 50, pairs), host or HostFacts(), NOW)


def page_of(
    question: str,
    manifests: dict[str, dict[str, Any]],
    *,
    tags: dict[str, str] | None = None,
    times: dict[str, str] | None = None,
    **settings: Any,
) -> Page:
    source = opened(**settings)
    (resource,) = source.ask((question,))
    packages = [npm_package("a", version, {}, **fields) for version, fields in manifests.items()]
    return source.read(resource, BytesIO(packument(packages, f"{BASE}/a/-/", tags, times)))


def chosen(page: Page) -> list[str]:
    return [record.version for record in page.records]


def test_each_version_is_a_package_of_its_own() -> None:
    fields = {
        "dependencies": {"b": "^1", "c": "npm:@s/real@2.x", "d": "*", "o": "1"},
        "optionalDependencies": {"o": "1"},
        "peerDependencies": {"p": ">=3", "q": "1"},
        "peerDependenciesMeta": {"q": {"optional": True}},
        "license": "MIT",
        "scripts": {"install": "node-gyp rebuild"},
    }
    (record,) = page_of("a", {"1.2.3": fields}).records
    assert isinstance(record, PackageRecord)
    assert record[:9] == (
        "a:1.2.3",
        "1.2.3",
        "",
        ("b@^1", "@s/real@2.x", "d", "p@>=3"),
        ("o@1",),
        ("a=1.2.3", "a@latest=1.2.3"),
        (),
        "a/-/a-1.2.3.tgz",
        0,
    )
    assert record.digest.startswith("sha512:")
    assert dict(record.facts) == {"alias": "c=@s/real", "licence": "MIT", "purl": "pkg:npm/a@1.2.3", "scripts-skipped": "install"}


@pytest.mark.parametrize(
    ("question", "tags", "expect"),
    [
        ("a@^1", {"latest": "2.0.0"}, ["1.1.0", "1.2.0"]),
        ("a@>=1", {"latest": "1.2.0"}, ["1.1.0", "1.2.0"]),
        ("a@>=2", {"latest": "1.2.0"}, ["2.0.0"]),
        ("a", {"latest": "1.2.0"}, ["1.1.0", "1.2.0"]),
        ("a", {"latest": "3.0.0-rc.1"}, ["2.0.0", "3.0.0-rc.1"]),
        ("a@next", {"latest": "1.2.0", "next": "3.0.0-rc.1"}, ["3.0.0-rc.1"]),
        ("a@gone", {"latest": "1.2.0"}, []),
        ("a@^3.0.0-rc.0", {"latest": "1.2.0"}, ["3.0.0-rc.1"]),
        ("a@~1.3.0", {"latest": "1.2.0"}, ["1.3.0"]),
    ],
)
def test_versions_are_preferred_as_npm_prefers_them(question: str, tags: dict[str, str], expect: list[str]) -> None:
    versions = {version: {} for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0", "3.0.0-rc.1")} | {"1.3.0": {"deprecated": "broken"}}
    assert chosen(page_of(question, versions, tags=tags)) == expect


def test_architecture_and_node_version_decide_which_versions_fit() -> None:
    versions = {
        "1.0.0": {},
        "1.0.1": {"os": ["win32"]},
        "1.0.2": {"cpu": ["arm64"]},
        "1.0.3": {"os": ["!linux"]},
        "1.0.4": {"libc": ["musl"]},
        "1.0.5": {"engines": {"node": ">=22"}},
        "1.0.6": {"dependencies": {"x": "git+https://example.org/x.git"}},
        "1.0.7": {"os": ["linux"], "cpu": ["x64", "arm64"]},
    }
    tags = {"latest": "9.0.0"}
    assert chosen(page_of("a", versions, tags=tags, versions=9, node="20.1.0")) == ["1.0.0", "1.0.7"]
    assert chosen(page_of("a", versions, tags=tags, versions=9)) == ["1.0.0", "1.0.5", "1.0.7"]
    new = {"2.0.0": {"engines": {"node": ">=22"}}, "2.1.0": {"engines": {"node": ">=24"}}}
    assert chosen(page_of("a", new, tags={"latest": "2.1.0"}, versions=1, node="20.1.0")) == ["2.1.0"]
    assert chosen(page_of("a", new, tags={"latest": "2.1.0"}, versions=1, node="22.1.0")) == ["2.0.0"]
    assert "1.0.4" in chosen(page_of("a", versions, tags=tags, versions=9, libc="musl"))
    assert not is_allowed(("!x64",), "x64")
    assert is_allowed(("!ia32",), "x64")


def test_young_versions_are_left_out() -> None:
    times = {"1.0.0": "2026-01-01T00:00:00.000Z", "1.1.0": "2026-11-19T00:00:00.000Z"}
    versions: dict[str, dict[str, Any]] = {"1.0.0": {}, "1.1.0": {}}
    assert chosen(page_of("a", versions, times=times)) == ["1.0.0", "1.1.0"]
    assert chosen(page_of("a", versions, times=times, min_age="7d")) == ["1.0.0"]
    assert chosen(page_of("a", versions, times=times, snapshot="2026-11-19")) == ["1.0.0", "1.1.0"]
    with pytest.raises(Rejected, match="has no dates"):
        page_of("a", versions, min_age="7d")


def test_ranges_of_one_package_are_requested_together() -> None:
    (a, b) = opened().ask(("a@^1", "b@next", "a >=2"))
    assert json.loads(a.role.partition(":")[2]) == ["a", [">=2", "^1"], []]
    assert json.loads(b.role.partition(":")[2]) == ["b", ["@next"], []]
    (scoped,) = opened().ask(("@s/x",))
    assert scoped.urls == (f"{BASE}/@s%2Fx",)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name":"b","versions":{}}', b'{"name":"a"}', b"[" * 100_000, b"\xff"])
def test_a_packument_of_another_package_is_refused(body: bytes) -> None:
    source = opened()
    (resource,) = source.ask(("a",))
    with pytest.raises(Rejected) as caught:
        source.read(resource, BytesIO(body))
    assert caught.value.problems[0].code == "bad-index"
    assert source.read(resource, None) == Page()


def test_the_strongest_digest_is_used() -> None:
    assert parse_integrity("sha1-" + "A" * 27 + "= sha512-" + "A" * 86 + "==") == "sha512:" + "00" * 64
    assert parse_integrity("md5-xxx sha512-short") == ""
    assert parse_shasum("AB" * 20) == "sha1:" + "ab" * 20
    assert parse_shasum("x") == ""
    assert read_packument(b'{"name":"a","versions":{"1.0.0":{"name":"a"}}}').manifests == {}


def test_the_registry_is_that_of_the_host() -> None:
    texts = (
        ("/etc/npmrc", "registry=https://one.example/\n"),
        ("/home/x/.npmrc", "registry = https://two.example/npm/\n@s:registry=https://three.example\n"),
    )
    assert find_registry(HostFacts(config_files=texts)) == ("https://two.example/npm",)
    assert find_registry(HostFacts(environment=(("npm_config_registry", "https://four.example/"),), config_files=texts)) == (
        "https://four.example",
    )
    assert opened(HostFacts(config_files=texts), mirror=None).mirrors == ("https://two.example/npm",)
    assert opened(HostFacts(environment=(("npm.default", "https://own.example"),)), mirror=None).mirrors == ("https://own.example",)
    with pytest.raises(Rejected, match="no mirror is known"):
        opened(mirror=None)


def test_invalid_settings_are_reported_together() -> None:
    with pytest.raises(Rejected) as caught:
        opened(versions=0, libc="uclibc", node="new", colour="red", signatures="required")
    told = sorted(problem.code for problem in caught.value.problems)
    assert told == ["bad-setting", "bad-setting", "bad-setting", "no-signatures", "unknown-setting"]


def locked(name: str, version: str, *needs: str, alias: str = "") -> LockedPackage:
    facts = (("alias", alias),) if alias else ()
    return LockedPackage("npm", f"{name}:{version}", version, needs=tuple(f"npm/{need}" for need in needs), facts=facts)


def test_every_package_is_linked_to_its_chosen_dependencies() -> None:
    world = [
        locked("app", "1.0.0", "b:1.0.0", "@s/c:2.0.0", alias="sea=@s/c"),
        locked("b", "1.0.0", "@s/c:10.0.0"),
        locked("@s/c", "2.0.0", "b:1.0.0"),
        locked("@s/c", "10.0.0"),
    ]
    found = {entry.path: entry.target for entry in build_links(world).entries if isinstance(entry, Link)}
    assert found == {
        "app@1.0.0/node_modules/b": "../../b@1.0.0/node_modules/b",
        "app@1.0.0/node_modules/sea": "../../@s+c@2.0.0/node_modules/@s/c",
        "b@1.0.0/node_modules/@s/c": "../../../@s+c@10.0.0/node_modules/@s/c",
        "@s+c@2.0.0/node_modules/b": "../../b@1.0.0/node_modules/b",
        "node_modules/app": "../app@1.0.0/node_modules/app",
        "node_modules/b": "../b@1.0.0/node_modules/b",
        "node_modules/@s/c": "../../@s+c@10.0.0/node_modules/@s/c",
    }
    assert build_links(reversed(world)) == build_links(world)
    assert (package_name_of("@s/c:2.0.0"), version_directory_of("@s/c", "2.0.0")) == ("@s/c", "@s+c@2.0.0")


def unpacked(data: bytes, name: str = "a", version: str = "1.0.0") -> dict[str, Member]:
    container = UnpackSpec("npm", prefix=f"{name}@{version}/node_modules/{name}", settings=(("name", name), ("version", version)))
    found = {}
    for member in read_members(BytesIO(data), container, Limits()):
        for _ in member.data:
            pass
        found[member.path] = member
    return found


def test_a_tarball_is_stripped_and_its_programs_run() -> None:
    manifest = json.dumps({"name": "a", "version": "1.0.0", "bin": {"run": "./cli.js", "@x/also": "lib/b.js", "none": "missing.js"}})
    found = unpacked(
        tarball({"cli.js": "1", "lib/b.js": "2", "package.json": manifest, "readme": "3", "link": "-> /etc/passwd"}, "whatever/")
    )
    assert {path: member.mode for path, member in found.items() if member.kind == "file"} == {
        "cli.js": 0o755,
        "lib/b.js": 0o755,
        "package.json": 0o644,
        "readme": 0o644,
    }
    assert {path: member.target for path, member in found.items() if member.kind == "link"} == {
        "a@1.0.0/bin/run": "../node_modules/a/cli.js",
        "a@1.0.0/bin/also": "../node_modules/a/lib/b.js",
    }


def test_the_later_of_two_members_with_one_path_is_kept() -> None:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in (("package.json", '{"name": "a", "version": "1.0.0"}'), ("./x.js", "first"), ("x.js", "second")):
            info = tarfile.TarInfo(f"package/{path}")
            info.size = len(text)
            archive.addfile(info, BytesIO(text.encode()))
    container = UnpackSpec("npm", prefix="a@1.0.0/node_modules/a", settings=(("name", "a"), ("version", "1.0.0")))
    found = [(member.path, b"".join(map(bytes, member.data))) for member in read_members(BytesIO(out.getvalue()), container, Limits())]
    assert [entry for entry in found if entry[0] == "x.js"] == [("x.js", b"second")]


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ('{"name":"b","version":"1.0.0"}', "damaged-archive"),
        ('{"name":"a","version":"6.6.6"}', "damaged-archive"),
        ("{", "damaged-archive"),
        ("[]", "damaged-archive"),
        ('{"name":"a","version":"1.0.0","bin":{"x":"../../../etc/passwd"}}', "hostile-member"),
        ('{"name":"a","version":"1.0.0","bin":{"..":"x"}}', "hostile-member"),
    ],
)
def test_a_tarball_of_another_package_is_refused(manifest: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        unpacked(tarball({"package.json": manifest}))
    assert caught.value.problems[0].code == code
    with pytest.raises(Rejected):
        unpacked(tarball({"other": ""}))


@pytest.mark.parametrize("size", [None, "big", -1, float("inf"), [1]])
def test_a_size_that_no_one_needs_is_not_read(size: object) -> None:
    dist = {"tarball": "https://x.example/a.tgz", "unpackedSize": size}
    raw = json.dumps({"name": "a", "versions": {"1.0.0": {"name": "a", "dist": dist}}}).encode()
    assert read_packument(raw).manifests["1.0.0"].tarball == "https://x.example/a.tgz"
