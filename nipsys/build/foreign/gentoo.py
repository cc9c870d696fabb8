"""Gentoo's Portage as a builder: an ebuild with USE flags, built for the store path it will have, without root and without a merge."""

import glob
import grp
import hashlib
import os
import pwd
import re
import shutil

from nipsys.build.foreign.driver import Recipe, Wish, broken
from nipsys.effects.process import Finished, run
from nipsys.model.frozen import replace
from nipsys.model.problem import Problem, Rejected, reject

_VERSION = re.compile(r"-(\d[\w.]*(?:-r\d+)?)\.ebuild$")
_USES = re.compile(r'^IUSE="([^"]*)"', re.MULTILINE)
_OFF = "sandbox usersandbox userpriv ipc-sandbox network-sandbox pid-sandbox mount-sandbox news strict preserve-libs merge-sync"
_FEATURES = " ".join(["unprivileged", *(f"-{name}" for name in _OFF.split())])


class Portage:
    """Portage in an environment of its own (`nipsys bootstrap install portage`)."""

    name = "gentoo"

    def __init__(self, home: str) -> None:
        """``home`` is the environment: ``home/bin/python`` can import portage."""
        self.home = home

    def look(self, wish: Wish) -> Recipe:
        """Find the newest ebuild and let Portage judge the flags."""
        path = _ebuild(wish)
        version = _VERSION.search(path)
        assert version is not None
        self._known(wish, path)
        wish = replace(wish, prefix=f"{wish.work}/probe")
        self._prepare(wish)
        pretend = self._run(wish, "emerge", "--pretend", "--nodeps", "--quiet", f"={wish.package}-{version[1]}")
        if pretend.code:
            raise _refused(wish, pretend)
        files = (path, f"{os.path.dirname(path)}/Manifest")
        identity = [(os.path.basename(file), _sha256(file)) for file in files if os.path.exists(file)]
        identity += [(name, _sha256(name)) for name in sorted(glob.glob(f"{os.path.dirname(path)}/files/*")) if os.path.isfile(name)]
        identity.append(("compiler", run(["gcc", "-dumpfullversion", "-dumpmachine"]).output.strip()))
        return Recipe(wish.package.rpartition("/")[2], version[1], tuple((os.path.basename(name), digest) for name, digest in identity))

    def build(self, wish: Wish, recipe: Recipe, log: str) -> str:
        """Run the ebuild's phases up to ``install``; the image is never merged.

        Portage looks for its configuration below the prefix, so a few links stand there while it runs.
        """
        self._prepare(wish)
        try:
            done = self._run(wish, "ebuild", _ebuild(wish), "clean", "install")
        finally:
            shutil.rmtree(wish.prefix)
        with open(log, "w", encoding="utf-8") as stream:
            stream.write(done.output)
        image = f"{wish.work}/scratch/portage/{wish.package}-{recipe.version}/image{wish.prefix}"
        if done.code or not os.path.isdir(image):
            raise broken("Portage", wish, recipe, log)
        return image

    def _known(self, wish: Wish, path: str) -> None:
        """Refuse flags that the ebuild does not list: Portage would pass over them in silence."""
        with open(path, encoding="utf-8") as stream:
            listed = {word.lstrip("+-") for words in _USES.findall(stream.read()) for word in words.split()}
        problems = [
            Problem(
                "unknown-flag",
                f"`{wish.package}` has no USE flag `{flag.name}`",
                flag.span,
                (),
                "it has " + ", ".join(f"`{name}`" for name in sorted(listed)) if listed else "it has none",
            )
            for flag in wish.flags
            if flag.name not in listed
        ]
        if problems:
            raise Rejected(problems, "request")

    def _prepare(self, wish: Wish) -> None:
        """Write the configuration Portage wants below its prefix: a profile, make.conf, its own defaults."""
        etc = f"{wish.prefix}/etc/portage"
        if os.path.isdir(etc):
            return
        os.makedirs(etc)
        os.makedirs(f"{wish.prefix}/share/portage")
        os.symlink(f"{self.home}/share/portage/config", f"{wish.prefix}/share/portage/config")
        profile = f"{wish.work}/profile"
        os.makedirs(profile, exist_ok=True)
        machine = os.uname().machine
        arch = {"x86_64": "amd64", "aarch64": "arm64"}[machine]
        with open(f"{profile}/make.defaults", "w", encoding="utf-8") as stream:
            stream.write(
                f'ARCH="{arch}"\nACCEPT_KEYWORDS="{arch} ~{arch}"\nCHOST="{machine}-pc-linux-gnu"\nABI="{arch}"\nDEFAULT_ABI="{arch}"\n'
                f'LIBDIR_{arch}="lib"\nIUSE_IMPLICIT="prefix"\nUSE_EXPAND_IMPLICIT="ARCH"\nUSE_EXPAND_VALUES_ARCH="{arch}"\n'
            )
        with open(f"{profile}/eapi", "w", encoding="utf-8") as stream:
            stream.write("8\n")
        os.symlink(profile, f"{etc}/make.profile")
        user, group = _names()
        with open(f"{etc}/make.conf", "w", encoding="utf-8") as stream:
            stream.write(
                f'FEATURES="{_FEATURES}"\nPORTAGE_USERNAME="{user}"\nPORTAGE_GRPNAME="{group}"\n'
                f'PORTAGE_INST_UID="{os.getuid()}"\nPORTAGE_INST_GID="{os.getgid()}"\nACCEPT_LICENSE="*"\nMAKEOPTS="-j{wish.jobs}"\n'
                f'DISTDIR="{wish.work}/distfiles"\nPKGDIR="{wish.work}/packages"\nPORTAGE_TMPDIR="{wish.work}/scratch"\n'
            )
        for name in ("distfiles", "packages", "scratch", "bin"):
            os.makedirs(f"{wish.work}/{name}", exist_ok=True)
        link = f"{wish.work}/bin/gtar"
        if not os.path.lexists(link) and (tar := shutil.which("gtar") or shutil.which("tar")):
            os.symlink(tar, link)

    def _run(self, wish: Wish, program: str, *arguments: str) -> Finished:
        name = _repository_name(wish.repository)
        environment = {
            "PATH": f"{wish.work}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": wish.work,
            "USE": " ".join([*wish.on(), *(f"-{flag}" for flag in wish.off())]),
            "PORTAGE_REPOSITORIES": f"[DEFAULT]\nmain-repo = {name}\n[{name}]\nlocation = {wish.repository}\n",
            "SOURCE_DATE_EPOCH": "1",
            "LC_ALL": "C.UTF-8",
        }
        driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "portage_run.py")
        return run(
            [f"{self.home}/bin/python", "-B", driver, wish.prefix, program, *arguments], env=environment, cwd=wish.work, seconds=7200
        )


