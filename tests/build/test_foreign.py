"""Foreign builders: Portage on an overlay of our own, and what the others are told."""

import hashlib
import os
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nipsys.app.build import open_workshop
from nipsys.app.foreign import Order, build_foreign
from nipsys.app.tools import install_tool, remove_tool, tool_home
from nipsys.build.foreign.driver import Recipe, Wish, variant_key
from nipsys.build.foreign.mapping import SHIPPED, native, read_table
from nipsys.build.foreign.nix import expression
from nipsys.build.foreign.pkgsrc import arguments
from nipsys.build.one import Options
from nipsys.cli.main import main
from nipsys.model.event import silent
from nipsys.model.problem import Rejected
from nipsys.model.profile import Flag

EBUILD = """
EAPI=8
DESCRIPTION="says hello"
SLOT="0"
KEYWORDS="amd64 arm64"
LICENSE="Apache-2.0"
IUSE="+shout doc X"
REQUIRED_USE="X? ( doc )"
S="${WORKDIR}"
src_compile() {
    printf '#include <stdio.h>\\nint main(void){puts("%s from %s");return 0;}\\n' "$(usex shout HELLO hello)" "${EPREFIX}" > hello.c
    gcc -O1 hello.c -o hello || die
}
src_install() {
    dobin hello
    if use doc; then echo manual > manual; insinto /usr/share/hello; doins manual; fi
}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Write a directory of ebuilds with one package."""
    for path, text in {
        "profiles/repo_name": "nipsys-test\n",
        "profiles/categories": "app-misc\n",
        "profiles/eapi": "8\n",
        "profiles/arch.list": "amd64\narm64\n",
        "metadata/layout.conf": "masters =\nthin-manifests = true\n",
        "app-misc/hello/hello-1.2.ebuild": textwrap.dedent(EBUILD),
        "app-misc/hello/hello-1.1.ebuild": textwrap.dedent(EBUILD),
    }.items():
        (tmp_path / "overlay" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "overlay" / path).write_text(text)
    return tmp_path / "overlay"


@pytest.fixture
def portage(tmp_path: Path, portage_python: str, overlay: Path) -> Callable[..., Any]:
    """Build the package of the overlay with flags, in a root of the test's own."""
    root = str(tmp_path / "R")
    (tmp_path / "R" / "tools").mkdir(parents=True)
    (tmp_path / "R" / "tools" / "portage").symlink_to(Path(portage_python).parents[1])

    def build(*flags: str) -> Any:
        shop = open_workshop(root, Options(jobs=2), silent, offline=True)
        return build_foreign(shop, root, Order("gentoo", "app-misc/hello", flags, str(overlay)))

    return build


@pytest.mark.xdist_group("portage")
def test_use_flags_change_the_program_which_knows_its_path_in_the_store(portage: Callable[..., Any]) -> None:
    loud, quiet, documented = portage(), portage("-shout"), portage("+doc", "+X")
    assert loud.record.version == "1.2"

    def said(built: Any) -> str:
        return subprocess.run([f"{built.path}/usr/bin/hello"], capture_output=True, text=True, check=True).stdout

    assert said(loud) == f"HELLO from {loud.path}\n"
    assert said(quiet) == f"hello from {quiet.path}\n"
    assert Path(f"{documented.path}/usr/share/hello/manual").read_text() == "manual\n"
    assert not os.path.exists(f"{loud.path}/usr/share")
    assert len({loud.record.key, quiet.record.key, documented.record.key}) == 3
    assert portage("-shout").record == quiet.record
    assert loud.record.witnesses[0].missing  # it was not shut in, and the record says so


@pytest.mark.xdist_group("portage")
def test_required_use_and_unknown_flags_are_refused(portage: Callable[..., Any]) -> None:
    with pytest.raises(Rejected) as caught:
        portage("+X")
    assert caught.value.problems[0].code == "required-use"
    assert any("X? ( doc )" in note for note in caught.value.problems[0].notes)
    with pytest.raises(Rejected) as caught:
        portage("+nothing", "-ruby")
    assert [problem.code for problem in caught.value.problems] == ["unknown-flag", "unknown-flag"]


@pytest.mark.xdist_group("portage")
def test_a_failing_ebuild_is_told_with_its_log(portage: Callable[..., Any], overlay: Path) -> None:
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    path.write_text(path.read_text().replace("gcc -O1", "gcc -no-such-option"))
    with pytest.raises(Rejected) as caught:
        portage()
    (problem,) = caught.value.problems
    assert problem.code == "build-step-failed"
    assert any("no-such-option" in note for note in problem.notes) or "no-such-option" in Path(problem.notes[-2][5:]).read_text()
    assert Path(problem.notes[-1].partition(": ")[2]).is_dir()


