"""A plan as text."""

from nipsys.cli.render.plan import format_plan
from nipsys.model.system.plan import PackageChange, Plan
from nipsys.model.value import replace

NOTHING = Plan("p", "blake3:p", "blake3:l", "x86_64", True, notes=("signatures of source `debian` are not verified",))


def test_notes_are_shown_also_when_there_is_nothing_to_do() -> None:
    assert format_plan(NOTHING).splitlines() == [
        "nothing to do: `p` is up to date",
        "note: signatures of source `debian` are not verified",
    ]


def test_notes_come_after_the_changes() -> None:
    plan = replace(NOTHING, up_to_date=False, added=(PackageChange("debian/jq", "jq", None, "1.7", True, "added"),))
    assert format_plan(plan).splitlines() == [
        "  +  debian/jq  1.7",
        "p: 1 to add, nothing to fetch",
        "note: signatures of source `debian` are not verified",
    ]
