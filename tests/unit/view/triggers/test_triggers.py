"""Triggers that need no program, the table of those that do, exposure, and scripts that no trigger covers."""

import re

from hypothesis import given
from hypothesis import strategies as st
from toy_views import member, world

from nipsys.view.compose import compose_view
from nipsys.view.exposure import executable_links_of
from nipsys.view.triggers.scripts import find_commands
from nipsys.view.triggers.table import TABLE, _iter_matches

LIB = "usr/lib/x86_64-linux-gnu"


def found(*members: object, **more: object) -> dict[str, tuple[str, str]]:
    return {entry.path: (entry.kind, entry.origin) for entry in compose_view(world(*members, **more)).entries}


def test_an_alternative_becomes_a_relative_link_and_is_recorded() -> None:
    script = "update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/share/man/a a /usr/share/man/m"
    plan = compose_view(world(member("mawk", {"usr/bin/mawk": b"x", ".package/postinst": script}, requested=True)))
    entries = {entry.path: entry for entry in plan.entries}
    assert entries["usr/bin/awk"].origin == "mawk"
    assert entries["etc/alternatives/awk"].origin == "../../usr/bin/mawk"
    assert "usr/share/man/a" not in entries
    assert plan.choices == (("awk", "/usr/bin/mawk"),)
    assert {stub.name for stub in plan.stubs} == {"awk", "mawk"}


def test_a_choice_of_the_lock_wins() -> None:
    one = member("one", {"usr/bin/one": b"1", ".package/postinst": "update-alternatives --install /usr/bin/e e /usr/bin/one 10"})
    two = member("two", {"usr/bin/two": b"2", ".package/postinst": "update-alternatives --install /usr/bin/e e /usr/bin/two 20"})
    assert found(one, two)["usr/bin/e"] == ("l", "two")
    assert found(one, two, choices={"e": "/usr/bin/one"})["usr/bin/e"] == ("l", "one")


def test_ucf_copies_its_default_even_through_a_temporary_file() -> None:
    plain = member("a", {"usr/share/a/a.conf": "x", ".package/postinst": "ucf --three-way /usr/share/a/a.conf /etc/a.conf"})
    assert found(plain)["etc/a.conf"] == ("f", "tree-a-1/usr/share/a/a.conf")
    script = 'tmp=$(mktemp)\ncat /usr/lib/R/etc/Renviron.ucf > "$tmp"\nucf "$tmp" /etc/R/Renviron\n'
    assert found(member("r", {"usr/lib/R/etc/Renviron.ucf": "x", ".package/postinst": script}))["etc/R/Renviron"][0] == "f"


def test_php_modules_are_linked_by_priority() -> None:
    php = member(
        "php",
        {"usr/lib/php/8.4/php.ini-production.cli": "x", "usr/share/php8.4-common/common/ctype.ini": "; priority=17\nextension=ctype.so\n"},
    )
    made = found(php)
    assert made["etc/php/8.4/cli/conf.d/17-ctype.ini"][0] == "l"
    assert made["etc/php/8.4/cli/php.ini"][0] == "f"


def test_the_certificate_bundle_contains_every_certificate() -> None:
    made = found(member("ca", {"usr/share/ca-certificates/m/B.crt": "b", "usr/share/ca-certificates/m/A.crt": "a"}))
    assert made["etc/ssl/certs/ca-certificates.crt"] == (
        "c",
        "tree-ca-1/usr/share/ca-certificates/m/A.crt\ntree-ca-1/usr/share/ca-certificates/m/B.crt",
    )
    assert made["etc/ssl/certs/A.pem"][0] == "l"


def steps(*members: object) -> dict[str, tuple[str, ...]]:
    return {step.name: step.argv for step in compose_view(world(*members)).steps}


