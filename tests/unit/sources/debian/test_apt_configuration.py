"""apt's own configuration, both forms, and where the parts of a world are taken from."""

import pytest

from nipsys.model.host import HostFacts
from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.debian.apt_configuration import AptEntry, read_configuration
from nipsys.sources.debian.source import Debian, open_source

NOW = "2026-11-21T00:00:00Z"
RING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEB822 = f"""# modern
Types: deb deb-src
URIs: https://one.example/debian/ https://two.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: {RING}

Types: deb
URIs: https://one.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: {RING}
"""


def entries(text: str, path: str = "/etc/apt/sources.list") -> tuple[AptEntry, ...]:
    found, notes = read_configuration(((path, text),))
    assert not notes
    return found


def test_the_one_line_form_is_read() -> None:
    (entry,) = entries(
        "deb [ arch=amd64,arm64 signed-by=/a.gpg trusted=yes check-valid-until=no ] http://m.example/debian/ stable main contrib # note\n"
    )
    assert entry.types == ("deb",)
    assert entry.uris == ("http://m.example/debian",)
    assert (entry.suite, entry.components) == ("stable", ("main", "contrib"))
    assert (entry.arches, entry.keyrings) == (("amd64", "arm64"), ("/a.gpg",))
    assert entry.trusted
    assert not entry.checks_expiry
    assert entry.origin == "/etc/apt/sources.list:1"


@pytest.mark.parametrize(
    ("line", "uri", "suite", "components"),
    [
        ("deb http://m.example/d stable main", "http://m.example/d", "stable", ("main",)),
        ("  deb\thttp://m.example/d  stable  main  non-free ", "http://m.example/d", "stable", ("main", "non-free")),
        ("deb http://m.example/flat ./", "http://m.example/flat", "./", ()),
        ("deb [] http://m.example/flat sub/dir/", "http://m.example/flat", "sub/dir/", ()),
        ("deb [signed-by=/k.asc] file:/srv/repo sid main", "file:/srv/repo", "sid", ("main",)),
        ('deb [signed-by="/k.asc"]http://m.example/d sid main#x', "http://m.example/d", "sid", ("main#x",)),
    ],
)
def test_one_line_entries_of_apt_are_read(line: str, uri: str, suite: str, components: tuple[str, ...]) -> None:
    (entry,) = entries(line)
    assert (entry.uris, entry.suite, entry.components) == ((uri,), suite, components)


def test_comments_are_skipped_and_invalid_lines_are_noted() -> None:
    found, notes = read_configuration(
        (("/etc/apt/sources.list", "# deb http://off.example x main\n\nrpm http://x.example y\ndeb onlyone\n"),)
    )
    assert not found
    assert [note.partition(": ")[0] for note in notes] == ["/etc/apt/sources.list:3", "/etc/apt/sources.list:4"]


def test_the_deb822_form_is_read() -> None:
    first, updates, security = entries(DEB822, "/etc/apt/sources.list.d/debian.sources")
    assert first.uris == ("https://one.example/debian", "https://two.example/debian")
    assert (first.suite, updates.suite, security.suite) == ("bookworm", "bookworm-updates", "bookworm-security")
    assert first.types == ("deb", "deb-src")
    assert first.keyrings == (RING,)
    assert security.origin.endswith(":8")


def test_disabled_and_incomplete_deb822_entries_are_skipped() -> None:
    text = "Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: x\nComponents: main\n\nTypes: deb\nSuites: y\n"
    found, notes = read_configuration((("/etc/apt/sources.list.d/a.sources", text),))
    assert not found
    assert len(notes) == 1


def test_an_embedded_key_is_read() -> None:
    text = """Types: deb
URIs: https://ppa.example/u
Suites: noble
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 =abcd
 -----END PGP PUBLIC KEY BLOCK-----
"""
    (entry,) = entries(text, "/etc/apt/sources.list.d/ppa.sources")
    assert entry.keys == ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n",)
    assert not entry.keyrings


def test_fingerprints_and_paths_are_read_together() -> None:
    (entry,) = entries("deb [signed-by=/a.gpg,0123456789abcdef0123456789ABCDEF01234567!] http://m.example d main")
    assert entry.keyrings == ("/a.gpg",)
    assert entry.fingerprints == ("0123456789ABCDEF0123456789ABCDEF01234567",)


def host(*texts: tuple[str, str], **more: object) -> HostFacts:
    release = ("/etc/os-release", 'ID=debian\nVERSION_CODENAME="bookworm"\n')
    return HostFacts(config_files=(release, *texts), keyrings=(RING, "/etc/apt/trusted.gpg.d/a.asc"), **more)


MODERN = ("/etc/apt/sources.list.d/debian.sources", DEB822)


