"""The kinds of sources are found by their folders, and what is known of each is one value."""

import subprocess
import sys
from pathlib import Path

import pytest

from nipsys.model import HostFacts, Rejected
from nipsys.model.system import SourceSpec, Traits
from nipsys.sources.kinds import KINDS, find_host_source, open_source, traits_of
from nipsys.store.formats.table import find_reader

PURLS = {
    "alpine": "apk/alpine",
    "debian": "deb/debian",
    "gentoo": "ebuild/gentoo",
    "nix": "nix",
    "npm": "npm",
    "pacman": "alpm/arch",
    "pkgsrc": "pkgsrc",
    "pypi": "pypi",
    "recipes": "generic",
    "url": "generic",
}
PREFIXES = {"nix": "/nix/store", "npm": "/opt/nipsys/npm", "pkgsrc": "/usr/pkg", "pypi": "/opt/nipsys/pypi"}


def test_every_folder_with_traits_is_a_kind() -> None:
    assert list(KINDS) == sorted(PURLS)
    assert len(KINDS) == len(PURLS)
    assert "common" not in KINDS


def test_what_reaches_locks_and_stores_does_not_change() -> None:
    assert {kind: traits.purl for kind, traits in KINDS.items()} == PURLS
    assert {kind: traits.prefix for kind, traits in KINDS.items() if traits.prefix} == PREFIXES


@pytest.mark.parametrize("name", ["", "common", "kinds", "none", "a.b", "../x", "debian.traits"])
def test_another_name_is_not_a_kind(name: str) -> None:
    assert name not in KINDS
    assert traits_of(name) == Traits()
    with pytest.raises(Rejected, match="unknown kind of source"):
        open_source(SourceSpec("s", name), HostFacts(), "")


@pytest.mark.parametrize("kind", sorted(PURLS))
def test_artifacts_are_of_formats_that_the_store_reads(kind: str) -> None:
    traits = KINDS[kind]
    assert bool(traits.formats) is not traits.built
    assert all(find_reader(name) for name in traits.formats)
    assert traits.help
    assert traits.version_order
    assert all(traits.settings.values())


def test_a_broken_kind_is_not_taken_for_a_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nipsys.sources

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/__init__.py").touch()
    (tmp_path / "broken/traits.py").write_text("import a_module_that_is_missing\n")
    monkeypatch.setattr(nipsys.sources, "__path__", [*nipsys.sources.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_missing"):
        KINDS["broken"]


def test_traits_are_read_without_the_source() -> None:
    program = "import sys; from nipsys.sources.kinds import KINDS; dict(KINDS); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("nipsys.sources.") and name.endswith((".source", ".dialect"))] == []


@pytest.mark.parametrize(
    ("release", "suite"),
    [
        ('ID=debian\nVERSION_CODENAME="trixie"\n', "trixie"),
        ("ID=debian\n", "stable"),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n", None),
        ("", None),
    ],
)
def test_the_source_of_the_host_itself(release: str, suite: str | None) -> None:
    found = find_host_source(HostFacts(config_files=(("/etc/os-release", release),)))
    assert found == (SourceSpec("debian", "debian", settings=(("suite", suite),)) if suite else None)
