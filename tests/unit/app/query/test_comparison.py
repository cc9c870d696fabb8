"""Versions of one program from several sources, compared by age, size and C library."""

import pytest
from toy_world import world

from nipsys.app.query.comparison import Comparison
from nipsys.app.query.search import find_package, search_packages
from nipsys.cli.render.comparison import format_age, format_side
from nipsys.model.package.record import PackageRecord
from nipsys.model.system.profile import Profile, SourceSpec
from nipsys.resolve import World

FD = PackageRecord(
    "fd", "10.1", "x86_64", size=1_200_000, summary="finds files", facts=(("date", "2026-11-01T00:00:00Z"), ("libc", "musl"))
)


def debian_world(records: list[PackageRecord]) -> World:
    toy = world(records, "debian")
    return World(SourceSpec("debian", "debian"), toy.index, toy.dialect)


def test_a_search_hit_has_date_size_and_c_library() -> None:
    (hit,), _ = search_packages([world([FD])], ["fd"])
    assert hit.side == Comparison("2026-11-01T00:00:00Z", exact=True, size=1_200_000, libc="musl")


def test_a_program_is_found_by_the_name_it_has_elsewhere() -> None:
    """The shipped table of names counts for `info` as it does for a profile; the profile's own alias comes first."""
    debian = debian_world([PackageRecord("fd-find", "9.0", "x86_64")])
    profile = Profile("p", "x86_64", sources=(SourceSpec("debian", "debian"),))
    assert [row.record.name for row in find_package([debian], profile, "fd")] == ["fd-find"]
    both = debian_world([PackageRecord("fd-find", "9.0", "x86_64"), PackageRecord("other", "1", "x86_64")])
    own = Profile("p", "x86_64", sources=(SourceSpec("debian", "debian"),), aliases=(("fd", "debian", "other"),))
    assert [row.record.name for row in find_package([both], own, "fd")] == ["other"]


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2026-11-20T07:30:00Z", "an hour"),
        ("2026-11-20T05:00:00Z", "3 hours"),
        ("2026-11-19T08:00:00Z", "1 day"),
        ("2026-08-01T00:00:00Z", "3 months"),
        ("2023-11-01T00:00:00Z", "3 years"),
        ("2027-01-01T00:00:00Z", "an hour"),
        ("", "-"),
        ("yesterday", "-"),
    ],
)
def test_ages_are_shown_in_the_largest_fitting_unit(date: str, told: str) -> None:
    assert format_age(date, "2026-11-20T08:00:00Z") == told


def test_unknown_facts_are_shown_as_a_dash() -> None:
    assert format_side(Comparison("", exact=False, size=0, libc=""), "2026-11-20T08:00:00Z") == ("-", "-", "-")
    assert format_side(Comparison("2026-11-10T08:00:00Z", exact=False, size=999, libc="glibc"), "2026-11-20T08:00:00Z") == (
        "over 10 days",
        "999 B",
        "glibc",
    )
