"""What is read of the host: only what the kinds of sources in use need."""

import sys
from pathlib import Path

import pytest

from nipsys.effects.host import detect_libc, read_host_facts
from nipsys.model import DefaultRegistry, HostNeeds, HostText
from nipsys.sources.kinds import KINDS, host_needs_of


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a host with the configuration of several package managers."""
    files = {
        "etc/os-release": "ID=debian\n",
        "etc/apt/sources.list": "deb http://a.example/debian trixie main\n",
        "etc/apt/sources.list.d/b.list": "",
        "etc/apt/sources.list.d/a.list": "",
        "etc/apt/sources.list.d/a.sources": "",
        "etc/apt/trusted.gpg.d/x.asc": "",
        "usr/share/keyrings/pacman-host.gpg": "",
        "usr/share/keyrings/debian.gpg": "",
        "etc/pacman.conf": "[core]\n",
        "etc/apk/repositories": "https://x.example/v3/main\n",
        "etc/apk/keys/a.rsa.pub": "",
        "etc/npmrc": "//x.example/:_authToken=secret\nregistry = https://x.example/\n",
        "usr/share/nodejs/@npmcli/config/lib/definitions/definitions.js": "'registry', {\n  default: 'https://default.example/'",
        "home/.npmrc": "@scope:registry=https://y.example/\npassword=secret\n",
        "home/.config/pip/pip.conf": "[global]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NIPSYS_DEBIAN_MIRROR", "https://m.example")
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example")
    return tmp_path


def test_the_configuration_of_a_kind_is_read_in_its_order(root: Path) -> None:
    facts = read_host_facts("aarch64", host_needs_of(["debian"]), str(root))
    assert facts.arch == "aarch64"
    assert [path for path, _ in facts.config_files] == [
        "/etc/os-release",
        "/etc/apt/sources.list",
        "/etc/apt/sources.list.d/a.list",
        "/etc/apt/sources.list.d/b.list",
        "/etc/apt/sources.list.d/a.sources",
    ]
    assert facts.get_text("/etc/apt/sources.list") == "deb http://a.example/debian trixie main\n"
    assert [path.removeprefix(str(root)) for path in facts.keyrings] == [
        "/etc/apt/trusted.gpg.d/x.asc",
        "/usr/share/keyrings/debian.gpg",
        "/usr/share/keyrings/pacman-host.gpg",
    ]
    assert {name for name, _ in facts.environment} == {"HOME", "NIPSYS_DEBIAN_MIRROR"}


def test_what_no_kind_in_use_needs_is_not_read(root: Path) -> None:
    facts = read_host_facts("x86_64", HostNeeds(), str(root))
    assert (facts.config_files, facts.keyrings) == ((), ())
    assert facts.getenv("PIP_INDEX_URL") is None
    assert read_host_facts("x86_64", host_needs_of(["pypi"]), str(root)).getenv("PIP_INDEX_URL") == "https://pip.example"


def test_passwords_are_not_read(root: Path) -> None:
    facts = read_host_facts("x86_64", host_needs_of(["npm"]), str(root))
    assert facts.config_files == (
        ("/etc/npmrc", "registry = https://x.example/"),
        (f"{root}/home/.npmrc", "@scope:registry=https://y.example/"),
    )
    assert facts.getenv("npm.default") == "https://default.example"


def test_the_needs_of_several_kinds_are_read_once(root: Path) -> None:
    facts = read_host_facts("x86_64", host_needs_of(["debian", "recipes", "debian", "pacman", "unknown"]), str(root))
    paths = [path for path, _ in facts.config_files]
    assert len(paths) == len(set(paths)) == 6
    assert len(facts.keyrings) == len(set(facts.keyrings)) == 3
    needs = host_needs_of(KINDS)
    assert len(read_host_facts("x86_64", needs, str(root)).config_files) == 10


def test_a_default_registry_is_found_on_the_path_of_python(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "tool.py").write_text('URL = "https://z.example/"')
    needs = HostNeeds(registries=(DefaultRegistry("tool", "tool.py", 'URL = "([^"]+)"'), DefaultRegistry("other", "none.py", "(x)")))
    monkeypatch.setattr(sys, "path", ["", str(root)])
    facts = read_host_facts("x86_64", needs)
    assert (facts.getenv("tool.default"), facts.getenv("other.default")) == ("https://z.example", None)


def test_without_a_home_no_file_of_the_home_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert read_host_facts("x86_64", HostNeeds(texts=(HostText("~/.npmrc"),)), str(root)).config_files == ()


@pytest.mark.parametrize(
    ("answer", "libc"), [("glibc 2.36", "glibc"), (None, "musl"), (ValueError("unrecognized configuration name"), "musl")]
)
def test_the_host_s_c_library_names_itself_or_is_musl(monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None, libc: str) -> None:
    def confstr(name: str) -> str | None:
        assert name == "CS_GNU_LIBC_VERSION"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("os.confstr", confstr)
    assert detect_libc() == libc
