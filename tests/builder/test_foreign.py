"""Foreign builders: Portage on an overlay written here, and the configuration of the others."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nipsys.app.context import Context
from nipsys.app.realize.recipe_builds import list_mirrors, open_workspace
from nipsys.app.source_builds import ForeignRequest, build_foreign
from nipsys.app.source_builds.tools import find_tool_home, install_tool, remove_tool
from nipsys.builder.build import BuildOptions
from nipsys.builder.foreign.driver import BuildRequest, ForeignRecipe, compute_variant_hash
from nipsys.builder.foreign.mapping import DEFAULT_MAPPINGS, parse_mappings, translate_flags
from nipsys.builder.foreign.nix import format_expression
from nipsys.builder.foreign.pkgsrc import format_mk_conf
from nipsys.cli.main import main
from nipsys.effects.clock import SystemClock
from nipsys.effects.web.fetcher import OfflineWeb
from nipsys.model.event import ignore_event
from nipsys.model.layout import Layout
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import Flag


def site(root: Path) -> Context:
    """Create a root without network access."""
    return Context(Layout(str(root)), OfflineWeb(), SystemClock(), ignore_event, str(root))


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
    """Write an ebuild repository with one package."""
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
def portage(tmp_path: Path, portage_python: str, overlay: Path, open_namespaces: None) -> Callable[..., Any]:
    """Build the package of the overlay with flags, in a root of the test's own."""
    root = str(tmp_path / "R")
    (tmp_path / "R" / "tools").mkdir(parents=True)
    (tmp_path / "R" / "tools" / "portage").symlink_to(Path(portage_python).parents[1])

    def build(*flags: str, package: str = "app-misc/hello", **options: Any) -> Any:
        shop = open_workspace(root, BuildOptions(jobs=2, **options), ignore_event)
        return build_foreign(shop, root, ForeignRequest("gentoo", package, flags, str(overlay)))

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
    assert loud.record.witnesses[0].missing == ()


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
def test_a_failing_ebuild_is_reported_with_its_log_and_work(portage: Callable[..., Any], overlay: Path) -> None:
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    path.write_text(path.read_text().replace("gcc -O1", "gcc -no-such-option"))
    with pytest.raises(Rejected) as caught:
        portage()
    (problem,) = caught.value.problems
    assert problem.code == "build-step-failed"
    assert any("no-such-option" in note for note in problem.notes)
    assert "no-such-option" in Path(problem.notes[-2][5:]).read_text()
    assert Path(problem.notes[-1].partition(": ")[2]).is_dir()


@pytest.mark.xdist_group("portage")
def test_an_ebuild_sees_nothing_of_this_machine_but_its_tools(portage: Callable[..., Any], overlay: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    look = f"""
    id -u > seen; ls -d /home /root /etc/shadow {tmp_path} {tmp_path}/secret /var 2>/dev/null >> seen
    touch /usr/mine 2>/dev/null && echo wrote >> seen; touch "${{EBUILD}}" 2>/dev/null && echo wrote >> seen
    ls /sys/class/net /dev 2>/dev/null | tr '\\n' ' ' >> seen; echo >> seen; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' >> seen; pwd >> seen
    insinto /usr/share; doins seen"""
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    path.write_text(path.read_text().replace("    dobin hello\n", f"    dobin hello\n{look}\n"))
    built = portage()
    seen = Path(f"{built.path}/usr/share/seen").read_text().split("\n")
    assert seen[0] == "1000"
    assert not {"/home", "/root", "/etc/shadow", str(tmp_path / "secret"), "wrote"} & set(seen)
    assert "null" in seen[-4]
    assert "sda" not in seen[-4]
    assert seen[-3:] == ["lo", "/build/scratch/portage/app-misc/hello-1.2/work", ""]
    assert built.record.witnesses[0].missing == ()
    assert "trusted base" in built.record.materials[0].reason


@pytest.mark.xdist_group("portage")
def test_an_ebuild_has_no_network_and_its_sources_are_fetched_and_checked_before(
    portage: Callable[..., Any], overlay: Path, tmp_path: Path
) -> None:
    (tmp_path / "mirror").mkdir()
    with tarfile.open(tmp_path / "mirror/words.tar", "w") as tar:
        info = tarfile.TarInfo("words/word")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"hello"))
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    plain = path.read_text()
    path.write_text(plain.replace('S="${WORKDIR}"', f'SRC_URI="file://{tmp_path}/mirror/words.tar"\nS="${{WORKDIR}}"'))
    with pytest.raises(Rejected) as caught:
        portage()
    assert caught.value.problems[0].code == "recipe-pin"
    body = (tmp_path / "mirror/words.tar").read_bytes()

    def pinned(digest: str) -> None:
        blake = hashlib.blake2b(body).hexdigest()
        (overlay / "app-misc/hello/Manifest").write_text(f"DIST words.tar {len(body)} BLAKE2B {blake} SHA512 {digest}\n")

    pinned("0" * 128)
    with pytest.raises(Rejected) as caught:
        portage()
    assert caught.value.kind == "source"
    pinned(hashlib.sha512(body).hexdigest())
    path.write_text(path.read_text().replace("src_install() {", "src_install() {\n    insinto /usr/share; doins words/word"))
    built = portage()
    assert Path(f"{built.path}/usr/share/word").read_text() == "hello"
    assert [one.name for one in built.record.materials] == ["gentoo tools", "words.tar"]
    path.write_text(plain.replace("src_compile() {", "src_compile() {\n    /bin/busybox wget http://192.0.2.1/x || die 'no x'"))
    with pytest.raises(Rejected) as caught:
        portage()
    assert caught.value.problems[0].code == "build-network"


