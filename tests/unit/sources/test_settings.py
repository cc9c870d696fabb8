"""Settings that all kinds of sources share; a setting that a kind does not support is refused with the reason."""

import pytest

from nipsys.model.host import HostFacts
from nipsys.model.problem import Problem, Rejected
from nipsys.model.span import Span
from nipsys.model.system.profile import SettingValue, SourceSpec
from nipsys.sources.common.mirrors import join_location, read_addresses, resolve_path
from nipsys.sources.common.settings import check_arch, check_unsupported, format_unix_time, is_withheld, make_relative, read_version_count
from nipsys.sources.kinds import open_source

URL = (("digest", "sha256:" + "0" * 64), ("url", "https://one.example/a-1.0"))


def spec(kind: str = "url", **settings: SettingValue) -> SourceSpec:
    return SourceSpec("it", kind, settings=tuple(sorted((key.replace("_", "-"), value) for key, value in settings.items())))


def test_mirrors_of_a_single_file_come_after_its_address() -> None:
    source = open_source(SourceSpec("it", "url", settings=(*URL, ("mirror", "https://two.example/a-$version file:///a"))), HostFacts(), "")
    (record,) = source.read(source.ask()[0], None).records
    assert source.artifact(record).urls == ("https://one.example/a-1.0", "https://two.example/a-1.0", "file:///a")


@pytest.mark.parametrize("name", ["keyring", "key", "signatures", "snapshot", "min-age"])
def test_a_setting_without_effect_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        open_source(SourceSpec("it", "url", settings=(*URL, (name, "7d"))), HostFacts(), "")
    assert [problem.code for problem in refused.value.problems] == ["moot-setting"]
    assert "digest" in refused.value.problems[0].message


def test_only_settings_that_are_set_are_refused() -> None:
    assert check_unsupported(spec(mirror="x"), {"key": "it is not signed"}) == []
    assert [problem.message for problem in check_unsupported(spec(key="x"), {"key": "it is not signed"})] == [
        "`key` has no effect on the source `it`: it is not signed"
    ]


def test_an_unsupported_machine_is_refused() -> None:
    assert check_arch(spec(), HostFacts("x86_64"), ("x86_64",), "Nobody") == []
    (problem,) = check_arch(spec(), HostFacts("vax"), ("x86_64", "aarch64"), "Nobody")
    assert (problem.code, problem.hint) == ("unknown-arch", "its machines are `x86_64`, `aarch64`")


@pytest.mark.parametrize(("given", "most", "wrong"), [(None, 6, 0), (3, 3, 0), (0, 6, 1), (True, 6, 1), ("many", 6, 1)])
def test_the_number_of_versions_considered_is_a_setting(given: SettingValue, most: int, wrong: int) -> None:
    problems: list[Problem] = []
    assert read_version_count(spec("pypi", **({} if given is None else {"versions": given})), 6, problems) == most
    assert len(problems) == wrong


@pytest.mark.parametrize(
    ("when", "limit", "held"),
    [
        ("2026-11-20T08:00:00Z", "", False),
        ("", "", False),
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z", False),
        ("2026-11-20T08:00:01Z", "2026-11-20T08:00:00Z", True),
        ("", "2026-11-20T08:00:00Z", True),
        ("some day", "2026-11-20T08:00:00Z", True),
    ],
)
def test_packages_that_may_be_too_young_are_left_out(when: str, limit: str, held: object) -> None:
    assert is_withheld(when, limit) is held


@pytest.mark.parametrize(("seconds", "moment"), [("1763500000", "2025-11-18T21:06:40Z"), ("", ""), ("-1", ""), ("x", ""), ("9" * 400, "")])
def test_times_of_an_index_are_read(seconds: str, moment: str) -> None:
    assert format_unix_time(seconds) == moment


@pytest.mark.parametrize(
    ("path", "profile", "place"),
    [
        ("keys/a", "p.kdl", "/there/keys/a"),
        ("../keys/a", "profiles/p.kdl", "/there/profiles/../keys/a"),
        ("keys/a", "/etc/p.kdl", "/etc/keys/a"),
        ("keys/a", "", "/there/keys/a"),
        ("/keys/a", "profiles/p.kdl", "/keys/a"),
        ("~/a", "profiles/p.kdl", "/home/me/a"),
    ],
)
def test_a_path_in_the_profile_must_be_valid_in_an_address(path: str, profile: str, place: str) -> None:
    host = HostFacts(environment=(("HOME", "/home/me"),), working_directory="/there")
    assert resolve_path(path, SourceSpec("it", "url", span=Span(profile, 1, 1) if profile else None), host) == place


@pytest.mark.parametrize("address", ["http://me:s3cret@[::1", "http://me:s3cret@h:x", "ftp://me:s3cret@h.example"])
def test_an_address_that_cannot_be_fetched_is_refused_where_it_is_written(address: str) -> None:
    problems: list[Problem] = []
    assert read_addresses(spec(mirror=f"https://good.example/ {address}/"), "mirror", problems)[0] == "https://good.example"
    (problem,) = problems
    assert problem.code == "bad-address"
    assert "s3cret" not in problem.message


def test_a_location_that_is_not_valid_is_left_to_the_fetch() -> None:
    assert make_relative("http://[::1/x", ["https://a.example"]) == "http://[::1/x"
    assert make_relative("https://a.example/x", ["http://[::1"]) == "https://a.example/x"
    assert join_location("https://a.example/b", "http://[::1/x") == "http://[::1/x"
    assert join_location("https://a.example/b", "../c") == "https://a.example/c"
