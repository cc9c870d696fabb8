"""apt and nipsys read the same repositories; what apt lists, chooses and refuses is what nipsys lists, chooses and refuses."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from debian_maker import Deb, Repository, Signer, make_source, need_tools
from private_apt import Apt, Available

sys.path.insert(0, str(Path(__file__).parent / "worlds"))

from grafting import stored
from tools import contents

from nipsys.app.context import Context
from nipsys.app.source_builds.source_packages import fetch_source
from nipsys.app.sync.indexes import sync_names
from nipsys.effects.clock import FixedClock
from nipsys.effects.host.facts import read_host_facts
from nipsys.effects.web.fetcher import Fetcher, FetchPolicy
from nipsys.model.event import ignore_event
from nipsys.model.host import HostFacts
from nipsys.model.layout import Layout
from nipsys.model.package.record import PackageRecord
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.debian.source import Debian, open_source
from nipsys.sources.kinds import host_needs_of
from nipsys.versions import debian

NOW = "2026-11-21T00:00:00Z"
BASE = [
    Deb(
        "tool",
        "1.0-1",
        fields={"Depends": "libtool2 (>= 1:2) | libtool3,\n libc-any:any", "Section": "utils", "Homepage": "https://tool.example"},
    ),
    Deb(
        "libtool2", "1:2.4~rc1-1+b1", fields={"Provides": "tool-api (= 2), tool-abi", "Multi-Arch": "same", "Source": "tool (1:2.4~rc1-1)"}
    ),
    Deb("tool-doc", "1.0-1", "all"),
    Deb("base", "12", fields={"Essential": "yes", "Pre-Depends": "libc-any", "Conflicts": "old-base", "Breaks": "tool (<< 0.5)"}),
    Deb("odd+name.1", "0.1+really2~3.4-5.6", fields={"Recommends": "tool"}),
]
SECURITY = [Deb("tool", "1.0-1+deb12u1"), Deb("tool-doc", "1.0-1+deb12u1", "all")]
UPDATES = [Deb("base", "12.1")]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    need_tools()
    key = Signer(tmp_path_factory.mktemp("key"))
    yield key
    key.close()


def read(source: Debian, where: Path) -> list[PackageRecord]:
    """Sync without HTTP delays, and give the records."""
    return list(sync_names(source, (), Fetcher(patience=FetchPolicy(attempts=1)), str(where)).to_batch().records)


def told(records: list[PackageRecord]) -> set[Available]:
    return {
        Available(record.name, record.version, record.arch or "all", record.digest.removeprefix("sha256:"), record.size, record.location)
        for record in records
    }


def chosen(records: list[PackageRecord]) -> dict[str, str]:
    newest: dict[str, str] = {}
    for record in records:
        newest[record.name] = max(newest.get(record.name, record.version), record.version, key=debian.sort_key_of)
    return newest


def host(name: str, text: str) -> HostFacts:
    return HostFacts(config_files=((f"/etc/apt/sources.list.d/{name}", text),))


def opened(facts: HostFacts, suite: str, **settings: object) -> Debian:
    return open_source(SourceSpec("world", "debian", settings=tuple(sorted({"suite": suite, **settings}.items()))), facts, NOW)


def agree(tmp_path: Path, name: str, text: str, suite: str) -> list[PackageRecord]:
    """Read one configuration with both; compare what there is, what is chosen, and where it is fetched."""
    apt = Apt(tmp_path / "apt", {name: text})
    apt.run("apt-get", "update")
    source = opened(host(name, text), suite)
    records = read(source, tmp_path / "indexes")
    assert told(records) == apt.available()
    ours = chosen(records)
    assert ours == apt.versions(sorted(ours))
    for record in records:
        if ours[record.name] == record.version:
            address, size, digest = apt.candidate(record.name)
            artifact = source.artifact(record)
            assert unquote(artifact.urls[0]).replace("file:///", "file:/") == unquote(address).replace("file:///", "file:/")
            assert (artifact.size, artifact.digest) == (size, f"sha256:{digest}")
    return records


def deb822(root: str, key: str) -> tuple[str, str]:
    first = f"Types: deb\nURIs: file://{root}\nSuites: here here-updates\nComponents: main extra\nSigned-By: {key}\n"
    return "own.sources", f"{first}\nTypes: deb\nURIs: file://{root}/\nSuites: here-security\nComponents: main\nSigned-By: {key}\n"


def one_line(root: str, key: str) -> tuple[str, str]:
    lines = [f"deb [arch=amd64 signed-by={key}] file://{root} {suite} main # c\n" for suite in ("here", "here-updates", "here-security")]
    return "own.list", "".join(lines) + f"deb [signed-by={key}] file://{root} here extra\n"


FORMS: dict[str, Callable[[str, str], tuple[str, str]]] = {"deb822": deb822, "one line": one_line}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ends", [("", ".xz"), (".gz",), (".xz",), (".zst",), ("",)], ids=str)
def test_a_suite_with_its_pockets(tmp_path: Path, signer: Signer, form: str, ends: tuple[str, ...]) -> None:
    if ends == (".zst",) and form == "one line":
        pytest.skip("apt's own choice of compressions is the same for both forms")
    repository = Repository(tmp_path / "mirror", signer)
    repository.publish("here", {"main": BASE, "extra": [Deb("more", "3:1")]}, compressions=ends)
    repository.publish("here-updates", {"main": UPDATES, "extra": []}, compressions=ends, by_hash=False)
    repository.publish("here-security", SECURITY, compressions=ends)
    records = agree(tmp_path, *FORMS[form](str(repository.root), str(signer.keyring)), "here")
    assert chosen(records)["tool"] == "1.0-1+deb12u1"
    assert chosen(records)["base"] == "12.1"


def test_architecture_all_may_have_separate_lists(tmp_path: Path, signer: Signer) -> None:
    repository = Repository(tmp_path / "mirror", signer)
    repository.publish("here", BASE, separate_all=True)
    agree(tmp_path, "a.list", f"deb [signed-by={signer.keyring}] file://{repository.root} here main\n", "here")


@pytest.mark.parametrize("suite", ["./", "sub/dir/"])
def test_a_flat_repository_has_no_dists(tmp_path: Path, signer: Signer, suite: str) -> None:
    repository = Repository(tmp_path / "mirror", signer)
    repository.publish(suite, BASE)
    agree(tmp_path, "flat.list", f"deb [signed-by={signer.keyring}] file://{repository.root} {suite}\n", suite)


def test_an_embedded_key_and_a_detached_signature(tmp_path: Path, signer: Signer) -> None:
    repository = Repository(tmp_path / "mirror", signer)
    repository.publish("noble", BASE, inline=False)
    key = "".join(f" {line or '.'}\n" for line in signer.armoured.read_text().splitlines())
    text = f"Types: deb\nURIs: file://{repository.root}\nSuites: noble\nComponents: main\nSigned-By:\n{key}"
    agree(tmp_path, "ppa.sources", text, "noble")


def test_both_refuse_the_same(tmp_path: Path, signer: Signer) -> None:
    other = Signer(tmp_path / "other", "other")
    bad = {
        "wrong key": {"signer": other},
        "expired": {"until": "2020-01-01T00:00:00Z"},
        "from the future": {"date": "2036-01-01T00:00:00Z"},
    }
    for number, (label, options) in enumerate(bad.items()):
        repository = Repository(tmp_path / f"mirror{number}", signer)
        repository.publish("here", BASE, **options)
        text = f"deb [signed-by={signer.keyring}] file://{repository.root} here main\n"
        assert Apt(tmp_path / f"apt{number}", {"a.list": text}).refuses_update(), label
        with pytest.raises(Rejected):
            read(opened(host("a.list", text), "here"), tmp_path / f"indexes{number}")
    other.close()


def test_what_the_host_does_not_check_is_not_checked(tmp_path: Path, signer: Signer) -> None:
    repository = Repository(tmp_path / "mirror", signer)
    repository.publish("here", BASE, until="2020-01-01T00:00:00Z")
    agree(tmp_path, "a.list", f"deb [check-valid-until=no signed-by={signer.keyring}] file://{repository.root} here main\n", "here")


def test_source_packages(tmp_path: Path, signer: Signer) -> None:
    """The files apt would fetch for a source, by its own name or by that of a package built from it."""
    repository = Repository(tmp_path / "mirror", signer)
    pool = repository.root / "pool/main/h"
    made = [make_source(tmp_path / "work", pool, "hello-src", version, "hello-bin") for version in ("1.0", "1.10", "1.9")]
    repository.publish("here", BASE, sources=made)
    text = f"deb [signed-by={signer.keyring}] file://{repository.root} here main\n"
    apt = Apt(tmp_path / "apt", {"a.list": text + text.replace("deb ", "deb-src ")})
    apt.run("apt-get", "update")
    layout = Layout(str(tmp_path / "root"))
    site = Context(layout, Fetcher(patience=FetchPolicy(attempts=1)), FixedClock(), ignore_event, str(tmp_path))
    source = opened(host("a.list", text), "here")
    for wanted in ("hello-src", "hello-bin"):
        paths = fetch_source(site, source, wanted, None, str(tmp_path / wanted))
        told = apt.run("apt-get", "--print-uris", "--download-only", "source", wanted)
        theirs = {tuple(line.split()[:3]) for line in told.splitlines() if line.startswith("'")}
        names = {(name, size) for _, name, size in theirs}
        assert {(os.path.basename(path), str(os.path.getsize(path))) for path in paths} == names
        assert os.path.basename(paths[0]) == "hello-src_1.10.dsc"
        assert all(Path(path).read_bytes() == (pool / os.path.basename(path)).read_bytes() for path in paths)
    older = fetch_source(site, source, "hello-src", "1.9", str(tmp_path / "older"))
    assert os.path.basename(older[0]) == "hello-src_1.9.dsc"
    with pytest.raises(Rejected) as caught:
        fetch_source(site, source, "nothing", None, str(tmp_path / "none"))
    assert caught.value.problems[0].code == "unknown-package"
    (pool / "hello-src_1.10.tar.xz").write_bytes(b"other")
    shutil.rmtree(layout.downloads)
    with pytest.raises(Rejected):
        fetch_source(site, source, "hello-src", None, str(tmp_path / "bad"))
    assert not (tmp_path / "bad").exists()
    (pool / "hello-src_1.10.tar.xz").unlink()
    with pytest.raises(Rejected) as caught:
        fetch_source(site, source, "hello-src", None, str(tmp_path / "gone"))
    assert caught.value.problems[0].code == "not-found"
    assert "`--version`" in str(caught.value.problems[0].hint)
    assert "lock" not in str(caught.value.problems[0].hint)


@pytest.mark.parametrize("compression", ["xz", "zstd", "gzip", "none"])
def test_a_tree_is_what_dpkg_installs(tmp_path: Path, signer: Signer, compression: str) -> None:
    """File by file: content, programs, links of both kinds, empty directories, names with spaces; dpkg's own records aside."""
    if not shutil.which("fakeroot"):
        pytest.skip("missing: `fakeroot` (install fakeroot)")
    repository = Repository(tmp_path / "mirror", signer)
    odd = Deb(
        "odd",
        "1:2.0-1",
        fields={"Section": "misc"},
        files={
            "usr/bin/odd": b"#!/bin/sh\necho odd\n",
            "usr/share/odd/a file with spaces and \u00fcn\u00efcode": b"words\n",
            "usr/share/odd/large": bytes(range(256)) * 2000,
            "etc/odd.conf": b"polite=yes\n",
        },
        links={"usr/bin/again": "odd", "usr/share/odd/there": "/etc/odd.conf"},
        twins={"usr/share/odd/twin": "usr/share/odd/large"},
        directories=("var/lib/odd",),
        compression=compression,
    )
    repository.publish("here", [odd])
    source = opened(host("a.list", f"deb [signed-by={signer.keyring}] file://{repository.root} here main\n"), "here")
    (record,) = read(source, tmp_path / "indexes")
    ours = contents(stored(source, record, tmp_path / "root"), (".package",))
    real = tmp_path / "real"
    (real / "var/lib/dpkg").mkdir(parents=True)
    (real / "var/lib/dpkg/status").touch()
    (file,) = repository.root.rglob("*.deb")
    command = [
        "fakeroot",
        "dpkg",
        f"--root={real}",
        f"--log={tmp_path}/log",
        "--force-not-root",
        "--force-bad-path",
        "--install",
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True)
    theirs = {path: entry for path, entry in contents(real, ("var/lib/dpkg",)).items() if path != "var/log"}
    assert ours == theirs
    assert {"usr/bin/again", "usr/share/odd/twin", "var/lib/odd", "etc/odd.conf"} <= ours.keys()
    assert ours["usr/bin/odd"] == ("file", (b"#!/bin/sh\necho odd\n", True))


