"""What the resolver promises beyond the scenarios: locks, notes, names, suppositions, graphs, hashes."""

import pytest
from blake3 import blake3
from toy_world import ToyDialect, index_bytes, profile, world

from nipsys.index import Index
from nipsys.model.package.record import PackageRecord
from nipsys.model.problem import Rejected
from nipsys.model.span import Span
from nipsys.model.system.conflict import Conflict
from nipsys.model.system.lock import Lock
from nipsys.model.system.profile import Flag, Profile, Request, SourceSpec
from nipsys.model.system.resolution import Resolution
from nipsys.model.value import replace
from nipsys.profile import parse_range
from nipsys.resolve import Options, World, resolve, to_lock
from nipsys.resolve.conversion import purl_of
from nipsys.resolve.graph import build_tree, find_paths, graph_of, sort_packages, to_dot, to_json
from nipsys.resolve.variants import find_unmet, hash_variant, read_defaults
from nipsys.resolve.what_if import Resolver, VersionChange, simulate
from nipsys.sources import traits_of
from nipsys.sources.debian.dialect import DebianDialect
from nipsys.sources.npm.dialect import NpmDialect

WORLD = world(
    [
        PackageRecord("git", "2", "", ("perl", "zlib"), location="pool/git", size=7, digest="sha256:" + "1" * 64, format="deb"),
        PackageRecord("perl", "5", "", ("zlib", "git | perl")),
        PackageRecord("zlib", "1", ""),
        PackageRecord("zlib", "2", ""),
        PackageRecord("base", "1", "", essential=True),
        PackageRecord("vim", "9", "", ("zlib <2",)),
    ]
)


def lock_of(worlds: list[World], wanted: Profile, options: Options | None = None) -> Lock:
    outcome = resolve(worlds, wanted, options)
    assert isinstance(outcome, Resolution), outcome
    return to_lock(outcome, worlds, wanted)


def here_it_is(*worlds: World) -> Resolver:
    return lambda asked, options: resolve(list(worlds), asked, options)


def test_a_lock_names_every_artifact_and_what_it_needs() -> None:
    lock = lock_of([WORLD], profile("git"))
    git = next(package for package in lock.packages if package.name == "git")
    assert (git.version, git.location, git.size, git.format, git.requested) == ("2", "pool/git", 7, "deb", True)
    assert git.needs == ("toy/perl", "toy/zlib")
    assert [package.id for package in lock.packages] == ["toy/base", "toy/git", "toy/perl", "toy/zlib"]
    assert [package.essential for package in lock.packages] == [True, False, False, False]
    assert lock.sources[0].snapshot == WORLD.index.snapshot


def test_the_settings_of_a_request_reach_the_lock() -> None:
    request = Request("git", expose=("git", "git-shell"), settings=(("run", "view"), ("scripts", True)))
    git = next(package for package in lock_of([WORLD], profile(request)).packages if package.name == "git")
    assert dict(git.facts) == {"expose": "git git-shell", "run": "view", "scripts": "sandbox"}


@pytest.mark.parametrize(
    ("package", "source", "whole", "expected"),
    [
        (None, None, None, None),
        (None, None, "relocate", "relocate"),
        (None, "host", "relocate", "host"),
        ("view", "host", "relocate", "view"),
        ("view", None, None, "view"),
    ],
)
def test_how_programs_run_is_set_by_package_then_source_then_profile(
    package: str | None, source: str | None, whole: str | None, expected: str | None
) -> None:
    request = Request("git", settings=(("run", package),) if package else ())
    here = World(replace(WORLD.spec, run=source), WORLD.index, WORLD.dialect)
    packages = {one.name: one for one in lock_of([here], replace(profile(request), run=whole)).packages}
    assert dict(packages["git"].facts).get("run") == expected
    assert "run" not in dict(packages["perl"].facts), "what comes along has no programs to run"