LIBRARY = """
EAPI=8
DESCRIPTION="a word"
SLOT="0"
KEYWORDS="amd64 arm64"
LICENSE="Apache-2.0"
IUSE="polite"
S="${WORKDIR}"
src_compile() {
    echo 'const char *word(void) { return "'$(usex polite please hello)'"; }' > word.c
    gcc -shared -fPIC -Wl,-soname,libword.so word.c -o libword.so || die
    echo 'const char *word(void);' > word.h
}
src_install() { dolib.so libword.so; insinto /usr/include; doins word.h; }
"""
USER = """
EAPI=8
DESCRIPTION="says a word"
SLOT="0"
KEYWORDS="amd64 arm64"
LICENSE="Apache-2.0"
IUSE="extra"
BDEPEND="sys-devel/gcc >=dev-build/make-3 || ( dev-util/none app-misc/tool )"
DEPEND="dev-libs/word[polite(+)]"
RDEPEND="${DEPEND} extra? ( dev-libs/absent >=dev-libs/word-9 !dev-libs/enemy )"
S="${WORKDIR}"
src_compile() {
    printf '#include <stdio.h>\\n#include <word.h>\\nint main(void){puts(word());return 0;}\\n' > say.c
    gcc ${CPPFLAGS} say.c -o say ${LDFLAGS} -lword || die
    mark say || die
}
src_install() { dobin say; }
"""
TOOL = LIBRARY[: LIBRARY.index("src_compile")] + "src_install() { printf '#!/bin/sh\\necho marked >> $1\\n' > mark; dobin mark; }\n"