def opened(facts: HostFacts, **settings: object) -> Debian:
    spec = SourceSpec("world", "debian", settings=tuple(sorted(settings.items())), span=Span("p.kdl", 1, 1))
    return open_source(spec, facts, NOW)


def refused(facts: HostFacts, **settings: object) -> tuple[Problem, ...]:
    with pytest.raises(Rejected) as caught:
        opened(facts, **settings)
    assert caught.value.kind == "profile"
    assert all(problem.span for problem in caught.value.problems)
    return caught.value.problems


def parts(source: Debian) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(place.suite, place.mirrors, place.optional) for place in source.suites]


ONE, TWO = "https://one.example/debian", "https://two.example/debian"


def test_the_release_of_the_host_has_its_pockets() -> None:
    source = opened(host(MODERN), suite="bookworm")
    assert parts(source) == [
        ("bookworm", (ONE, TWO), False),
        ("bookworm-updates", (ONE, TWO), False),
        ("bookworm-security", ("https://one.example/debian-security",), False),
    ]
    assert all(place.keyrings == (RING,) for place in source.suites)
    assert source.suites[0].components == ("main", "contrib")


def test_another_release_uses_the_mirror_of_the_host() -> None:
    assert parts(opened(host(MODERN), suite="trixie")) == [
        ("trixie", (ONE, TWO), False),
        ("trixie-updates", (ONE, TWO), True),
        ("trixie-security", ("https://one.example/debian-security",), True),
    ]


def test_a_vendors_repository_is_not_mistaken_for_debian() -> None:
    vendor = ("/etc/apt/sources.list.d/aaa.list", "deb [signed-by=/vendor.gpg] https://vendor.example/apt stable main\n")
    assert parts(opened(host(vendor, MODERN), suite="sid"))[0] == ("sid", (ONE, TWO), False)
    source = opened(host(vendor, MODERN), suite="stable")
    assert parts(source) == [("stable", ("https://vendor.example/apt",), False)]
    assert source.suites[0].keyrings == ("/vendor.gpg",)


def test_pockets_can_be_chosen() -> None:
    assert [place.suite for place in opened(host(MODERN), suite="bookworm", pockets="security").suites] == ["bookworm", "bookworm-security"]


def test_one_suite_in_two_entries_has_both_mirrors() -> None:
    text = "deb http://a.example/debian bookworm main\ndeb http://b.example/debian bookworm main contrib\n"
    (place,) = opened(host(("/etc/apt/sources.list", text)), suite="bookworm").suites
    assert place.mirrors == ("http://a.example/debian", "http://b.example/debian")
    assert place.components == ("main", "contrib")
    assert place.keyrings == ("/etc/apt/trusted.gpg.d/a.asc", RING)


def test_the_profiles_mirror_wins() -> None:
    source = opened(host(MODERN), suite="trixie", mirror="https://x.example/debian/ http://y.example/pub", components="main non-free")
    assert parts(source) == [
        ("trixie", ("https://x.example/debian", "http://y.example/pub"), False),
        ("trixie-updates", ("https://x.example/debian", "http://y.example/pub"), True),
        ("trixie-security", ("https://x.example/debian", "http://y.example/pub", "https://x.example/debian-security"), True),
    ]
    assert {place.components for place in source.suites} == {("main", "non-free")}


def test_the_profile_may_name_a_security_archive() -> None:
    source = opened(host(), suite="trixie", mirror="https://x.example/deb", security="https://s.example/sec")
    assert source.suites[2].mirrors == ("https://x.example/deb", "https://s.example/sec")


def test_the_environment_may_name_a_mirror() -> None:
    facts = HostFacts(environment=(("NIPSYS_DEBIAN_MIRROR", "https://env.example/debian"),), keyrings=(RING,))
    assert parts(opened(facts, suite="sid"))[0] == ("sid", ("https://env.example/debian",), False)


def test_without_configuration_the_hint_says_what_to_write() -> None:
    (problem,) = refused(HostFacts(keyrings=(RING,)), suite="trixie")
    assert problem.code == "no-mirror"
    assert "mirror=" in str(problem.hint)
    assert "NIPSYS_DEBIAN_MIRROR" in str(problem.hint)


def test_without_a_keyring_the_hint_says_what_to_write() -> None:
    facts = HostFacts(config_files=(("/etc/apt/sources.list", "deb http://a.example/debian trixie main"),))
    (problem,) = refused(facts, suite="trixie")
    assert problem.code == "no-keyring"
    assert "keyring=" in str(problem.hint)
    assert opened(facts, suite="trixie", signatures="none").suites[0].keyrings == ()


def test_unsigned_repositories_of_the_host_must_be_confirmed() -> None:
    facts = HostFacts(config_files=(("/etc/apt/sources.list", "deb [trusted=yes] http://a.example/local ./"),))
    (problem,) = refused(facts, suite="./")
    assert 'signatures="none"' in str(problem.hint)