@pytest.mark.network
def test_the_real_archive_as_the_host_is_set_to_use_it(tmp_path: Path) -> None:
    """The newest of every package of the host's own release, pockets included: the same set, digest and size as apt's."""
    facts = read_host_facts("x86_64", host_needs_of(["debian"]))
    texts = {path: text for path, text in facts.config_files if path.startswith("/etc/apt/sources.list.d/debian")}
    release = dict(line.split("=", 1) for line in (facts.get_text("/etc/os-release") or "").splitlines() if "=" in line)
    suite = release.get("VERSION_CODENAME", "")
    if not texts or not suite or not facts.keyrings:
        pytest.skip("this host's apt is not set to use a Debian archive in `sources.list.d/debian*`")
    from nipsys.effects.clock import SystemClock

    source = open_source(SourceSpec("world", "debian", settings=(("suite", suite), ("valid-until", False))), facts, SystemClock().now())
    records = read(source, tmp_path / "indexes")
    apt = Apt(tmp_path / "apt", {path.rpartition("/")[2]: text for path, text in texts.items()})
    apt.run("apt-get", "-o", "Acquire::Check-Date=false", "update")
    newest = chosen(records)
    ours, theirs = ({available[:5] for available in found} for found in (told(records), apt.newest()))
    assert len(theirs) == len(newest) > 10_000
    assert {available for available in ours if newest[available[0]] == available[1]} == theirs
    names = sorted(newest)[::97]
    assert {name: newest[name] for name in names} == apt.versions(names)