def test_a_missing_tool_names_the_ways_to_get_it(tmp_path: Path, overlay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    shop = open_workshop(str(tmp_path / "R"), Options(), silent, offline=True)
    for source in ("gentoo", "pkgsrc", "nix"):
        with pytest.raises(Rejected) as caught:
            build_foreign(shop, str(tmp_path / "R"), Order(source, "hello", (), str(overlay)))
        (problem,) = caught.value.problems
        assert problem.code == "tool-missing"
        assert "bootstrap install" in (problem.hint or "")


def test_tools_are_found_and_removed(tmp_path: Path) -> None:
    program = tmp_path / "tools/portage/lib/portage/bin/ebuild"
    program.parent.mkdir(parents=True)
    program.touch()
    assert tool_home(str(tmp_path), "portage") == install_tool(str(tmp_path), "portage", silent) == str(tmp_path / "tools/portage")
    assert remove_tool(str(tmp_path), "portage")
    assert not remove_tool(str(tmp_path), "portage")
    with pytest.raises(Rejected) as caught:
        install_tool(str(tmp_path), "pkgsrc", silent)
    assert "by hand" in (caught.value.problems[0].hint or "")


def test_flags_get_the_names_of_each_world() -> None:
    flags = (Flag("wayland", "on"), Flag("X", "off"), Flag("own", "on"))
    assert [flag.name for flag in native("a/b", flags, "nix", (SHIPPED,))] == ["waylandSupport", "withX", "own"]
    assert [flag.name for flag in native("a/b", flags, "pkgsrc", (SHIPPED,))] == ["wayland", "x11", "own"]
    users = read_table("t.json", '{"b": {"own": {"gentoo": "mine"}}, "*": {"X": {"gentoo": ""}}}')
    with pytest.raises(Rejected) as caught:
        native("a/b", flags, "gentoo", (users, SHIPPED))
    assert caught.value.problems[0].code == "flag-not-mapped"
    assert native("a/b", flags[2:], "gentoo", (users, SHIPPED)) == (Flag("mine", "on"),)
    for broken in ("[", "[1]", '{"a": 1}'):
        with pytest.raises(Rejected):
            read_table("t.json", broken)


WISH = Wish("www/hello", (Flag("ssl", "on"), Flag("x11", "off")), "/tree", "/R/store/abc-hello-1", "/work", 3)


def test_what_pkgsrc_and_nix_are_told() -> None:
    assert "PKG_OPTIONS.hello=ssl -x11" in arguments(WISH, "hello")
    assert "LOCALBASE=/R/store/abc-hello-1" in arguments(WISH, "hello")
    assert expression(WISH) == "((import /tree {}).www/hello.override { ssl = true; x11 = false; })"


def test_the_variant_hash_knows_flags_recipe_and_machine() -> None:
    recipe = Recipe("hello", "1", (("Makefile", hashlib.sha256(b"x").hexdigest()),))
    key = variant_key("nix", recipe, WISH.flags, "x86_64")
    assert key == variant_key("nix", recipe, WISH.flags[::-1], "x86_64")
    others = [
        variant_key("gentoo", recipe, WISH.flags, "x86_64"),
        variant_key("nix", recipe, WISH.flags[1:], "x86_64"),
        variant_key("nix", recipe, WISH.flags, "aarch64"),
        variant_key("nix", Recipe("hello", "1", ()), WISH.flags, "x86_64"),
    ]
    assert key not in others


NIX = """
{ ... }: let
  make = args: (derivation {
    name = "hello-1.0"; system = builtins.currentSystem; builder = "/bin/sh";
    args = [ "-c" "/bin/mkdir -p $out/bin; printf '#!/bin/sh\\necho ${if args.shout then "HELLO" else "hello"}\\n' > $out/bin/hello; /bin/chmod +x $out/bin/hello" ];
  }) // { override = other: make (args // other); };
in { hello = make { shout = true; }; }
"""


def test_nix_builds_an_expression_with_its_flags(tmp_path: Path) -> None:
    if tool_home(str(tmp_path), "nix") is None:
        pytest.skip("nix-bin is not installed")
    (tmp_path / "hello.nix").write_text(NIX)
    root = str(tmp_path / "R")
    shop = open_workshop(root, Options(jobs=2), silent, offline=True)
    said = []
    for flags in (("+shout",), ("-shout",)):
        built = build_foreign(shop, root, Order("nix", "hello", flags, str(tmp_path / "hello.nix")))
        assert built.record.version == "1.0"
        said.append(subprocess.run([f"{built.path}/bin/hello"], capture_output=True, text=True, check=True).stdout)
    assert said == ["HELLO\n", "hello\n"]
    (tmp_path / "p.kdl").write_text(f'profile "p"\nsource "recipes" name="built" path="{root}/built"\npackages {{ hello -shout }}\n')
    assert main(["--root", root, "--progress", "none", "apply", str(tmp_path / "p.kdl")]) == 0
    ran = subprocess.run([f"{root}/Programs/Hello/1.0/bin/hello"], capture_output=True, text=True, check=False)
    assert ran.stdout == "hello\n"
    with pytest.raises(Rejected) as caught:
        build_foreign(shop, root, Order("nix", "nothing", (), str(tmp_path / "hello.nix")))
    assert caught.value.problems[0].code == "build-refused"
