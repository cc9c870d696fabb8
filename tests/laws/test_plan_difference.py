"""Laws of plans: every package is in exactly one list, and a plan carried out leaves nothing to do."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nipsys.model.system.generation import PlacedPackage, System
from nipsys.model.system.lock import Lock, LockedPackage
from nipsys.model.system.profile import Profile
from nipsys.plan import make_plan, store_key_of

PACKAGES = st.dictionaries(
    st.tuples(st.sampled_from(["debian", "nix"]), st.sampled_from("abcd")),
    st.tuples(st.sampled_from("123"), st.sampled_from("xyz"), st.booleans(), st.booleans()),
    max_size=6,
).map(
    lambda given: tuple(
        LockedPackage(
            source,
            name,
            version,
            location=name if fetched else "",
            digest=digest if fetched else "",
            requested=requested,
            facts=(("variant", digest),),
        )
        for (source, name), (version, digest, requested, fetched) in sorted(given.items())
    )
)


def carried_out(lock: Lock, profile: Profile) -> System:
    """Return the system that applying ``lock`` makes."""
    placed = tuple(
        PlacedPackage(package.id, package.name, package.version, f"tree {store_key_of(package)}", "", package.requested)
        for package in lock.packages
    )
    return System(profile.name, profile.digest, lock.digest, lock.arch, placed)


@given(PACKAGES, PACKAGES, st.sets(st.sampled_from("xyz")))
@settings(max_examples=200, deadline=None)
def test_every_package_is_in_one_list(before: tuple[LockedPackage, ...], after: tuple[LockedPackage, ...], held: set[str]) -> None:
    profile = Profile("p", "x86_64", digest="p")
    old, new = Lock("p", "p", "x86_64", (), before, "old"), Lock("p", "p", "x86_64", (), after, "new")
    found = make_plan(profile, new, carried_out(old, profile), lambda digest: f"tree {digest}" if digest in held else None)
    listed = [change.id for change in (*found.added, *found.removed, *found.changed, *found.kept)]
    assert sorted(listed) == sorted({package.id for package in (*before, *after)})
    missing = [package.id for package in after if store_key_of(package) not in held]
    assert sorted([*(one.id for one in found.fetch), *found.build]) == sorted(missing)
    assert not found.is_empty
    assert make_plan(profile, new, carried_out(new, profile), lambda digest: f"tree {digest}").is_empty
