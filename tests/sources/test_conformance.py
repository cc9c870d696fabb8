"""The laws of the port, asked of every kind of source."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import BASE, LIES, Bench, Case

from nipsys.app.sync.indexes import sync_names
from nipsys.effects.web.fake import CannedResponse
from nipsys.effects.web.fetcher import OfflineWeb
from nipsys.model.package.record import PackageRecord, Snapshot
from nipsys.model.problem import Rejected
from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
from nipsys.model.system.profile import Profile
from nipsys.plan import make_plan
from nipsys.sources.kinds import KINDS
from nipsys.sources.port import Source


def named(records: list) -> frozenset[tuple[str, str]]:
    return frozenset((record.name, record.version) for record in records)


def written(case: Case, where: Path) -> str:
    """Put the mirror on disk; give its address."""
    for path, content in case.files.items():
        (where / path).parent.mkdir(parents=True, exist_ok=True)
        (where / path).write_bytes(content)
    return where.as_uri()


def test_reads_every_record(bench: Bench) -> None:
    synced, records = bench.sync()
    assert named(records) == bench.case.expect
    assert synced.changed
    assert synced.snapshot.source == "it"
    assert synced.snapshot.digest


def test_every_record_is_complete(bench: Bench) -> None:
    _, records = bench.sync()
    for record in records:
        assert all((record.name, record.version, record.format, record.location)), record
        assert record.arch in {"", "x86_64", "amd64", "noarch"}, record
        assert not bench.case.digests or record.digest.partition(":")[0] in {"blake3", "sha256", "sha512", "sha1", "md5"}, record
        assert not bench.case.sizes or record.size > 0, record
        assert list(record.facts) == sorted(record.facts), record
        assert all("\n" not in text for text in (*record.depends, *record.recommends, *record.provides, *record.conflicts)), record


def test_dialect_reads_what_the_records_say(bench: Bench) -> None:
    source = bench.case.open()
    _, records = bench.sync(source)
    dialect = source.dialect
    assert dialect.name
    for record in records:
        assert isinstance(dialect.sort_key(record.version), bytes)
        for text in (*record.depends, *record.recommends, *record.conflicts):
            assert dialect.parse_clause(text), text
        for text in record.provides:
            assert dialect.parse_provide(text).name
    with pytest.raises(ValueError, match=r"."):
        dialect.parse_clause("(((")


def test_equal_bytes_give_equal_answers(bench: Bench, tmp_path: Path) -> None:
    first, records = bench.sync()
    again = Bench(bench.case, str(tmp_path / "again"))
    second, others = again.sync()
    assert first.snapshot == second.snapshot
    assert records == others


def test_a_second_sync_reads_nothing(bench: Bench) -> None:
    first, records = bench.sync()
    second = sync_names(bench.case.open(), bench.case.names, bench.web(), bench.directory)
    if bench.case.open().complete:
        assert not second.changed
        fetched = {asked.url for asked in bench.transport.requests}
        assert not any(resource.digest and set(resource.urls) & fetched for resource in second.source.ask(bench.case.names))
    assert second.snapshot == first.snapshot
    assert list(second.to_batch().records) == records


def test_mirror_of_files(case: Case, tmp_path: Path) -> None:
    base = written(case, tmp_path / "mirror")
    synced = sync_names(case.open(base), case.names, OfflineWeb(), str(tmp_path / "indexes"))
    assert named(list(synced.to_batch().records)) == case.expect


def test_artifacts_are_what_the_index_says(bench: Bench, tmp_path: Path) -> None:
    source = bench.case.open()
    _, records = bench.sync(source)
    wanted = [source.artifact(record) for record in records]
    assert all(resource.urls and resource.limit > 0 for resource in wanted)
    assert all(url.startswith(BASE) for resource in wanted for url in resource.urls[:1])
    for record, resource in zip(records, wanted, strict=True):
        assert resource.digest == (record.digest or None) or not bench.case.digests
        assert source.container(record).format
    fetched = list(bench.web().fetch(wanted, str(tmp_path / "downloads")))
    assert {found.resource.role for found in fetched} == {resource.role for resource in wanted}
    assert all(found.path and os.path.getsize(found.path) for found in fetched)


def test_a_changed_artifact_is_refused(bench: Bench, tmp_path: Path) -> None:
    source = bench.case.open()
    _, records = bench.sync(source)
    if not bench.case.digests:
        pytest.skip(f"an index of {bench.case.kind} has no digests")
    wanted = source.artifact(records[0])
    for url in wanted.urls:
        found = bench.answers.get(url)
        if isinstance(found, bytes):
            bench.answers[url] = bytes([found[0] ^ 1]) + found[1:]
    with pytest.raises(Rejected) as refused:
        list(bench.web().fetch([wanted], str(tmp_path / "downloads")))
    assert refused.value.kind == "source"
    assert wanted.urls[0] in refused.value.problems[0].message + str(refused.value.problems[0].notes)
    assert not [name for name in os.listdir(tmp_path / "downloads") if not name.endswith(".part")]


def test_a_mirror_that_is_down_gives_way(case: Case, tmp_path: Path) -> None:
    if not case.mirrors:
        pytest.skip(f"{case.kind} names whole addresses")
    bench = Bench(case, str(tmp_path / "indexes"))
    down = "https://down.example"
    bench.serve({path: CannedResponse(status=0) for path in case.files}, down)
    both = replace(case, settings=lambda base: {**case.settings(base), "mirror": f"{down} {base}"})
    _, records = bench.sync(both.open())
    assert named(records) == case.expect


def test_an_older_state_is_refused(case: Case, tmp_path: Path) -> None:
    """Every kind refuses to go back, or its case says why it need not."""
    assert bool(case.older) != bool(case.undated)
    for number, (label, older) in enumerate(case.older.items()):
        bench = Bench(case, str(tmp_path / str(number)))
        bench.sync()
        seen = Path(bench.directory, "it", "state.json").read_text()
        bench.serve(older)
        with pytest.raises(Rejected) as refused:
            bench.sync()
        assert {problem.code for problem in refused.value.problems} <= {"old-snapshot", "vanished"}, label
        assert all(problem.span and problem.hint and BASE in problem.message for problem in refused.value.problems), label
        assert Path(bench.directory, "it", "state.json").read_text() == seen, label
        bench.serve(case.files)
        _, records = bench.sync()
        assert named(records) == case.expect, label


def test_the_past_is_remembered_when_other_questions_are_asked(case: Case, tmp_path: Path) -> None:
    """Names and ranges asked for, an interpreter, another mirror: none of them makes the past forgotten."""
    for number, (label, older) in enumerate(case.older.items()):
        bench = Bench(case, str(tmp_path / str(number)))
        bench.sync()
        for base in (BASE, "https://other.example"):
            bench.serve({**case.files, **older}, base)
        with pytest.raises(Rejected) as refused:
            sync_names(case.open(mirror="https://other.example"), case.other_names or case.names, bench.web(), bench.directory)
        assert {problem.code for problem in refused.value.problems} <= {"old-snapshot", "vanished"}, (label, refused.value.problems)


def test_the_past_may_be_asked_for(case: Case, tmp_path: Path) -> None:
    """``snapshot=`` says that an older state is wanted."""
    try:
        past = case.open(snapshot="2038-01-01")
    except Rejected as refused:
        # the past of this kind is a place of its own and this mirror is none, or there is no past to speak of
        assert "no past states" in str(refused) or refused.problems[0].code == "moot-setting"  # noqa: PT017
        return
    for number, (label, older) in enumerate(case.older.items()):
        bench = Bench(case, str(tmp_path / str(number)))
        bench.sync()
        bench.serve(older)
        found = refusal(bench, past)
        assert found is None or not {problem.code for problem in found.problems} & {"old-snapshot", "vanished"}, label


def test_a_state_from_after_the_day_asked_for_is_not_taken(case: Case, tmp_path: Path) -> None:
    """``snapshot=`` is a pin: what is newer is refused or left out, and never taken in its place in silence."""
    bench = Bench(case, str(tmp_path / "indexes"))
    try:
        source = case.open(snapshot="1999-12-31")
    except Rejected as refused:
        assert "no past states" in str(refused) or refused.problems[0].code == "moot-setting"  # noqa: PT017
        return
    found = refusal(bench, source)
    if found is None:
        assert not bench.records
        return
    assert {problem.code for problem in found.problems} <= {"not-that-day", "no-packages", "no-dates"}
    assert all(problem.span and problem.hint for problem in found.problems)
    assert BASE in str(found) + str([problem.notes for problem in found.problems])


def test_a_snapshot_that_is_no_day_is_refused(case: Case) -> None:
    with pytest.raises(Rejected) as refused:
        case.open(snapshot="yesterday")
    assert {problem.code for problem in refused.value.problems} <= {"bad-setting", "moot-setting", "no-past"}


def test_every_lie_is_tried_or_has_a_reason(case: Case) -> None:
    assert set(LIES) == set(LIES) & (set(case.refused) | set(case.beyond))
    assert not set(case.refused) & set(case.beyond)


def test_bad_mirrors_are_refused_by_name(case: Case, tmp_path: Path) -> None:
    for number, (label, (files, code)) in enumerate(case.refused.items()):
        bench = Bench(case, str(tmp_path / str(number)))
        bench.serve(files)
        refused = refusal(bench)
        assert refused is not None, f"{label} was taken"
        assert code in {problem.code for problem in refused.problems}, label
        assert all(problem.span is not None for problem in refused.problems), label
        assert BASE in str(refused) + str([problem.notes for problem in refused.problems]), label
        assert nothing_kept(bench), label


def test_a_host_that_answers_nothing_is_named(bench: Bench) -> None:
    indexed = {resource for resource in bench.case.open().ask(bench.case.names) if resource.urls}
    if not indexed:
        pytest.skip(f"{bench.case.kind} has no index")
    bench.answers = {url: CannedResponse(status=0) for url in bench.answers}
    with pytest.raises(Rejected) as refused:
        bench.sync()
    assert "mirror.example" in str(refused.value)
    assert all(problem.hint for problem in refused.value.problems)


COMMON = {
    "mirror": "https://other.example",
    "signatures": "none",
    "snapshot": "2026-11-01",
    "min-age": "7d",
    "keyring": "/etc/keys/one.gpg",
    "key": "one",
}


def test_common_settings_are_taken_or_refused_with_a_reason(case: Case) -> None:
    """No setting that looks like a guard is passed over in silence."""
    known = KINDS[case.kind].settings
    assert {"mirror", "signatures", "snapshot", "min-age"} <= set(known)
    assert {"keyring", "key"} & set(known)
    for name, value in COMMON.items():
        problems = []
        try:
            case.open(**{name: value})
        except Rejected as refused:
            problems = [problem for problem in refused.problems if f"`{name}`" in problem.message]
        assert not [problem for problem in problems if problem.code == "unknown-setting"] or name not in known, (name, problems)
        assert all(problem.hint and problem.span for problem in problems), (name, problems)


def test_several_mirrors_are_tried_in_order(case: Case) -> None:
    """Every address of the first comes before every address of the second, for indexes and packages alike."""
    first, second = "https://first.example", "https://second.example"
    key = "mirror" if case.mirrors else "url"
    own = str(dict(case.settings(first)).get(key, first)), str(dict(case.settings(second)).get(key, second))
    source = case.open(first, **{key: " ".join(own), "keyring": None if case.kind == "npm" else case.settings(first).get("keyring")})
    asked = [resource.urls for resource in source.ask(case.names) if any(url.startswith(second) for url in resource.urls)]
    asked.append(source.artifact(PackageRecord("hello", "1", "", digest="sha256:0", location="hello")).urls)
    for urls in asked:
        assert urls[0].startswith(first)
        assert urls[-1].startswith(second)
        places = [url.startswith(second) for url in urls]
        assert places == sorted(places)


def test_unsigned_is_said_in_every_plan(case: Case) -> None:
    """``signatures="none"``, and kinds that nobody signs: the plan names the source each time."""
    try:
        source = case.open(signatures="none", keyring=None, key=None, fingerprints=None)
    except Rejected as refused:
        assert [problem.code for problem in refused.problems] == ["moot-setting"]  # noqa: PT017 - said by the setting's own reason
        return
    package = LockedPackage("it", "hello", "1")
    lock = Lock("p", "", "x86_64", (LockedSource("it", case.kind, Snapshot("it", "sha256:0")),), (package,))
    (note,) = make_plan(Profile("p", "x86_64", sources=(source.spec,)), lock, None, lambda _: None).notes
    assert "`it`" in note


def test_a_rule_for_signatures_that_does_not_exist_is_refused(case: Case) -> None:
    with pytest.raises(Rejected) as refused:
        case.open(signatures="maybe")
    assert {problem.code for problem in refused.value.problems} <= {"bad-setting", "moot-setting"}
    assert refused.value.problems


def test_what_is_younger_than_min_age_is_held_back(case: Case, tmp_path: Path) -> None:
    """No kind shows a young release when an old one is asked for: it is held back, or the kind says that it has no dates."""
    bench = Bench(case, str(tmp_path / "indexes"))
    try:
        source = case.open(**{"min-age": "5000w"})
    except Rejected as refused:
        assert {problem.code for problem in refused.problems} <= {"moot-setting", "no-past"} or "no past states" in str(refused)  # noqa: PT017
        return
    found = refusal(bench, source)
    if found is None:
        assert not bench.records
    else:
        assert {problem.code for problem in found.problems} <= {"no-dates", "no-packages"}


def test_an_unknown_setting_is_refused(case: Case) -> None:
    with pytest.raises(Rejected) as refused:
        case.open(colour="green")
    assert refused.value.kind == "profile"
    assert [problem.code for problem in refused.value.problems] == ["unknown-setting"]
    assert refused.value.problems[0].span is not None
    assert refused.value.problems[0].hint


def test_offline_says_so_and_keeps_what_is_there(bench: Bench) -> None:
    bench.sync()
    if not any(resource.urls for resource in bench.case.open().ask(bench.case.names)):
        pytest.skip(f"{bench.case.kind} needs no network to sync")
    before = Path(bench.directory, "it", "state.json").read_text()
    with pytest.raises(Rejected) as refused:
        sync_names(bench.case.open(), bench.case.names, OfflineWeb(), bench.directory)
    assert {problem.code for problem in refused.value.problems} == {"offline"}
    assert Path(bench.directory, "it", "state.json").read_text() == before


def refusal(bench: Bench, source: Source | None = None) -> Rejected | None:
    """Sync, and give the refusal if there is one."""
    try:
        bench.sync(source)
    except Rejected as refused:
        return refused
    return None


def nothing_kept(bench: Bench) -> bool:
    """Return whether no state counts as seen."""
    return not Path(bench.directory, "it", "state.json").exists()


def index_addresses(case: Case, tmp_path: Path) -> list[str]:
    """Return the addresses a sync really reads."""
    bench = Bench(case, str(tmp_path / "probe"))
    bench.sync()
    return sorted({asked.url for asked in bench.transport.requests if asked.url in bench.answers})


@pytest.mark.parametrize("fault", ["truncated", "flipped", "endless", "circle", "drip", "gone", "empty"])
def test_hostile_mirror(case: Case, tmp_path: Path, fault: str) -> None:
    """Every address of the index in turn misbehaves: the answer is the same as ever, or a refusal that names the address."""
    for number, url in enumerate(index_addresses(case, tmp_path)):
        bench = Bench(case, str(tmp_path / f"indexes{number}"))
        body = bench.answers[url]
        assert isinstance(body, bytes)
        bench.answers[url] = misbehaving(fault, body, url, bench)
        refused = refusal(bench)
        if refused is not None:
            assert refused.kind == "source"
            assert any(url in part for problem in refused.problems for part in (problem.message, *problem.notes)), (url, refused.problems)
            assert nothing_kept(bench)
        else:
            assert fault == "gone" or not case.sealed or named(bench.records) == case.expect, (fault, url)
            assert fault not in {"endless", "circle", "drip"} or served_elsewhere(bench, url), (fault, url)


def served_elsewhere(bench: Bench, url: str) -> bool:
    """Return whether the bytes of an address came from another one after all."""
    return any(
        asked.url != url and bench.answers.get(asked.url) == bench.case.files.get(url.removeprefix(f"{BASE}/"))
        for asked in bench.transport.requests
    )


def misbehaving(fault: str, body: bytes, url: str, bench: Bench) -> CannedResponse:
    middle = len(body) // 2

    def endless() -> object:
        while True:
            yield b"x" * 65536

    def drip() -> object:
        for place in range(len(body)):
            bench.pace.sleep(5)
            yield body[place : place + 1]

    match fault:
        case "truncated":
            return CannedResponse(body[:middle], headers={"content-length": str(len(body))})
        case "flipped":
            return CannedResponse(body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])
        case "endless":
            return CannedResponse(endless)
        case "circle":
            return CannedResponse(status=302, headers={"location": url})
        case "drip":
            return CannedResponse(drip)
        case "gone":
            return CannedResponse(status=404)
        case _:
            return CannedResponse(b"")


def test_state_is_readable_text(bench: Bench) -> None:
    bench.sync()
    state = json.loads(Path(bench.directory, "it", "state.json").read_text())
    assert state["snapshot"]["source"] == "it"
    state_path = Path(bench.directory, "it", "state.json")
    state_path.write_text("{ damaged")
    synced, _ = bench.sync()
    assert synced.changed


def test_the_resolver_knows_who_is_asked_by_name(case: Case) -> None:
    assert case.open().complete is KINDS[case.kind].complete


def test_spec_is_kept(case: Case) -> None:
    source: Source = case.open()
    assert source.spec == case.spec()