def test_entries_for_other_architectures_are_ignored() -> None:
    text = "deb [arch=i386] http://a.example/debian bookworm main\ndeb http://b.example/debian bookworm main\n"
    (place,) = opened(host(("/etc/apt/sources.list", text)), suite="bookworm").suites
    assert place.mirrors == ("http://b.example/debian",)


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ('Acquire::Check-Valid-Until "false";', False),
        ('Acquire::Check-Valid-Until "true";', True),
        ('// Acquire::Check-Valid-Until "false";\n', True),
        ('acquire { http { Proxy "x;y"; }; check-date no; /* c */ };', False),
        ('Acquire::Check-Date "false"; Acquire::Check-Date "yes";', True),
        ('Other { "a"; "b"; }; Acquire::Check-Valid-Until', True),
    ],
)
def test_the_host_decides_whether_expiry_is_checked(text: str, checks: bool) -> None:
    facts = host(("/etc/apt/apt.conf.d/99own", text), MODERN)
    assert {place.checks_expiry for place in opened(facts, suite="bookworm").suites} == {checks}
    assert opened(facts, suite="bookworm", mirror="https://x.example").suites[0].checks_expiry


def test_the_profiles_keyring_wins_and_is_relative_to_it() -> None:
    spec = SourceSpec(
        "w", "debian", settings=(("keyring", "keys/own.gpg ~/k.asc /abs.gpg"), ("suite", "bookworm")), span=Span("etc/p.kdl", 1, 1)
    )
    facts = host(MODERN, environment=(("HOME", "/home/me"),))
    assert open_source(spec, facts, NOW).suites[0].keyrings == ("etc/keys/own.gpg", "/home/me/k.asc", "/abs.gpg")


def test_all_invalid_settings_are_reported_together() -> None:
    problems = refused(host(MODERN), signatures="maybe", colour="red", mirror="gopher://x.example")
    assert {problem.code for problem in problems} >= {"bad-setting", "unknown-setting", "missing-setting"}
    assert 'suite="bookworm"' in str(next(problem for problem in problems if problem.code == "missing-setting").hint)


def test_an_architecture_that_debian_lacks_is_refused() -> None:
    facts = HostFacts(arch="vax", config_files=(("/etc/apt/sources.list", DEB822),), keyrings=(RING,))
    assert "unknown-arch" in {problem.code for problem in refused(facts, suite="sid")}


PAST = (("NIPSYS_DEBIAN_SNAPSHOT", "https://past.example/debian/$snapshot"),)


def test_a_snapshot_comes_from_the_snapshot_archive() -> None:
    source = opened(host(MODERN, environment=PAST), suite="trixie", snapshot="2026-11-01")
    assert source.suites[0].mirrors == ("https://past.example/debian/20261101T235959Z",)
    assert source.suites[2].mirrors == ("https://past.example/debian-security/20261101T235959Z",)
    assert source.suites[0].keyrings
    own = opened(host(MODERN), suite="trixie", snapshot="2026-11-01T08:30:00Z", mirror="https://s.example/$snapshot/debian")
    assert own.suites[0].mirrors == ("https://s.example/20261101T083000Z/debian",)


def test_a_mirror_without_snapshots_is_refused() -> None:
    (problem,) = refused(host(MODERN), suite="trixie", snapshot="2026-11-01", mirror="https://x.example/debian")
    assert problem.code == "no-past"
    (problem,) = refused(host(MODERN), suite="trixie", snapshot="2026-11-01")
    assert "NIPSYS_DEBIAN_SNAPSHOT" in str(problem.hint)
    assert "$snapshot" in str(problem.hint)


def test_min_age_applies_to_all_but_security() -> None:
    source = opened(host(MODERN, environment=PAST), suite="trixie", **{"min-age": "7d"})
    assert parts(source) == [
        ("trixie", ("https://past.example/debian/20261114T000000Z",), False),
        ("trixie-updates", ("https://past.example/debian/20261114T000000Z",), True),
        ("trixie-security", ("https://one.example/debian-security",), True),
    ]
    assert refused(host(MODERN), suite="trixie", **{"min-age": "soon"})[0].code == "bad-setting"


def test_a_flat_repository_has_no_dists() -> None:
    source = opened(host(), suite="./", mirror="https://flat.example/repo", keyring="/k.gpg")
    assert [resource.urls for resource in source.ask()] == [("https://flat.example/repo/InRelease",)]
    source = opened(host(), suite="sub/dir/", mirror="https://flat.example/repo", keyring="/k.gpg")
    assert [resource.urls for resource in source.ask()] == [("https://flat.example/repo/sub/dir/InRelease",)]