def test_the_settings_of_a_request_apply_to_the_package_that_satisfies_it() -> None:
    here = world([PackageRecord("exim", "1", "", provides=("mail",))])
    package = lock_of([here], profile(Request("mail", expose=("sendmail",)))).packages[0]
    assert (package.name, dict(package.facts)["expose"]) == ("exim", "sendmail")
    other = Profile("test", "x86_64", requests=(Request("post", expose=("x",)),), aliases=(("post", "toy", "exim"),))
    assert dict(lock_of([here], other).packages[0].facts)["expose"] == "x"


@pytest.mark.parametrize(
    ("kind", "name", "version", "arch", "expected"),
    [
        ("debian", "git", "1:2.47-1+b1", "amd64", "pkg:deb/debian/git@1%3A2.47-1%2Bb1?arch=amd64"),
        ("gentoo", "dev-vcs/git", "2.1", "", "pkg:ebuild/gentoo/dev-vcs/git@2.1"),
        ("npm", "@scope/x", "1.0.0", "", "pkg:npm/%40scope/x@1.0.0"),
        ("other", "ä", "1", "", "pkg:generic/%C3%A4@1"),
    ],
)
def test_package_urls_follow_the_purl_specification(kind: str, name: str, version: str, arch: str, expected: str) -> None:
    assert purl_of(traits_of(kind).purl, name, version, arch) == expected


def test_unknown_names_are_reported_with_their_places() -> None:
    outcome = resolve([WORLD], profile("gti", "zlbi"))
    assert isinstance(outcome, Conflict)
    assert [(problem.span.line if problem.span else 0, problem.hint) for problem in outcome.problems] == [
        (1, "did you mean `git`?"),
        (2, "did you mean `zlib`?"),
    ]
    with pytest.raises(Rejected) as caught:
        raise outcome.to_rejected()
    assert caught.value.kind == "request"


def test_a_conflict_becomes_one_problem_with_reasons_and_fixes() -> None:
    outcome = resolve([WORLD], profile("vim", Request("zlib", parse_range(">=2"))))
    assert isinstance(outcome, Conflict)
    problem = outcome.to_rejected().problems[0]
    assert problem.span is not None
    assert any("`vim` needs `zlib <2`" in note for note in problem.notes)
    assert problem.hint == "widen `zlib >=2` to any version; or drop `vim`; or drop `zlib`"


def test_an_unsatisfied_soft_pin_is_noted() -> None:
    outcome = resolve([WORLD], profile("vim", Request("zlib", prefer="2")))
    assert isinstance(outcome, Resolution)
    assert outcome.notes == ("`zlib` is 1: `2` was preferred but does not fit",)


def test_a_missing_engine_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nipsys.resolve.engines.asp", None)
    with pytest.raises(Rejected, match="the engine `asp` is not installed"):
        resolve([WORLD], profile("git"), Options(optimal=True))


def test_without_python_sat_the_default_engine_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nipsys.resolve.engines.sat", None)
    records = [PackageRecord("a", str(version), "", (f"b ={version}",)) for version in range(1, 9)] + [PackageRecord("b", "1", "")]
    outcome = resolve([world(records)], profile("a"), Options(budget=0))
    assert isinstance(outcome, Resolution)
    assert {pick.name: pick.version for pick in outcome.packages} == {"a": "1", "b": "1"}


def test_minimal_change_is_proven() -> None:
    """The first alternative would move two packages, the second only one."""
    records = [PackageRecord(name, version, "") for name in ("u", "v", "w") for version in ("1", "2")]
    records += [
        PackageRecord("n", "1", "", ("p | q",)),
        PackageRecord("p", "1", "", conflicts=("u =1", "v =1")),
        PackageRecord("q", "1", "", conflicts=("w =1",)),
    ]
    here = world(records)
    before = lock_of([here], profile(*(Request(name, parse_range("=1")) for name in "uvw")))
    proved = resolve([here], profile("n", "u", "v", "w"), Options(locked=before, minimal_change=True))
    assert isinstance(proved, Resolution)
    assert {pick.name: pick.version for pick in proved.packages} == {"n": "1", "q": "1", "u": "1", "v": "1", "w": "2"}
    assert proved.engine == "asp"


