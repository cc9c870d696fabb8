"""The lock's text: what it looks like, and that nothing but the writer's own text is read."""

import pytest

from nipsys.cli.render.problems import format_problems as shown
from nipsys.lock import add_digest, format_lock, read_lock
from nipsys.model.package.record import Snapshot
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.model.value import replace

A, B = "a" * 64, "b" * 64
LIBC = LockedPackage(
    "debian", "libc6", "2.41-12", "amd64", "deb", "pool/main/g/glibc/libc6_2.41-12_amd64.deb", 2847964, f"sha256:{A}", "pkg:deb/debian/libc6@2.41-12"
)  # fmt: skip
TREE = LockedPackage(
    "debian", "tree", "2.2.1-1", "amd64", "deb", "pool/main/t/tree/tree_2.2.1-1_amd64.deb", 55404, f"sha256:{B}",
    "pkg:deb/debian/tree@2.2.1-1", requested=True, needs=("debian/libc6",), facts=(("alternative:/usr/bin/x", 'a "b"'), ("suite", "trixie")),
)  # fmt: skip
SNAPSHOT = Snapshot("debian", f"sha256:{A}", "2026-11-20T08:00:00Z", (("codename", "trixie"),))
LOCK = Lock("starter", f"blake3:{A}", "x86_64", (LockedSource("debian", "debian", SNAPSHOT, (("suite", "trixie"),)),), (LIBC, TREE))

TEXT = r"""// Written by nipsys. Do not edit: change the profile and run `nipsys lock`.
lock 1 digest="blake3:DIGEST"
profile "starter" arch="x86_64" digest="blake3:AAAA"

source "debian" kind="debian" snapshot="sha256:AAAA" date="2026-11-20T08:00:00Z" \
    setting.suite="trixie" \
    fact.codename="trixie"

package "debian/libc6" version="2.41-12" arch="amd64" format="deb" size=2847964 \
    location="pool/main/g/glibc/libc6_2.41-12_amd64.deb" \
    digest="sha256:AAAA" \
    purl="pkg:deb/debian/libc6@2.41-12"
package "debian/tree" version="2.2.1-1" arch="amd64" format="deb" size=55404 requested=#true \
    location="pool/main/t/tree/tree_2.2.1-1_amd64.deb" \
    digest="sha256:BBBB" \
    purl="pkg:deb/debian/tree@2.2.1-1" \
    needs="debian/libc6" \
    "fact.alternative:/usr/bin/x"="a \"b\"" fact.suite="trixie"
"""


def test_a_lock_is_written_as_canonical_text() -> None:
    digest = add_digest(LOCK).digest.removeprefix("blake3:")
    assert format_lock(LOCK) == TEXT.replace("AAAA", A).replace("BBBB", B).replace("DIGEST", digest)


def test_a_written_lock_is_read_back() -> None:
    assert read_lock(format_lock(LOCK), "starter.lock.kdl") == add_digest(LOCK)


def test_input_order_does_not_matter() -> None:
    turned = replace(LOCK, packages=(TREE, LIBC))
    assert format_lock(turned) == format_lock(LOCK)
    assert add_digest(turned).digest == add_digest(LOCK).digest


@pytest.mark.parametrize("needs", [("two words",), ("",)])
def test_a_name_that_cannot_be_read_back_is_refused(needs: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="empty or contains a space"):
        format_lock(replace(LOCK, packages=(TREE._replace(needs=needs),)))


def test_a_duplicate_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="duplicate key"):
        format_lock(replace(LOCK, packages=(TREE._replace(facts=(("a", "1"), ("a", "2"))),)))


def rejected(text: str) -> tuple[str, ...]:
    with pytest.raises(Rejected) as caught:
        read_lock(text, "l.kdl")
    assert caught.value.kind == "profile"
    assert all(problem.hint for problem in caught.value.problems)
    return tuple(f"{problem.code}:{problem.span.line if problem.span else 0}" for problem in caught.value.problems)


GOOD = format_lock(LOCK)
TREE_NODE = GOOD[GOOD.index('package "debian/tree"') :]