@pytest.mark.xdist_group("portage")
def test_what_an_ebuild_needs_is_built_first_or_taken_from_this_machine_or_named(
    portage: Callable[..., Any], overlay: Path, tmp_path: Path
) -> None:
    for name, text in (("dev-libs/word/word-1", LIBRARY), ("app-misc/say/say-1", USER), ("app-misc/tool/tool-1", TOOL)):
        (overlay / f"{name}.ebuild").parent.mkdir(parents=True)
        (overlay / f"{name}.ebuild").write_text(text)
    (overlay / "profiles/categories").write_text("app-misc\ndev-libs\n")
    with pytest.raises(Rejected) as caught:
        portage("+extra", package="app-misc/say")
    assert [(problem.code, problem.message) for problem in caught.value.problems] == [
        ("needs-missing", "`app-misc/say` needs `dev-libs/absent` (RDEPEND), which is not available"),
        ("needs-missing", "`app-misc/say` needs `>=dev-libs/word-9` (RDEPEND), which is not available"),
    ]
    assert "package.provided" in (caught.value.problems[0].hint or "")
    built = portage(package="app-misc/say")
    assert subprocess.run([f"{built.path}/usr/bin/say"], capture_output=True, text=True, check=True).stdout == "please\n"
    assert Path(f"{built.path}/usr/bin/say").read_bytes().endswith(b"marked\n")
    assert {(one.name, one.role) for one in built.record.inputs} == {("word", "runtime"), ("tool", "tool")}
    root = str(tmp_path / "R")
    (tmp_path / "p.kdl").write_text(f'profile "p"\ninclude "{root}/built/source.kdl"\npackages {{ say }}\n')
    assert main(["--root", root, "--progress", "none", "apply", str(tmp_path / "p.kdl")]) == 0
    assert "word" in (tmp_path / "p.lock.kdl").read_text()  # what it needs to run is locked with it, its build tools are not
    assert "tool" not in (tmp_path / "p.lock.kdl").read_text()
    ran = subprocess.run([f"{root}/System/Links/Executables/say"], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("please\n", "")


@pytest.mark.xdist_group("portage")
def test_ebuilds_that_need_each_other_are_refused(portage: Callable[..., Any], overlay: Path) -> None:
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    path.write_text(path.read_text().replace('SLOT="0"', 'SLOT="0"\nDEPEND="app-misc/hello"'))
    with pytest.raises(Rejected) as caught:
        portage()
    assert caught.value.problems[0].code == "build-circle"


@pytest.mark.xdist_group("portage")
def test_an_ebuild_built_twice_must_be_the_same(portage: Callable[..., Any], overlay: Path) -> None:
    built = portage(rebuild=True)
    assert [witness.clock // 86400 for witness in built.record.witnesses] == [0, 400]
    assert len({witness.tree for witness in built.record.witnesses}) == 1
    path = overlay / "app-misc/hello/hello-1.2.ebuild"
    path.write_text(path.read_text().replace("HELLO hello", "HELLO$(date +%Y) hello"))
    with pytest.raises(Rejected) as caught:
        portage(rebuild=True)
    assert caught.value.problems[0].code == "build-not-reproducible"
    assert "`usr/bin/hello`" in caught.value.problems[0].notes[0]


PKGSRC = Path(__file__).parent / "pkgsrc"


@pytest.fixture
def bmake(tmp_path: Path, open_namespaces: None) -> Callable[..., Any]:
    """Build packages of a small pkgsrc-like tree with real bmake."""
    if find_tool_home(str(tmp_path / "R"), "pkgsrc") is None:
        pytest.skip("bmake is not installed")
    shutil.copytree(PKGSRC, tmp_path / "pkgsrc")

    def build(*flags: str, package: str = "local/np-hello", **options: Any) -> Any:
        shop = open_workspace(str(tmp_path / "R"), BuildOptions(jobs=2, **options), ignore_event)
        return build_foreign(shop, str(tmp_path / "R"), ForeignRequest("pkgsrc", package, flags, str(tmp_path / "pkgsrc")))

    return build


def test_options_of_pkgsrc_change_the_program(bmake: Callable[..., Any]) -> None:
    loud, quiet, documented = bmake(), bmake("-loud"), bmake("+doc", package="np-hello")
    assert (loud.record.name, loud.record.version) == ("np-hello", "1.4nb2")

    def said(built: Any) -> str:
        return subprocess.run([f"{built.path}/bin/np-hello"], capture_output=True, text=True, check=True).stdout

    assert said(loud) == f"HELLO from {loud.path}\n"
    assert said(quiet) == f"hello from {quiet.path}\n"
    assert Path(f"{documented.path}/share/doc/np-hello").read_text() == "np-hello greets\n"
    assert not os.path.exists(f"{loud.path}/share")
    assert len({loud.record.key, quiet.record.key, documented.record.key}) == 3
    assert [(one.name, one.role) for one in loud.record.inputs] == [("np-greet", "runtime")]
    assert bmake("-loud", rebuild=True).record.tree == quiet.record.tree
    assert bmake("-loud").record.witnesses[-1].missing == ()


def test_what_pkgsrc_cannot_build_is_reported(bmake: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "pkgsrc/local/np-hello"

    def refused(*flags: str) -> Any:
        with pytest.raises(Rejected) as caught:
            bmake(*flags)
        return caught.value.problems[0]

    assert refused("+ruby").code == "unknown-flag"
    (folder / "PLIST").write_text((folder / "PLIST").read_text() + "bin/forgotten\n")
    problem = refused()
    assert (problem.code, problem.notes) == ("build-not-listed", ("listed but missing: bin/forgotten",))
    shutil.copytree(PKGSRC, tmp_path / "pkgsrc", dirs_exist_ok=True)
    makefile = (folder / "Makefile").read_text()
    (folder / "Makefile").write_text(makefile.replace("LICENSE=", "DISTFILES=\tx.tar\nMASTER_SITES=\tfile:///none/\nLICENSE="))
    assert refused().code == "recipe-pin"
    (folder / "Makefile").write_text(makefile.replace("-lnpgreet", "-lnone"))
    problem = refused()
    assert problem.code == "build-step-failed"
    assert any("-lnone" in note for note in problem.notes)
    (folder / "Makefile").write_text(makefile.replace("local/np-greet", "local/np-hello"))
    assert refused().code == "build-circle"


def test_a_missing_tool_names_the_ways_to_get_it(tmp_path: Path, overlay: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    shop = open_workspace(str(tmp_path / "R"), BuildOptions(), ignore_event, offline=True)
    for source in ("gentoo", "pkgsrc", "nix"):
        with pytest.raises(Rejected) as caught:
            build_foreign(shop, str(tmp_path / "R"), ForeignRequest(source, "hello", (), str(overlay)))
        (problem,) = caught.value.problems
        assert problem.code == "tool-missing"
        assert "bootstrap install" in (problem.hint or "")


def test_tools_are_found_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIPSYS_PKGSRC", raising=False)
    program = tmp_path / "tools/portage/lib/portage/bin/ebuild"
    program.parent.mkdir(parents=True)
    program.touch()
    assert find_tool_home(str(tmp_path), "portage") == install_tool(site(tmp_path), "portage") == str(tmp_path / "tools/portage")
    assert remove_tool(str(tmp_path), "portage")
    assert not remove_tool(str(tmp_path), "portage")
    with pytest.raises(Rejected) as caught:
        install_tool(site(tmp_path), "pkgsrc")
    assert "by hand" in (caught.value.problems[0].hint or "")
    assert "--from" in caught.value.problems[0].notes[0]


def test_bmake_grows_from_a_tree(tmp_path: Path) -> None:
    script = tmp_path / "tree/bootstrap/bootstrap"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\nset -e\np=${2#--prefix=}\nmkdir -p $p/bin\necho "#!/bin/sh" > $p/bin/bmake\necho "$CFLAGS $1" > $p/how\n')
    script.chmod(0o755)
    home = install_tool(site(tmp_path / "R"), "pkgsrc", str(tmp_path / "tree"))
    assert home == find_tool_home(str(tmp_path / "R"), "pkgsrc") == str(tmp_path / "R/tools/pkgsrc")
    assert (tmp_path / "R/tools/pkgsrc/how").read_text() == "-fcommon --unprivileged\n"
    script.write_text("#!/bin/sh\necho it does not; exit 1\n")
    remove_tool(str(tmp_path / "R"), "pkgsrc")
    with pytest.raises(Rejected) as caught:
        install_tool(site(tmp_path / "R"), "pkgsrc", str(tmp_path / "tree"))
    assert caught.value.problems[0].notes == ("it does not",)


@pytest.mark.network
def test_portage_comes_into_an_environment_of_its_own(tmp_path: Path, overlay: Path, open_namespaces: None) -> None:
    """Install it as `build --yes` does; afterwards the root alone is enough to build."""
    root = ["--root", str(tmp_path / "R"), "--progress", "none"]
    done = main([*root, "build", "hello", "-shout", "--source=gentoo", "--repository", str(overlay), "--yes", "--json"])
    if done and not (tmp_path / "R/tools/portage").exists():
        pytest.skip("portage is not available from the Python package index")
    assert done == 0
    assert main([*root, "bootstrap", "remove", "portage"]) == 0
    assert not (tmp_path / "R/tools/portage").exists()


@pytest.mark.network
def test_nix_comes_from_a_source_that_carries_it_and_builds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], open_namespaces: None
) -> None:
    """Debian's nix-bin as a graft in a small root of its own: no package of this machine is used."""
    if not list_mirrors(os.environ):
        pytest.skip("no Debian mirror is configured on this machine")
    root = ["--root", str(tmp_path / "R"), "--progress", "none"]
    assert main([*root, "bootstrap", "install", "nix", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"tool": "nix", "home": f"{tmp_path}/R/tools/nix"}
    assert main([*root, "bootstrap", "list", "--json"]) == 0
    assert {row["tool"]: row["home"] for row in json.loads(capfd.readouterr().out)}["nix"] == f"{tmp_path}/R/tools/nix"
    look = NIX.replace("/bin/chmod +x", "/bin/ls / > $out/root; /bin/cat /proc/net/dev > $out/net; /bin/chmod +x")
    (tmp_path / "hello.nix").write_text(look)
    assert main([*root, "build", "hello", "-shout", "--source=nix", "--repository", f"{tmp_path}/hello.nix", "--json"]) == 0
    path = Path(json.loads(capfd.readouterr().out)["path"])
    assert subprocess.run([path / "bin/hello"], capture_output=True, text=True, check=True).stdout == "hello\n"
    assert not {"home", "root", "var"} & set((path / "root").read_text().split())  # its own sandbox, inside the graft's
    assert [line.split(":")[0].strip() for line in (path / "net").read_text().splitlines()[2:]] == ["lo"]
    assert main([*root, "bootstrap", "remove", "nix"]) == 0
    assert not (tmp_path / "R/tools/nix").exists()


def test_flags_get_the_names_of_each_world() -> None:
    flags = (Flag("wayland", "on"), Flag("X", "off"), Flag("own", "on"))
    assert [flag.name for flag in translate_flags("a/b", flags, "nix", (DEFAULT_MAPPINGS,))] == ["waylandSupport", "withX", "own"]
    assert [flag.name for flag in translate_flags("a/b", flags, "pkgsrc", (DEFAULT_MAPPINGS,))] == ["wayland", "x11", "own"]
    users = parse_mappings("t.json", '{"b": {"own": {"gentoo": "mine"}}, "*": {"X": {"gentoo": ""}}}')
    with pytest.raises(Rejected) as caught:
        translate_flags("a/b", flags, "gentoo", (users, DEFAULT_MAPPINGS))
    assert caught.value.problems[0].code == "unknown-flag"
    assert translate_flags("a/b", flags[2:], "gentoo", (users, DEFAULT_MAPPINGS)) == (Flag("mine", "on"),)
    for broken in ("[", "[1]", '{"a": 1}'):
        with pytest.raises(Rejected):
            parse_mappings("t.json", broken)


WISH = BuildRequest("www/hello", (Flag("ssl", "on"), Flag("x11", "off")), "/tree", "/R/store/abc-hello-1", "/work")


def test_flags_are_written_for_pkgsrc_and_nix() -> None:
    assert {"PKG_OPTIONS.hello=\tssl -x11", "LOCALBASE=\t/R/store/abc-hello-1"} <= set(format_mk_conf(WISH, "hello").splitlines())
    assert format_expression(WISH) == "((import /tree {}).www/hello.override { ssl = true; x11 = false; })"


def test_the_variant_hash_knows_flags_recipe_and_machine() -> None:
    recipe = ForeignRecipe("hello", "1", (("Makefile", hashlib.sha256(b"x").hexdigest()),))
    key = compute_variant_hash("nix", recipe, WISH.flags, "x86_64")
    assert key == compute_variant_hash("nix", recipe, WISH.flags[::-1], "x86_64")
    others = [
        compute_variant_hash("gentoo", recipe, WISH.flags, "x86_64"),
        compute_variant_hash("nix", recipe, WISH.flags[1:], "x86_64"),
        compute_variant_hash("nix", recipe, WISH.flags, "aarch64"),
        compute_variant_hash("nix", ForeignRecipe("hello", "1", ()), WISH.flags, "x86_64"),
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
    if find_tool_home(str(tmp_path), "nix") is None:
        pytest.skip("nix-bin is not installed")
    (tmp_path / "hello.nix").write_text(NIX)
    root = str(tmp_path / "R")
    shop = open_workspace(root, BuildOptions(jobs=2), ignore_event, offline=True)
    said = []
    for flags in (("+shout",), ("-shout",)):
        built = build_foreign(shop, root, ForeignRequest("nix", "hello", flags, str(tmp_path / "hello.nix")))
        assert built.record.version == "1.0"
        said.append(subprocess.run([f"{built.path}/bin/hello"], capture_output=True, text=True, check=True).stdout)
    assert said == ["HELLO\n", "hello\n"]
    (tmp_path / "p.kdl").write_text(f'profile "p"\ninclude "{root}/built/source.kdl"\npackages {{ hello -shout }}\n')
    assert main(["--root", root, "--progress", "none", "apply", str(tmp_path / "p.kdl")]) == 0
    ran = subprocess.run([f"{root}/Programs/Hello/1.0/bin/hello"], capture_output=True, text=True, check=False)
    assert ran.stdout == "hello\n"
    with pytest.raises(Rejected) as caught:
        build_foreign(shop, root, ForeignRequest("nix", "nothing", (), str(tmp_path / "hello.nix")))
    assert caught.value.problems[0].code == "build-refused"