def test_a_proof_that_nothing_could_be_newer_is_not_given_up_for_the_lock() -> None:
    here = world([PackageRecord("a", "1", "", ("b",)), PackageRecord("b", "1", ""), PackageRecord("b", "2", "")])
    before = lock_of([here], profile("a", Request("b", parse_range("=1"))))
    proved = resolve([here], profile("a"), Options(locked=before, optimal=True))
    assert isinstance(proved, Resolution)
    assert {pick.name: pick.version for pick in proved.packages} == {"a": "1", "b": "2"}
    kept = resolve([here], profile("a"), Options(locked=before))
    assert isinstance(kept, Resolution)
    assert {pick.name: pick.version for pick in kept.packages} == {"a": "1", "b": "1"}


def test_an_answer_moved_back_to_the_lock_keeps_the_name_of_its_engine() -> None:
    records = [PackageRecord("a", version, "", needs) for version, needs in (("1", ()), ("2", ("b",)))]
    records += [PackageRecord("b", version, "") for version in ("1", "2")]
    here = world(records)
    before = lock_of([here], profile(Request("a", parse_range("=1")), Request("b", parse_range("=1"))))
    for engine in ("lazy", "sat"):
        outcome = resolve([here], profile("a", "b"), Options(locked=before, update=("a",), engine=engine))  # type: ignore[arg-type]
        assert isinstance(outcome, Resolution)
        assert {pick.name: pick.version for pick in outcome.packages} == {"a": "2", "b": "1"}
        assert outcome.engine == engine


def test_what_if_reports_what_would_change() -> None:
    lock = lock_of([WORLD], profile("git"))
    assert simulate(here_it_is(WORLD), profile("git"), lock, [Request("vim")]).changes == (
        VersionChange("toy/vim", "", "9"),
        VersionChange("toy/zlib", "2", "1"),
    )
    impossible = simulate(here_it_is(WORLD), profile("git"), lock, [Request("vim"), Request("zlib", parse_range(">=2"))])
    assert impossible.conflict is not None
    assert simulate(here_it_is(WORLD), profile("git"), lock, [Request("git")]).changes == ()


def test_what_if_accepts_a_flag_for_all_packages() -> None:
    here = world([PackageRecord("a", "1", "", flags=("?-lto",))])
    lock = lock_of([here], profile("a"))
    assert simulate(here_it_is(here), profile("a"), lock, [], [Flag("lto", "on")]).changes == (VersionChange("toy/a", "1 -lto", "1 +lto"),)


def test_a_graph_with_cycles_has_an_order() -> None:
    lock = lock_of([WORLD], profile("git"))
    graph = graph_of(lock)
    parts = sort_packages(graph)
    place = {name: number for number, part in enumerate(parts) for name in part}
    assert set(place) == {package.id for package in lock.packages}
    for package in lock.packages:
        assert all(place[need] <= place[package.id] for need in package.needs)


def test_why_returns_the_path_from_each_request() -> None:
    lock = lock_of([WORLD], profile("git"))
    assert [way.steps for way in find_paths(lock, "zlib")] == [("toy/git", "toy/zlib")]
    assert [way.steps for way in find_paths(lock, "toy/git")] == [("toy/git",)]
    assert find_paths(lock, "base")[0].essential
    with pytest.raises(Rejected, match="not in the lock"):
        find_paths(lock, "emacs")


