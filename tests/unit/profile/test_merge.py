"""The meaning of a profile: layers, hosts, files, and its digest."""

import re
from pathlib import Path

import pytest

from nipsys.model.problem import Rejected
from nipsys.model.system.profile import AlternativeSpec, Flag, Profile
from nipsys.profile import make_template, read_profile

SOURCE = 'source "debian" suite="trixie"\n'


def reads(*, host: str | None = None, arch: str = "x86_64", **files: str) -> Profile:
    """Read the first of ``files``; ``p_kdl`` is the file ``p.kdl``, ``sub__b_kdl`` is ``sub/b.kdl``."""
    texts = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()}

    def text_of(path: str) -> bytes:
        if path not in texts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return texts[path]

    return read_profile(next(iter(texts)), text_of, host=host, arch=arch)


def names(profile: Profile) -> list[str]:
    return [request.name for request in profile.requests]


def test_a_package_may_have_every_setting() -> None:
    text = (
        SOURCE
        + 'packages {\n    vim ">=9" +python -X graphics="x11" source="debian" pin="2:9.1" prefer="sid" expose="vim vi" priority=3 run="view" scripts=#true recommends=#true\n}'
    )
    (vim,) = reads(p_kdl=text).requests
    assert (vim.name, vim.range.text, vim.source, vim.pin, vim.prefer) == ("vim", ">=9", "debian", "2:9.1", "sid")
    assert vim.flags == (Flag("X", "off"), Flag("graphics", "x11"), Flag("python", "on"))
    assert vim.expose == ("vi", "vim")
    assert vim.settings == (("priority", 3), ("recommends", True), ("run", "view"), ("scripts", True))
    assert str(vim.span) == "p.kdl:3:5"


def test_settings_of_a_source_may_be_lists() -> None:
    (spec,) = reads(
        p_kdl='source "debian" suite="trixie" priority=10 {\n    mirror "http://a" "http://b"\n    components "main"\n}'
    ).sources
    assert (spec.name, spec.kind, spec.priority) == ("debian", "debian", 10)
    assert spec.settings == (("components", "main"), ("mirror", "http://a http://b"), ("suite", "trixie"))


def test_sources_are_sorted_by_priority() -> None:
    profile = reads(p_kdl='source "debian" name="sid" suite="sid"\nsource "nix" priority=30\nsource "debian" suite="trixie"')
    assert [spec.name for spec in profile.sources] == ["nix", "debian", "sid"]


def test_the_name_defaults_to_that_of_the_file() -> None:
    assert reads(laptop_kdl="").name == "laptop"
    assert reads(laptop_kdl='profile "mine"').name == "mine"


def test_the_architecture_defaults_to_that_of_the_host() -> None:
    assert reads(p_kdl="", arch="aarch64").arch == "aarch64"
    assert reads(p_kdl='arch "x86_64"', arch="aarch64").arch == "x86_64"


@pytest.mark.parametrize("setting", ["arch", "libc", "run"])
def test_the_last_file_that_sets_a_single_value_wins(setting: str) -> None:
    first, last = {"arch": ("aarch64", "riscv64"), "libc": ("musl", "glibc"), "run": ("host", "relocate")}[setting]
    included = {"base_kdl": f'{setting} "{first}"'}
    assert getattr(reads(p_kdl=f'include "base.kdl"\n{setting} "{last}"', **included), setting) == last
    assert getattr(reads(p_kdl='include "base.kdl"', **included), setting) == first
    hosts = f'include "base.kdl"\nhost "web-1" {{ {setting} "{last}"; }}'
    assert getattr(reads(p_kdl=hosts, host="web-1", **included), setting) == last
    assert getattr(reads(p_kdl=hosts, host="db-1", **included), setting) == first


def test_later_settings_replace_earlier_ones() -> None:
    profile = reads(
        p_kdl='include "base.kdl"\npackages { vim -X; }\nenv { EDITOR "vim"; }\nvariants { +lto; }\n',
        base_kdl=SOURCE + 'packages { vim ">=9" +python; git; }\nenv { EDITOR "vi"; PAGER "less"; }\nvariants { -lto; +pgo; }\n',
    )
    assert names(profile) == ["git", "vim"]
    assert (profile.requests[1].range.text, profile.requests[1].flags) == ("", (Flag("X", "off"),))
    assert profile.env == (("EDITOR", "vim"), ("PAGER", "less"))
    assert profile.variants == (Flag("lto", "on"), Flag("pgo", "on"))