def test_a_trigger_needs_its_tool_and_matching_files() -> None:
    tool = member("tool", {f"{LIB}/glib-2.0/glib-compile-schemas": b"x"})
    material = member("schemas", {"usr/share/glib-2.0/schemas/a.gschema.xml": "x"})
    assert steps(tool) == {}
    assert steps(material) == {}
    assert steps(tool, material) == {"glib-schemas": (f"/{LIB}/glib-2.0/glib-compile-schemas", "/usr/share/glib-2.0/schemas")}


def test_the_mime_database_serves_desktops_and_pixbufs_only() -> None:
    base = member("mime", {"usr/bin/update-mime-database": b"x", "usr/share/mime/packages/a.xml": "x"})
    assert "mime" not in steps(base)
    assert "mime" in steps(base, member("app", {"usr/share/applications/a.desktop": "x"}, requested=True))
    assert "mime" in steps(base, member("pixbuf", {f"{LIB}/libgdk_pixbuf-2.0.so.0": "x"}))


def test_exposure_follows_the_source_package_and_empty_names() -> None:
    python = member(
        "python3", {"usr/bin/pydoc3": b"x"}, requested=True, source="python3-defaults", depends=("debian/python3-minimal", "debian/libc6")
    )
    minimal = member("python3-minimal", {"usr/bin/python3": b"x"}, source="python3-defaults")
    libc = member("libc6", {"usr/bin/ldd": b"x"}, source="glibc")
    assert {stub.name for stub in compose_view(world(python, minimal, libc)).stubs} == {"pydoc3", "python3"}
    name = member("php-cli", {"usr/share/doc/x": "x"}, requested=True, source="php-defaults", depends=("debian/libc6",))
    assert {stub.name for stub in compose_view(world(name, libc)).stubs} == {"ldd"}


def test_exposure_can_be_limited_and_taken_by_the_host() -> None:
    assert [
        stub.name for stub in compose_view(world(member("a", {"usr/bin/a": b"1", "usr/bin/b": b"2"}, requested=True, expose=("b",)))).stubs
    ] == ["b"]
    assert not compose_view(world(member("a", {"usr/bin/a": b"1"}, requested=True, run="host"))).stubs


def test_two_requested_packages_of_one_world_may_own_a_program() -> None:
    """In different directories no path clashes, so who gets the name is the profile's to say."""
    spy = member("spy", {"usr/bin/rogue": b"1"}, requested=True)
    programs = {"usr/games/rogue": b"2", "usr/sbin/tetris": b"3", "usr/games/tetris": b"4"}
    game = member("game", programs, requested=True, source="game", depends=("debian/data",))
    helping = member("data", {"usr/sbin/rogue": b"5"}, source="game")
    plan = compose_view(world(spy, game, helping))
    assert [(stub.name, stub.program) for stub in plan.stubs] == [
        ("rogue", "/usr/bin/rogue"),
        ("rogue", "/usr/games/rogue"),
        ("tetris", "/usr/sbin/tetris"),
    ], "what is shown on another's behalf claims nothing, and a package's own first directory decides"


def test_links_of_executables_are_short_and_relative() -> None:
    (link,) = executable_links_of(compose_view(world(member("jq", {"usr/bin/jq": b"1"}, requested=True))).stubs)
    assert link == ("Links/Executables/jq", "../../views/debian/.run/usr/bin/jq")
    assert len(link.target) < 60


def test_shared_files_headers_and_libraries_are_linked() -> None:
    content = {
        "usr/share/man/man1/a.1.gz": "x",
        "usr/share/applications/a.desktop": "x",
        "usr/include/a/b.h": "x",
        f"{LIB}/liba.so.1": "x",
        "usr/lib/systemd/user/a.service": "x",
    }
    links = dict(compose_view(world(member("a", content, requested=True))).links)
    assert links["Links/Shared/man/man1/a.1.gz"] == "../../../../views/debian/usr/share/man/man1/a.1.gz"
    assert links["Links/Shared/applications/a.desktop"] == "../../../views/debian/.share/usr/share/applications/a.desktop"
    assert links["Links/Headers/a/b.h"] == "../../../views/debian/usr/include/a/b.h"
    assert links["Links/Libraries/liba.so.1"] == f"../../views/debian/{LIB}/liba.so.1"
    assert "Links/Shared/systemd/user/a.service" in links
    assert not compose_view(world(member("a", content))).links


