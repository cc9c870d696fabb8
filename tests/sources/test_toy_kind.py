"""A kind of source is one folder: with it, every command knows the kind; no file of the project is changed for it.

The folder is ``toy_kind/toy``. Its directory, or a zip file with the same content, is put on the path of ``nipsys.sources``.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "toy_kind"
START = """
import sys
import nipsys.sources
nipsys.sources.__path__.append(sys.argv.pop(1))
from nipsys.cli.main import main
sys.exit(main())
"""


def archive(name: str, version: str) -> bytes:
    file, script = io.BytesIO(), f"#!/bin/sh\necho {name} {version}\n".encode()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo(f"bin/{name}")
        member.size, member.mode = len(script), 0o755
        tar.addfile(member, io.BytesIO(script))
    return file.getvalue()


def publish(mirror: Path) -> None:
    mirror.mkdir()
    rows = []
    for name, version, *depends in (("train", "v9"), ("train", "v10", "track"), ("track", "v1"), ("ball", "v2")):
        data = archive(name, version)
        (mirror / f"{name}-{version}.tar").write_bytes(data)
        rows.append(" ".join((name, version, str(len(data)), f"sha256:{hashlib.sha256(data).hexdigest()}", *depends)))
    (mirror / "stable").write_text("\n".join(rows))


class Shop:
    """A machine with the kind ``toy``: the folder is in ``place``, a directory or a zip file."""

    def __init__(self, home: Path, place: Path) -> None:
        self.home, self.place = home, place

    def __call__(self, *words: str, code: int = 0) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "NIPSYS_ROOT": str(self.home / "root")}
        command = [sys.executable, "-c", START, str(self.place), *words]
        ran = subprocess.run(command, env=environment, cwd=self.home, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        return ran.stderr if code else ran.stdout

    def profile(self, source: str = 'source "toy"', packages: str = "train", settings: str = 'channel="stable"') -> str:
        text = f'profile "p" arch="x86_64"\n{source} mirror="file://{self.home}/mirror" {settings}\npackages {{\n    {packages}\n}}\n'
        (self.home / "p.kdl").write_text(text)
        return "p.kdl"


@pytest.fixture(params=["directory", "zip"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    publish(tmp_path / "mirror")
    if request.param == "directory":
        return Shop(tmp_path, FOLDER)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as file:
        for path in FOLDER.glob("toy/*.py"):
            file.write(path, path.relative_to(FOLDER))
    return Shop(tmp_path, tmp_path / "more.zip")


def test_it_is_listed_with_its_settings_and_the_programs_it_needs(shop: Shop) -> None:
    kinds = {row["kind"]: row for row in json.loads(shop("sources", "--json"))["kinds"]}
    assert list(kinds) == sorted(kinds)
    assert kinds["toy"]["help"] == "toys for tests"
    assert kinds["toy"]["missing"] == ["toymaker"]
    assert set(kinds["toy"]["settings"]) == {"mirror", "channel"}
    assert "versions are ordered as by toy makers; artifacts are of the format tar" in shop("sources", "show", "toy")


def test_it_is_locked_and_applied_and_its_programs_run(shop: Shop) -> None:
    shop("apply", shop.profile())
    lock = (shop.home / "p.lock.kdl").read_text()
    assert 'kind="toy"' in lock
    assert 'purl="pkg:toy/land/train@v10?arch=x86_64"' in lock
    assert '"toy/track"' in lock
    assert shop("run", "train") == "train v10\n"
    assert shop("status", "--json")


def test_its_packages_are_found_and_compared(shop: Shop) -> None:
    shop("lock", shop.profile())
    (row,) = json.loads(shop("info", "train", "--profile", "p.kdl", "--json"))
    assert (row["kind"], row["version"], row["side"]["libc"]) == ("toy", "v10", "musl")
    assert "train  v10" in shop("search", "--profile", "p.kdl", "called", "train")


def test_the_host_is_asked_for_what_the_kind_needs(shop: Shop) -> None:
    """Without a mirror in the profile, the toy's own configuration on the host names it; of that file only such lines are read."""
    (shop.home / ".toys").write_text(f"password 1234\nmirror file://{shop.home}/mirror\n")
    (shop.home / "p.kdl").write_text('profile "p" arch="x86_64"\nsource "toy" channel="stable"\npackages { train; }\n')
    shop("lock", "p.kdl")
    assert '"toy/train"' in (shop.home / "p.lock.kdl").read_text()


def test_a_package_is_installed_by_the_name_of_its_kind(shop: Shop) -> None:
    shop("apply", shop.profile())
    shop("install", "toy:ball")
    assert shop("run", "ball") == "ball v2\n"


def test_a_profile_that_insists_on_another_c_library_is_refused(shop: Shop) -> None:
    said = shop("lock", shop.profile('libc "glibc"\nsource "toy"'), code=1)
    assert 'the profile requires `libc "glibc"`, but `train` is only available for musl' in said


@pytest.mark.parametrize(
    ("source", "settings", "said"),
    [
        ('source "toy"', 'chanel="stable"', "did you mean `channel`?"),
        ('source "toy"', 'suite="stable"', "source `toy` of kind `toy` has no setting `suite`"),
        ('source "toyy"', 'channel="stable"', "did you mean `toy`?"),
        ('source "plaything" name="s"', 'channel="stable"', "did you mean `toy`?"),
        ('source "debian"', 'channel="stable"', "source `debian` has no setting `channel`"),
    ],
)
def test_mistakes_in_a_profile_are_reported_as_for_every_kind(shop: Shop, source: str, settings: str, said: str) -> None:
    assert said in shop("check", shop.profile(source, settings=settings), code=1)