def test_a_package_can_be_left_out() -> None:
    assert names(reads(p_kdl='include "base.kdl"\npackages { git #false; }', base_kdl=SOURCE + "packages { git; vim; }")) == ["vim"]
    assert names(reads(p_toml='include = "base.kdl"\n[packages]\ngit = false', base_kdl=SOURCE + "packages { git; vim; }")) == ["vim"]


def test_host_blocks_override_their_own_file() -> None:
    text = (
        SOURCE
        + 'host "web-*" "proxy" { packages { nginx; vim "=9"; }; env { A "host"; }; arch "aarch64"; }\npackages { vim; }\nenv { A "own"; }'
    )
    assert names(reads(p_kdl=text)) == ["vim"]
    assert names(reads(p_kdl=text, host="db-1")) == ["vim"]
    for host in ("web-1", "proxy"):
        profile = reads(p_kdl=text, host=host)
        assert [(request.name, request.range.text) for request in profile.requests] == [("nginx", ""), ("vim", "=9")]
        assert (profile.env, profile.arch) == ((("A", "host"),), "aarch64")


def test_the_including_file_overrides_an_included_host_block() -> None:
    profile = reads(p_kdl='include "base.kdl"\nenv { A "mine"; }', base_kdl='host "web-1" { env { A "host"; B "host"; }; }', host="web-1")
    assert profile.env == (("A", "mine"), ("B", "host"))


def test_errors_in_blocks_of_other_hosts_are_reported() -> None:
    with pytest.raises(Rejected, match="has no setting `sorce`"):
        reads(p_kdl=SOURCE + 'host "other" { packages { git sorce="debian"; }; }', host="web-1")


def test_includes_are_relative_to_their_file_and_read_once() -> None:
    profile = reads(
        p_kdl='include "sub/a.kdl" "sub/b.toml"',
        sub__a_kdl='include "c.kdl"\nenv { A "a"; C "a"; }',
        sub__b_toml='include = ["c.kdl"]\n[env]\nA = "b"',
        sub__c_kdl='env { C "c"; }',
    )
    assert profile.env == (("A", "b"), ("C", "a"))


def test_several_blocks_of_one_name_are_merged() -> None:
    assert names(reads(p_kdl=SOURCE + "packages { git; }\npackages { vim; }")) == ["git", "vim"]


def test_one_package_may_be_requested_from_two_sources() -> None:
    text = SOURCE + 'source "nix"\npackages { git source="nix"; git source="debian"; }'
    assert [(request.name, request.source) for request in reads(p_kdl=text).requests] == [("git", "debian"), ("git", "nix")]
    toml = '[source.debian]\nsuite = "trixie"\n[source.nix]\n[[packages.git]]\nsource = "nix"\n[[packages.git]]\nsource = "debian"\n'
    assert reads(p_toml=toml).requests == reads(p_kdl=text).requests


def test_files_are_relative_to_their_profile() -> None:
    profile = reads(p_kdl='include "sub/b.kdl"', sub__b_kdl='files { file "~/.vimrc" from="vimrc" mode="600"; }', sub__vimrc="x")
    (spec,) = profile.files
    assert (spec.target, spec.origin, spec.mode, spec.content) == ("~/.vimrc", "vimrc", 0o600, b"x")


def test_the_digest_depends_on_the_meaning_only() -> None:
    plain = reads(p_kdl=SOURCE + 'packages { git; vim; }\nfiles { file "~/a" from="a"; }', a="1")
    same = reads(p_kdl='// moved\nfiles { file "~/a" from="b"; }\npackages {\n    vim // editor\n    git\n}\n' + SOURCE, b="1")
    assert plain.digest == same.digest
    assert plain.digest.startswith("blake3:")
    others = [
        reads(p_kdl=SOURCE + 'packages { git; vim; }\nfiles { file "~/a" from="a"; }', a="2"),
        reads(p_kdl=SOURCE + 'packages { git; vim ">=9"; }\nfiles { file "~/a" from="a"; }', a="1"),
        reads(p_kdl='source "debian" suite="sid"\npackages { git; vim; }\nfiles { file "~/a" from="a"; }', a="1"),
        reads(p_kdl=SOURCE + 'packages { git; vim; }\nfiles { file "~/a" from="a"; }\nenv { A "1"; }', a="1"),
        reads(p_kdl=SOURCE + 'packages { git; vim; }\nfiles { file "~/a" from="a" mode="600"; }', a="1"),
        reads(p_kdl=SOURCE + 'packages { git; vim; }\nfiles { file "~/a" from="a"; }', a="1", arch="aarch64"),
    ]
    assert len({profile.digest for profile in [plain, *others]}) == 1 + len(others)