def test_a_tree_lists_dependencies_or_dependents() -> None:
    lock = lock_of([WORLD], profile("git"))
    lines = [(branch.depth, branch.id, branch.again) for branch in build_tree(lock)]
    assert lines[0] == (0, "toy/git", False)
    assert {name for _, name, _ in lines} == {"toy/git", "toy/perl", "toy/zlib"}
    assert [branch.id for branch in build_tree(lock, ["git"], 0)] == ["toy/git"]
    assert ("toy/perl") in {branch.id for branch in build_tree(lock, ["zlib"], reverse=True)}
    with pytest.raises(Rejected):
        build_tree(lock, ["emacs"])


def test_a_graph_is_written_as_dot_and_json() -> None:
    lock = lock_of([WORLD], profile("git"))
    text = to_dot(lock)
    assert '"toy/git" -> "toy/perl";' in text
    assert text.count("{") == text.count("}")
    value = to_json(lock)
    assert ["toy/git", "toy/perl"] in value["edges"]  # type: ignore[operator]


def test_the_variant_hash_is_stable_and_sees_everything() -> None:
    def hashed(**changed: object) -> str:
        values: dict[str, object] = {
            "name": "a",
            "version": "1",
            "flags": (("x", "on"),),
            "arch": "x86_64",
            "libc": "musl",
            "toolchain": "gcc",
            "inputs": {"b": "c"},
        }
        values |= changed
        return hash_variant(**values)  # type: ignore[arg-type]

    assert hashed() == "blake3:" + "0" * 0 + hashed().removeprefix("blake3:")
    others = [
        hashed(**{key: value})
        for key, value in (
            ("name", "b"),
            ("version", "2"),
            ("flags", ()),
            ("arch", "aarch64"),
            ("libc", "glibc"),
            ("toolchain", "clang"),
            ("inputs", {}),
        )
    ]
    assert len({hashed(), *others}) == 8
    assert hashed(flags=(("y", "off"), ("x", "on"))) == hashed(flags=(("x", "on"), ("y", "off")))


def test_the_variant_hash_is_the_one_that_is_documented() -> None:
    """BLAKE3 over the canonical JSON of docs/reference/resolution.md, written out here by hand; a known value, so that it stays what it is."""
    text = (
        '{"arch":"x86_64","flags":[["X","off"],["graphics","wayland"],["python","on"]],"format":1,'
        '"inputs":{"a/b":"b=1","recipes/musl":"blake3:00"},"libc":"musl","name":"vim","toolchain":"gcc-13","version":"9.1"}'
    )
    found = hash_variant(
        "vim",
        "9.1",
        [("python", "on"), ("X", "off"), ("graphics", "wayland")],
        arch="x86_64",
        libc="musl",
        toolchain="gcc-13",
        inputs={"recipes/musl": "blake3:00", "a/b": "b=1"},
    )
    assert found == f"blake3:{blake3(text.encode()).hexdigest()}"
    assert found == "blake3:f26e0a4fba46995bb1d8ee5b2bf5c3b76768c8bd93fbbdf5f384a8e061905666"


def test_the_variant_hash_of_a_lock_follows_its_inputs() -> None:
    def variant(digest: str) -> str:
        here = world([PackageRecord("app", "1", "", ("lib",), flags=("?-x",)), PackageRecord("lib", "1", "", digest=digest)])
        return dict(lock_of([here], profile("app")).packages[0].facts)["variant"]

    assert variant("sha256:1") == variant("sha256:1") != variant("sha256:2")


def test_a_cycle_of_variants_has_hashes() -> None:
    here = world([PackageRecord("a", "1", "", ("b",), flags=("?-x",)), PackageRecord("b", "1", "", ("a",), flags=("?-x",))])
    assert len({dict(package.facts)["variant"] for package in lock_of([here], profile("a")).packages}) == 2