EDITS = {
    "a size": (GOOD.replace("size=55404", "size=55405"), ("lock-changed:2",)),
    "an unknown need": (GOOD.replace('needs="debian/libc6"', 'needs="debian/libc7"'), ("lock-need:17",)),
    "a package twice": (GOOD + TREE_NODE, ("lock-duplicate:19",)),
    "a source twice": (
        GOOD.replace('\npackage "debian/libc6"', '\nsource "debian" kind="debian" snapshot="x"\n\npackage "debian/libc6"', 1),
        ("lock-duplicate:9",),
    ),
    "a world that is not there": (GOOD.replace('source "debian"', 'source "sid"'), ("lock-source:9", "lock-source:13")),
    "a short digest": (GOOD.replace(B, B[1:]), ("lock-digest:15",)),
    "a digest with capitals": (GOOD.replace(B, B.upper()), ("lock-digest:15",)),
    "an unknown algorithm": (GOOD.replace(f"sha256:{B}", f"crc32:{B}"), ("lock-digest:15",)),
    "another order": (
        GOOD.replace(TREE_NODE, "").replace('package "debian/libc6"', TREE_NODE + 'package "debian/libc6"'),
        ("lock-order:9",),
    ),
    "a text for a number": (GOOD.replace("size=55404", 'size="55404"'), ("lock-wording:13",)),
    "a number for a text": (GOOD.replace('version="2.2.1-1"', "version=2"), ("lock-wording:13",)),
    "a number for the arch": (GOOD.replace('profile "starter" arch="x86_64"', 'profile "starter" arch=64'), ("lock-node:1",)),
    "an unknown property": (GOOD.replace("size=55404", "weight=55404"), ("lock-node:13",)),
    "an unknown node": (GOOD + "remark 1\n", ("lock-node:19",)),
    "no version": (GOOD.replace(' version="2.2.1-1"', ""), ("lock-node:13",)),
    "no world in an id": (GOOD.replace('package "debian/tree"', 'package "tree"'), ("lock-node:13",)),
    "another spacing": (GOOD.replace("requested=#true", " requested=#true"), ("lock-wording:13",)),
    "a comment": (GOOD.replace(TREE_NODE, "// mine\n" + TREE_NODE), ("lock-wording:13",)),
    "no last line end": (GOOD[:-1], ("lock-changed:2",)),
    "cut short": (GOOD[: GOOD.index('digest="sha256:' + B) + 20], ("lock-syntax:13",)),
    "broken KDL": (GOOD.replace("size=55404", "size="), ("lock-syntax:13",)),
    "two broken nodes": (GOOD.replace("size=55404", "size=").replace("size=2847964", "size="), ("lock-syntax:9", "lock-syntax:13")),
    "a merge conflict": (GOOD.replace(TREE_NODE, f"<<<<<<< ours\n{TREE_NODE}=======\n{TREE_NODE}>>>>>>> theirs\n"), ("lock-conflict:13",)),
    "Windows line ends": (GOOD.replace("\n", "\r\n"), ("lock-line-ends:1",)),
    "another format": (GOOD.replace("lock 1 ", "lock 2 "), ("lock-node:2",)),
    "no header": (GOOD[GOOD.index("profile") :], ("lock-node:1",)),
    "nothing": ("", ("lock-node:1",)),
    "bytes that are no UTF-8": (GOOD.replace("starter", "st\udcffarter"), ("lock-encoding:3",)),
}


@pytest.mark.parametrize("name", EDITS)
def test_edited_locks_are_refused_with_their_line(name: str) -> None:
    text, expected = EDITS[name]
    assert text != GOOD
    assert rejected(text) == expected


def test_another_format_is_reported_as_such() -> None:
    with pytest.raises(Rejected) as caught:
        read_lock(GOOD.replace("lock 1 ", "lock 2 "), "l.kdl")
    (problem,) = caught.value.problems
    assert problem.message == "unsupported lock format `2`; this version of nipsys reads format `1`"
    assert problem.hint == "use the version of nipsys that wrote it, or run `nipsys lock` to write it in this format"


def test_an_error_shows_its_line() -> None:
    with pytest.raises(Rejected) as caught:
        read_lock(GOOD.replace('needs="debian/libc6"', 'needs="debian/libc7"'), "starter.lock.kdl")
    assert shown(caught.value.problems, colour=False) == (
        "starter.lock.kdl:17:12: package `debian/tree` depends on `debian/libc7`, which is not in the lock\n"
        '    17 │     needs="debian/libc7" \\\n'
        "       │            ^^^^^^^^^^^^\n"
        "  hint: run `nipsys lock` to rewrite it; move manual edits to the profile\n"
    )


HEADS = {
    "no head at all": GOOD[GOOD.index("source") :],
    "no `lock` node": GOOD[GOOD.index('profile "starter"') :],
    "no `profile` node": GOOD.replace('profile "starter"', '// profile "starter"'),
    "two `profile` nodes": GOOD.replace("\nprofile", '\nprofile "other" arch="x86_64" digest="blake3:00"\nprofile'),
}


@pytest.mark.parametrize("text", HEADS.values(), ids=HEADS)
def test_a_lock_must_have_both_head_nodes_once(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_lock(text, "starter.lock.kdl")
    assert [problem.message for problem in caught.value.problems] == ["a lock must start with one `lock` and one `profile` node"]
