"""Binary packages made by portage in both forms: listed, fetched, unpacked, and compared with what portage itself installs."""

from pathlib import Path

import portage_maker
import pytest
from grafting import merged, named, opened, records, stored
from portage_maker import Built
from tools import contents

from nipsys.model.package.record import Atom
from nipsys.model.problem import Rejected


@pytest.fixture(scope="module", params=["gpkg", "xpak"])
def built(request: pytest.FixtureRequest, portage_python: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return portage_maker.make(tmp_path_factory.mktemp(request.param).resolve(), portage_python, request.param)


def test_the_index_is_read_as_portage_wrote_it(built: Built, tmp_path: Path) -> None:
    source = opened("gentoo", mirror=built.packages.as_uri(), signatures="none", prefix=str(built.prefix))
    found = records(source, tmp_path)
    assert sorted((one.name, one.version) for one in found) == [("app-misc/np-greet:2", "1.0-r1"), ("app-misc/np-hello", "2.0")]
    greet, hello = named(found, "app-misc/np-greet:2"), named(found, "app-misc/np-hello")
    assert greet.flags == ("-calm", "+loud")
    assert "app-misc/np-greet:2/7=1.0-r1" in greet.provides
    assert hello.flags == ("-doc",)
    assert [source.dialect.parse_clause(need) for need in hello.depends] == [(Atom("app-misc/np-greet:2/7", ">=", "1", flags=("+loud",)),)]


def test_trees_are_what_portage_installs(built: Built, tmp_path: Path) -> None:
    source = opened("gentoo", mirror=built.packages.as_uri(), signatures="none", prefix=str(built.prefix))
    ours = merged(stored(source, record, tmp_path / "root") for record in records(source, tmp_path))
    theirs = contents(built.prefix, ("etc", "var", "share", "tmp"))
    assert {path: entry for path, entry in ours.items() if entry[0] != "directory"} == {
        path: entry for path, entry in theirs.items() if entry[0] != "directory"
    }
    assert {"usr/bin/hello-np", "usr/bin/hello-link", "usr/share/greet/word"} <= ours.keys()


def test_a_package_passed_off_as_another_is_refused(built: Built, tmp_path: Path) -> None:
    source = opened("gentoo", mirror=built.packages.as_uri(), signatures="none", prefix=str(built.prefix))
    found = records(source, tmp_path)
    greet, hello = named(found, "app-misc/np-greet:2"), named(found, "app-misc/np-hello")
    with pytest.raises(Rejected, match=r"is `app-misc/np-greet-1\.0-r1`, not `app-misc/np-hello-2\.0`"):
        stored(source, hello._replace(location=greet.location, size=greet.size, digest=greet.digest), tmp_path / "root")


def test_a_package_cut_short_or_altered_inside_is_refused(built: Built, tmp_path: Path) -> None:
    source = opened("gentoo", mirror=f"{tmp_path.as_uri()}/mirror", signatures="none", prefix=str(built.prefix))
    whole = records(opened("gentoo", mirror=built.packages.as_uri(), signatures="none", prefix=str(built.prefix)), tmp_path)
    hello = named(whole, "app-misc/np-hello")._replace(digest="", size=0)
    honest = (built.packages / hello.location).read_bytes()
    place = tmp_path / "mirror" / hello.location
    place.parent.mkdir(parents=True)
    middle = honest.find(b"SHA512 ") + 9 if hello.format == "gpkg" else 60
    for number, bad in enumerate((honest[: len(honest) // 3], honest[:middle] + bytes([honest[middle] ^ 1]) + honest[middle + 1 :])):
        place.write_bytes(bad)
        with pytest.raises(Rejected) as caught:
            stored(source, hello, tmp_path / str(number))
        assert caught.value.kind == "source"