def test_shared_files_of_a_world_with_a_prefix_are_linked() -> None:
    nix = member(
        "htop",
        {"abc-htop/bin/htop": b"x", "abc-htop/share/applications/h.desktop": "x", "abc-htop/share/man/man1/h.1": "x"},
        requested=True,
    )
    links = dict(compose_view(world(nix, prefix="/nix/store")).links)
    assert links["Links/Shared/man/man1/h.1"] == "../../../../views/debian/abc-htop/share/man/man1/h.1"
    assert links["Links/Shared/applications/h.desktop"] == "../../../views/debian/.share/abc-htop/share/applications/h.desktop"
    pkgsrc = member(
        "htop", {"bin/htop": b"x", "man/man1/h.1": "x", "share/icons/h.png": "x", "lib/systemd/user/h.service": "x"}, requested=True
    )
    links = dict(compose_view(world(pkgsrc, prefix="/usr/pkg")).links)
    assert {"Links/Shared/man/man1/h.1", "Links/Shared/icons/h.png", "Links/Shared/systemd/user/h.service"} <= set(links)


def test_relocated_programs_are_named_and_change_the_key() -> None:
    plain, moved = (compose_view(world(member("a", {"usr/bin/a": b"1"}, requested=True, run=how))) for how in ("", "relocate"))
    assert moved.relocated == ("/usr/bin/a",)
    assert moved.key != plain.key


def test_programs_exposed_on_behalf_of_another_run_as_that_one() -> None:
    name = member("php-cli", {"usr/share/doc/x": "x"}, requested=True, run="relocate", depends=("debian/php8.4-cli",))
    own = member("php8.4-cli", {"usr/bin/php8.4": b"x"})
    assert compose_view(world(name, own)).relocated == ("/usr/bin/php8.4",)
    assert not compose_view(
        world(member("php-cli", {"usr/share/doc/x": "x"}, requested=True, depends=("debian/php8.4-cli",)), own)
    ).relocated


def test_only_words_in_command_position_are_commands() -> None:
    script = "# adduser no\nif ! getent passwd x; then\n  adduser --system x || true\nfi\n/usr/sbin/setcap cap_net_raw+ep /bin/ping\necho adduser\n"
    assert {"adduser", "setcap", "getent"} <= find_commands(script)
    plan = compose_view(world(member("a", {".package/postinst": script})))
    assert plan.uncovered == (("debian/a", "adduser"), ("debian/a", "setcap"))
    assert not compose_view(world(member("a", {".package/postinst": "echo adduser\n# setcap\n"}))).uncovered


PIECES = st.sampled_from(
    ["usr", "lib", "lib64", "bin", "sbin", "x86_64-linux-gnu", "share", "glib-2.0", "schemas", "a.xml", "fonts", "x.pem", "ldconfig"]
)


@given(st.sets(st.lists(PIECES, min_size=1, max_size=6).map("/".join), max_size=30))
def test_the_search_finds_the_same_as_trying_every_path(given_paths: set[str]) -> None:
    paths = sorted(given_paths)
    for trigger in TABLE:
        for pattern in (trigger.tool, trigger.material):
            assert {match[0] for match in _iter_matches(pattern, paths)} == {path for path in paths if re.fullmatch(pattern, path)}


def test_no_pattern_of_the_table_hides_an_alternative() -> None:
    """The search takes a pattern apart at every bar, so none may stand in brackets."""
    for trigger in TABLE:
        for pattern in (trigger.tool, trigger.material, trigger.unless):
            for alternative in pattern.split("|"):
                re.compile(alternative)
