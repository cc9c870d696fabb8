"""The path policy: which members of an archive may become part of a tree, checked before a byte is written."""

import pytest

from nipsys.model.package.unpack_spec import UnpackSpec
from nipsys.model.problem import Rejected
from nipsys.store.ingest import PathPolicy
from nipsys.store.ingest.policy import Admitted
from nipsys.store.member import Limits, Member

TAR = UnpackSpec("tar")


def check(*members: Member, container: UnpackSpec = TAR, limits: Limits | None = None) -> list[Admitted | None]:
    """Return the answer to each member, checked one after the other."""
    policy = PathPolicy(container, limits or Limits())
    return [policy.check(member) for member in members]


def file(path: str, size: int = 0, mode: int = 0o644) -> Member:
    return Member(path, "file", size, mode)


def link(path: str, target: str) -> Member:
    return Member(path, "link", target=target)


def hard(path: str, target: str) -> Member:
    return Member(path, "hard", target=target)


def directory(path: str) -> Member:
    return Member(path, "directory")


REFUSED: dict[str, tuple[str, tuple[Member, ...]]] = {
    "an absolute path": ("absolute path", (file("/etc/passwd"),)),
    "a path that leaves the tree": ("has `..`", (file("usr/../../x"),)),
    "a zero byte": ("zero byte", (file("a\0b"),)),
    "a device": ("a device", (Member("dev/null", "other"),)),
    "a parent that is a link": ("through a symbolic link", (link("lib", "/tmp"), file("lib/x"))),
    "a distant parent that is a link": ("through a symbolic link", (link("a/b", ".."), file("a/b/c/x"))),
    "a directory whose parent is a link": ("through a symbolic link", (link("lib", "/tmp"), directory("lib/x"))),
    "a link whose parent is a link": ("through a symbolic link", (link("lib", "/tmp"), link("lib/x", "y"))),
    "a hard link whose parent is a link": ("through a symbolic link", (file("y"), link("lib", "/tmp"), hard("lib/x", "y"))),
    "a parent that is a file": ("below a file", (file("a"), file("a/b"))),
    "a second file of one path": ("duplicate", (file("bin/x"), file("./bin/x"))),
    "a link over a file": ("duplicate", (file("bin/x"), link("bin/x", "/tmp/x"))),
    "a directory over a link": ("duplicate", (link("lib", "/tmp"), directory("lib"))),
    "a hard link to nothing": ("not an earlier file", (hard("x", "missing"),)),
    "a hard link to a later file": ("not an earlier file", (hard("x", "y"), file("y"))),
    "a hard link to a link": ("not an earlier file", (link("y", "/etc/shadow"), hard("x", "y"))),
    "a hard link to a directory": ("not an earlier file", (directory("y"), hard("x", "y"))),
    "a hard link to itself": ("not an earlier file", (hard("x", "x"),)),
    "a hard link out of the tree": ("has `..`", (hard("x", "../y"),)),
    "an empty link target": ("invalid link target", (link("x", ""),)),
    "two normal forms of one name": ("looks the same", (file("caf\u00e9"), file("cafe\u0301"))),
    "two normal forms of one directory": ("looks the same", (file("caf\u00e9/a"), file("cafe\u0301/b"))),
    "a file that poses as metadata": ("reserved name", (file(".package/control"),)),
    "a directory that poses as metadata": ("reserved name", (directory(".package"),)),
    "a link that poses as metadata": ("reserved name", (link(".package", "usr"),)),
    "an added link that poses as metadata": ("reserved name", (Member(".package/x", "link", target="y", role="added"),)),
    "a name of 256 bytes": ("255 bytes", (file("x" * 256),)),
    "a path of 129 directories": ("nested 129", (file("d/" * 128 + "f"),)),
}
"""By what is wrong with the last member: a part of the message, and the members."""


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_member_is_refused(wrong: str) -> None:
    message, members = REFUSED[wrong]
    with pytest.raises(Rejected) as caught:
        check(*members)
    assert [problem.code for problem in caught.value.problems] == ["hostile-member"]
    assert message in str(caught.value)


def test_parents_are_created_once_and_outermost_first() -> None:
    first, second = check(file("usr/bin/x"), file("usr/bin/y"))
    assert first is not None
    assert second is not None
    assert (first.path, first.missing) == ("usr/bin/x", ("usr", "usr/bin"))
    assert (second.path, second.missing) == ("usr/bin/y", ())


def test_a_directory_seen_before_adds_nothing() -> None:
    assert check(file("usr/x"), directory("./usr/"))[1] is None


def test_a_hard_link_leads_to_the_path_in_the_tree() -> None:
    _, admitted = check(file("pkg/bin/x"), hard("pkg/bin/y", "./pkg/bin/x"), container=UnpackSpec("tar", strip=1, prefix="opt"))
    assert admitted is not None
    assert (admitted.path, admitted.target) == ("opt/bin/y", "opt/bin/x")


def test_names_that_only_look_alike_are_admitted() -> None:
    paths = ["xt_MARK.h", "xt_mark.h", "caf\u00e9", "caf\u00e8", "b\udcff"]
    assert [admitted and admitted.path for admitted in check(*map(file, paths))] == paths


def test_metadata_has_a_place_of_its_own() -> None:
    (admitted,) = check(Member("./control", "file", role="metadata"))
    assert admitted is not None
    assert admitted.path == ".package/control"
    with pytest.raises(Rejected, match=r"has `\.\.`"):
        check(Member("../usr/bin/x", "file", role="metadata"))


def test_privileged_bits_are_noted() -> None:
    policy = PathPolicy(TAR, Limits())
    for member in (file("su", mode=0o4755), file("ls", mode=0o755), directory("tmp")):
        policy.check(member)
    assert policy.dropped_bits == ["su"]


LIMITS: dict[str, tuple[Limits, tuple[Member, ...], Member]] = {
    "the size of all files": (Limits(size=100), (file("a", 60), file("b", 40)), file("c", 1)),
    "the size of one file": (Limits(size=100), (), file("a", 101)),
    "the number of members": (Limits(entries=2), (file("a"), file("b")), file("c")),
    "the number of entries in the tree": (Limits(entries=2), (file("a/b/c/d"),), file("e")),
    "the length of all paths": (Limits(path_characters=10), (file("12345"), file("67890")), file("x")),
    "the depth": (Limits(depth=3), (file("a/b/c"),), file("a/b/c2/d")),
}
"""By limit: the limits, the members that are just allowed, and the one that is not."""


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_exact(limit: str) -> None:
    limits, allowed, excess = LIMITS[limit]
    assert None not in check(*allowed, limits=limits)
    with pytest.raises(Rejected, match=r"exceeds the limit of|is nested 4"):
        check(*allowed, excess, limits=limits)