def test_ways_to_run_and_alternatives_are_read_from_both_formats() -> None:
    kdl = read_profile(
        "p.kdl",
        {
            "p.kdl": b'run "relocate"\nsource "debian" run="host"\nalternatives { editor "/usr/bin/vim.basic"; }\nhost "h" { alternatives { editor "/x"; awk "/y"; }; run "view"; }\n'
        }.__getitem__,
        arch="x86_64",
    )
    assert (kdl.run, kdl.sources[0].run, kdl.sources[0].settings) == ("relocate", "host", ())
    assert kdl.alternatives == (AlternativeSpec("editor", "/usr/bin/vim.basic"),)
    here = read_profile(
        "p.kdl",
        {
            "p.kdl": b'run "relocate"\nalternatives { editor "/e"; }\nhost "h" { alternatives { editor "/x"; awk "/y"; }; run "view"; }\n'
        }.__getitem__,
        arch="x86_64",
        host="h",
    )
    assert (here.run, here.alternatives) == ("view", (AlternativeSpec("awk", "/y"), AlternativeSpec("editor", "/x")))


def test_the_digest_of_a_known_profile_is_stable() -> None:
    """A digest that changes between versions of nipsys makes every lock stale: change this only with the lock's format."""
    profile = reads(p_kdl=SOURCE + 'packages { vim ">=9" +python; }\nenv { A "1"; }\nfiles { file "~/a" text="x"; }')
    assert profile.digest == "blake3:2e8328314036a0c3615a1c16cf81d8899576c11598f147765fa566dc407499e6"


def test_a_missing_profile_hints_at_init() -> None:
    def text_of(path: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(Rejected) as caught:
        read_profile("p.kdl", text_of, arch="x86_64")
    assert [(problem.code, problem.hint) for problem in caught.value.problems] == [("no-profile", "create one with `nipsys init`")]


def test_invalid_utf_8_is_reported_with_its_place() -> None:
    with pytest.raises(Rejected) as caught:
        read_profile("p.kdl", lambda path: 'profile "ä\n'.encode() + b"// \xe4", arch="x86_64")
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.span)) == ("encoding", "p.kdl:2:4")


def test_a_byte_order_mark_is_accepted() -> None:
    assert reads(p_kdl="\ufeff" + SOURCE).sources
    assert reads(p_toml="\ufeff[source.debian]\n").sources


def test_the_templates_of_both_formats_are_one_profile() -> None:
    profile = reads(p_kdl=make_template("web", suite="sid"))
    assert (profile.name, names(profile)) == ("web", ["jq", "ripgrep", "tree"])
    assert profile.sources[0].get("suite") == "sid"
    assert reads(p_toml=make_template("web", suite="sid", format="toml")) == profile


def test_the_commented_examples_of_the_templates_are_valid() -> None:
    kdl = (
        re.sub(r"(?m)^( *)// (?=env|files|\}|    |vim|git)", r"\1", make_template("web"))
        .replace("a version range, in", "//")
        .replace("with recommended", "//")
    )
    toml = (
        re.sub(r"(?m)^# (?=\[|vim|git|EDITOR|\"~)", "", make_template("web", format="toml"))
        .replace("a version range", "#")
        .replace("with recommended", "#")
    )
    assert names(reads(p_kdl=kdl, dotfiles__gitconfig="")) == ["git", "jq", "ripgrep", "tree", "vim"]
    assert reads(p_kdl=kdl, dotfiles__gitconfig="") == reads(p_toml=toml, dotfiles__gitconfig="")


PROFILES = Path(__file__).parents[3] / "profiles"


@pytest.mark.parametrize("path", sorted([*PROFILES.glob("*.kdl"), *PROFILES.glob("*.toml")]), ids=lambda path: path.name)
def test_the_example_profiles_are_valid(path: Path) -> None:
    if not path.name.endswith(".lock.kdl"):
        read_profile(str(path), lambda name: Path(name).read_bytes(), host=None, arch="x86_64")


@pytest.mark.parametrize(
    "fault", [PermissionError(13, "Permission denied"), IsADirectoryError(21, "Is a directory"), ValueError("embedded null byte")]
)
def test_an_unreadable_file_is_reported_with_the_reason(fault: Exception) -> None:
    def text_of(path: str) -> bytes:
        if path == "p.kdl":
            return b'include "base.kdl"\nfiles { file "~/x" from="x"; }'
        raise fault

    with pytest.raises(Rejected) as caught:
        read_profile("p.kdl", text_of, arch="x86_64")
    assert [problem.code for problem in caught.value.problems] == ["unreadable-file"] * 2
    assert all(problem.hint and problem.message.islower() for problem in caught.value.problems)