def test_domains_imply_flags() -> None:
    assert read_defaults([Flag("graphics", "wayland")]) == {"graphics": "wayland", "wayland": "on", "X": "off"}
    assert read_defaults([Flag("graphics", "wayland"), Flag("X", "on")])["X"] == "on"


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        ({"x": ("on",)}, {"x": "off"}, ("x",)),
        ({}, {"x": "off"}, ()),
        ({"c:a": ("off", "on")}, {"c": "a,b"}, ("c",)),
        ({"c:a": ("on",)}, {"c": "a"}, ()),
    ],
)
def test_flags_without_the_wanted_value_are_unmet(
    held: dict[str, tuple[str, ...]], wanted: dict[str, str], missing: tuple[str, ...]
) -> None:
    assert find_unmet(held, wanted) == missing


def test_an_explanation_of_many_versions_stays_short() -> None:
    """Three by three versions and long chains: without grouping this core has dozens of lines."""
    records = [
        PackageRecord(name, str(version), "", conflicts=("mta",), provides=("mta",))
        for name in ("postfix", "exim")
        for version in range(1, 6)
    ]
    records += [PackageRecord("web", str(version), "", (f"db ={version}",)) for version in range(1, 10)] + [
        PackageRecord("db", str(version), "", ("postfix",)) for version in range(1, 10)
    ]
    outcome = resolve([world(records)], profile("web", "exim"))
    assert isinstance(outcome, Conflict)
    assert len(outcome.reasons) <= 8
    assert 1 <= len(outcome.fixes) <= 3


def test_a_source_queried_by_name_is_not_reported_to_lack_other_names() -> None:
    """Its index has only what requests name it for, so it says nothing of the others."""
    cache = World(SourceSpec("cache", "nix"), world([]).index, ToyDialect(), traits_of("nix"))
    outcome = resolve([WORLD, cache], profile("hello"))
    assert isinstance(outcome, Conflict)
    (problem,) = outcome.problems
    assert problem.notes[0].startswith("`cache` was not searched")
    assert problem.hint == 'write `hello source="cache"`'
    outcome = resolve([WORLD, cache], profile(Request("hello", source="cache")))
    assert isinstance(outcome, Conflict)
    assert outcome.problems[0].notes == ("`cache` has no package of that name",)


def ranged(name: str, text: str) -> Request:
    return Request(name, parse_range(text, Span("test.kdl", 1, 9)), span=Span("test.kdl", 1, 5))


def npm_world(records: list[PackageRecord]) -> World:
    dialect = NpmDialect()
    return World(SourceSpec("npm", "npm", 60), Index(index_bytes(records, "npm", dialect)), dialect)


def test_a_range_that_no_version_fits_is_shown_where_it_is_written() -> None:
    outcome = resolve([WORLD], profile(ranged("zlib", ">=3")))
    assert isinstance(outcome, Conflict)
    assert [(one.code, one.message, str(one.span)) for one in outcome.problems] == [
        ("no-version", "no version of `zlib` fits `>=3`", "test.kdl:1:9")
    ]


def test_a_range_that_the_source_cannot_read_is_an_error_of_the_request() -> None:
    deb = World(SourceSpec("debian", "debian"), Index(index_bytes([PackageRecord("jq", "1.7", "")], "debian")), DebianDialect("amd64"))
    outcome = resolve([deb], profile(ranged("jq", "^1.2")))
    assert isinstance(outcome, Conflict)
    assert [(one.code, one.message, str(one.span)) for one in outcome.problems] == [
        ("bad-value", "`^1.2` is not a version range of `debian`", "test.kdl:1:9")
    ]


def test_a_source_that_can_read_the_range_is_taken() -> None:
    records = [PackageRecord("jq", "1.7.0", "")]
    deb = World(
        SourceSpec("debian", "debian"), Index(index_bytes([*records, PackageRecord("tree", "2", "")], "debian")), DebianDialect("amd64")
    )
    outcome = resolve([deb, npm_world(records)], profile(ranged("jq", "^1.2"), "tree", Request("jq", source="debian")))
    assert isinstance(outcome, Resolution)
    assert [pick.id for pick in outcome.packages] == ["debian/jq", "debian/tree", "npm/jq"]
