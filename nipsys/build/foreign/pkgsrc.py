"""pkgsrc as a builder: bmake with PKG_OPTIONS, installed below the store path, without root."""

import hashlib
import os

from nipsys.build.foreign.driver import Recipe, Wish, broken
from nipsys.effects.process import Finished, run
from nipsys.model.problem import Problem, Rejected, reject


class Bmake:
    """A bootstrapped pkgsrc: ``home/bin/bmake`` works on the tree the wish names."""

    name = "pkgsrc"

    def __init__(self, home: str) -> None:
        """``home`` is the prefix that pkgsrc's own bootstrap made."""
        self.home = home

    def look(self, wish: Wish) -> Recipe:
        """Ask the makefile for name and version."""
        folder = f"{wish.repository}/{wish.package}"
        if not os.path.isfile(f"{folder}/Makefile"):
            hint = "give the pkgsrc tree with `--repository` or NIPSYS_PKGSRC, and the package as category/name"
            raise reject("request", "unknown-package", f"`{wish.repository}` has no `{wish.package}`", hint=hint)
        shown = self._bmake(wish, "show-vars", "VARNAMES=PKGNAME")
        name, _, version = shown.output.splitlines()[0].rpartition("-") if shown.code == 0 and shown.output else ("", "", "")
        if not name:
            lines = tuple(shown.output.splitlines()[-8:])
            raise Rejected((Problem("build-refused", f"bmake cannot read `{wish.package}`", None, lines),), "request")
        files = [file for file in ("Makefile", "distinfo", "options.mk") if os.path.isfile(f"{folder}/{file}")]
        return Recipe(name, version, tuple((file, _sha256(f"{folder}/{file}")) for file in files))

    def build(self, wish: Wish, recipe: Recipe, log: str) -> str:
        """Stage the package with DESTDIR; give what stands for the prefix."""
        done = self._bmake(wish, *arguments(wish, recipe.name), "stage-install")
        with open(log, "w", encoding="utf-8") as stream:
            stream.write(done.output)
        image = f"{wish.work}/{wish.package}/work/.destdir{wish.prefix}"
        if done.code or not os.path.isdir(image):
            raise broken("bmake", wish, recipe, log)
        return image

    def _bmake(self, wish: Wish, *words: str) -> Finished:
        environment = {"PATH": f"{self.home}/bin:{self.home}/sbin:/usr/bin:/bin", "HOME": wish.work, "LC_ALL": "C"}
        return run([f"{self.home}/bin/bmake", *words], env=environment, cwd=f"{wish.repository}/{wish.package}", seconds=7200)


def arguments(wish: Wish, name: str) -> tuple[str, ...]:
    """Give the variables of a build: prefix, work directory, options, jobs. gcc 10 and newer need ``-fcommon`` for older packages."""
    options = " ".join([*wish.on(), *(f"-{flag}" for flag in wish.off())])
    return (
        f"LOCALBASE={wish.prefix}",
        f"WRKOBJDIR={wish.work}",
        f"DISTDIR={wish.work}/distfiles",
        f"PKG_OPTIONS.{name}={options}",
        f"MAKE_JOBS={wish.jobs}",
        "CFLAGS+=-fcommon",
        "USE_DESTDIR=yes",
    )


def _sha256(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()
