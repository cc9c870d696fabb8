"""Plans: what they list, what they fetch, and when there is nothing to do."""

import json

from nipsys.model.digest import blake3_of
from nipsys.model.package.record import Snapshot
from nipsys.model.system.generation import PlacedPackage, System
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.model.system.profile import FileSpec, Profile, ServiceSpec, SourceSpec
from nipsys.model.value import replace
from nipsys.plan import make_plan

GIT = LockedPackage("debian", "git", "2.47", location="git.deb", size=900, digest="sha256:g", requested=True, needs=("debian/libc6",))
LIBC = LockedPackage("debian", "libc6", "2.41", location="libc6.deb", size=100, digest="sha256:c")
TOOL = LockedPackage("recipes", "tool", "1", requested=True, facts=(("variant", "blake3:v"),))
PROFILE = Profile("p", "x86_64", sources=(SourceSpec("debian", "debian"),), digest="blake3:p")
LOCK = Lock("p", "blake3:p", "x86_64", (), (GIT, LIBC, TOOL), "blake3:l")
TREES = {"sha256:g": "blake3:tg", "sha256:c": "blake3:tc", "blake3:v": "blake3:tt"}
SYSTEM = System(
    "p", "blake3:p", "blake3:l", "x86_64",
    (
        PlacedPackage("debian/git", "git", "2.47", "blake3:tg", "g", requested=True),
        PlacedPackage("debian/libc6", "libc6", "2.41", "blake3:tc", "c", requested=False),
        PlacedPackage("recipes/tool", "tool", "1", "blake3:tt", "t", requested=True),
    ),
)  # fmt: skip


def test_a_first_system_gets_everything() -> None:
    found = make_plan(PROFILE, LOCK, None, {}.get)
    assert [(change.id, change.before, change.after, change.requested) for change in found.added] == [
        ("debian/git", None, "2.47", True),
        ("debian/libc6", None, "2.41", False),
        ("recipes/tool", None, "1", True),
    ]
    assert [tuple(artifact) for artifact in found.fetch] == [
        ("debian/git", "git.deb", 900, "sha256:g"),
        ("debian/libc6", "libc6.deb", 100, "sha256:c"),
    ]
    assert (found.fetch_size, found.build, found.worlds, found.is_empty) == (1000, ("recipes/tool",), ("debian", "recipes"), False)


def test_an_unchanged_system_has_an_empty_plan() -> None:
    found = make_plan(PROFILE, LOCK, SYSTEM, TREES.get)
    assert found.is_empty
    assert len(found.kept) == 3
    assert (found.added, found.removed, found.changed, found.fetch, found.build, found.worlds) == ((), (), (), (), (), ())


def test_a_tree_missing_from_the_store_is_fetched_again() -> None:
    found = make_plan(PROFILE, LOCK, SYSTEM, {"sha256:c": "blake3:tc", "blake3:v": "blake3:tt"}.get)
    assert not found.is_empty
    assert [artifact.id for artifact in found.fetch] == ["debian/git"]
    assert not found.changed


def test_versions_contents_and_requests_change() -> None:
    lock = replace(
        LOCK,
        packages=(
            GIT._replace(version="2.48", digest="sha256:h"),
            LIBC._replace(requested=True),
            TOOL._replace(facts=(("variant", "blake3:w"),)),
        ),
        digest="blake3:m",
    )
    found = make_plan(PROFILE, lock, SYSTEM, {**TREES, "blake3:w": "blake3:other"}.get)
    assert [(change.id, change.before, change.after, change.why) for change in found.changed] == [
        ("debian/git", "2.47", "2.48", "version"),
        ("debian/libc6", "2.41", "2.41", "exposed"),
        ("recipes/tool", "1", "1", "content"),
    ]
    assert [artifact.id for artifact in found.fetch] == ["debian/git"]
    assert found.worlds == ("debian", "recipes")


def test_what_is_no_longer_locked_is_removed() -> None:
    found = make_plan(PROFILE, replace(LOCK, packages=(GIT, LIBC)), SYSTEM, TREES.get)
    assert [(change.id, change.before, change.after) for change in found.removed] == [("recipes/tool", "1", None)]
    assert found.worlds == ("recipes",)
    assert not found.is_empty


def test_a_profile_with_another_digest_is_not_an_empty_plan() -> None:
    assert not make_plan(replace(PROFILE, digest="blake3:q"), LOCK, SYSTEM, TREES.get).is_empty
    assert not make_plan(PROFILE, replace(LOCK, arch="aarch64"), SYSTEM, TREES.get).is_empty


def test_settings_are_compared_one_by_one() -> None:
    profile = replace(
        PROFILE,
        env=(("A", "1"), ("B", "2")),
        files=(FileSpec("~/x", "x", 0o600, blake3_of(b"x")),),
        services=(ServiceSpec("redis", "redis-server", ("network",)),),
    )
    system = replace(
        SYSTEM, env=(("A", "1"), ("B", "1"), ("C", "3")), files=(("~/x", blake3_of(b"x"), 0o644), ("~/y", blake3_of(b"y"), 0o644))
    )
    found = make_plan(profile, LOCK, system, TREES.get)
    digest = blake3_of(b"x")
    assert [tuple(change) for change in found.settings] == [
        ("env", "B", "1", "2"),
        ("env", "C", "3", None),
        ("file", "~/x", f"{digest} 0644", f"{digest} 0600"),
        ("file", "~/y", f"{blake3_of(b'y')} 0644", None),
        ("service", "redis", None, "redis-server (after network)"),
    ]
    placed = replace(system, env=profile.env, files=(("~/x", digest, 0o600),), services=(("redis", "redis-server", ("network",)),))
    assert make_plan(profile, LOCK, placed, TREES.get).is_empty


def test_a_source_without_signatures_is_noted() -> None:
    spec = SourceSpec("debian", "debian", settings=(("signatures", "none"),))
    unused = SourceSpec("nix", "nix", settings=(("signatures", "none"),))
    found = make_plan(replace(PROFILE, sources=(spec, unused)), LOCK, SYSTEM, TREES.get)
    assert found.notes == ("signatures of source `debian` are not verified",)
    assert found.is_empty


def test_each_source_that_no_signature_covers_is_noted_once() -> None:
    warned = Snapshot("debian", "sha256:0", facts=(("warning", "it is not signed"),))
    lock = replace(LOCK, sources=(LockedSource("debian", "debian", warned), LockedSource("empty", "npm", warned)))
    assert make_plan(PROFILE, lock, SYSTEM, TREES.get).notes == ("`debian`: it is not signed",)
    loose = replace(PROFILE, sources=(SourceSpec("debian", "debian", settings=(("signatures", "none"),)),))
    assert make_plan(loose, lock, SYSTEM, TREES.get).notes == ("signatures of source `debian` are not verified",)


def test_the_plan_is_serializable_as_json() -> None:
    value = make_plan(PROFILE, LOCK, None, {}.get).to_dict()
    assert json.loads(json.dumps(value)) == value
    assert set(value) == {
        "profile", "profile_digest", "lock_digest", "arch", "nothing", "added", "removed", "changed", "kept", "settings", "fetch", "fetch_size", "build", "worlds", "notes",
    }  # fmt: skip
    assert value["fetch_size"] == 1000