def _ebuild(wish: Wish) -> str:
    found = sorted(glob.glob(f"{glob.escape(wish.repository)}/{wish.package}/*.ebuild"), key=_order)
    if not found:
        hint = "give the directory of ebuilds with `--repository` or NIPSYS_GENTOO_REPOSITORY, and the package as category/name"
        raise reject("request", "unknown-package", f"`{wish.repository}` has no ebuild of `{wish.package}`", hint=hint)
    return found[-1]


def _order(path: str) -> tuple[list[int], str]:
    version = _VERSION.search(path)
    return ([int(part) for part in re.findall(r"\d+", version[1])] if version else [], path)


def _names() -> tuple[str, str]:
    """Give user and group names; the numbers where the system has none."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    try:
        group = grp.getgrgid(os.getgid()).gr_name
    except KeyError:
        group = str(os.getgid())
    return user, group


def _repository_name(repository: str) -> str:
    try:
        with open(f"{repository}/profiles/repo_name", encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError:
        raise reject("request", "no-repository", f"`{repository}` is no directory of ebuilds", hint="it lacks profiles/repo_name") from None


def _sha256(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def _refused(wish: Wish, pretend: Finished) -> Rejected:
    lines = [line for line in pretend.output.splitlines() if line.strip() and not line.startswith(" *")]
    code = "required-use" if "REQUIRED_USE" in pretend.output else "build-refused"
    flags = " ".join(str(flag) for flag in wish.flags)
    message = f"Portage does not build `{wish.package}` with {flags or 'its default flags'}"
    return Rejected((Problem(code, message, None, tuple(lines[-12:]), "change the flags so that REQUIRED_USE holds"),), "request")
