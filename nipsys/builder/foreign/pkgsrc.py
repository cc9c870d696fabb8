"""pkgsrc as a builder: bmake with PKG_OPTIONS, staged with DESTDIR, without root, in the sandbox (``sandbox.py``)."""

import hashlib
import os
import re

from nipsys.builder.foreign.driver import BuildDependency, BuildRequest, BuiltImage, ForeignRecipe, describe_tool_failure
from nipsys.builder.foreign.sandbox import (
    REPOSITORY,
    TOOL,
    WORK,
    CommandResult,
    executables_path,
    prefix_path,
    run_tool,
    search_variables_of,
)
from nipsys.effects import run
from nipsys.model import Problem, Rejected, reject
from nipsys.model.package import Resource

_ASKED = ("PKGNAME", "PKG_SUPPORTED_OPTIONS", "DISTFILES", "MASTER_SITES", "DEPENDS", "BUILD_DEPENDS", "TOOL_DEPENDS")
_FILES = ("Makefile", "distinfo", "options.mk", "PLIST", "buildlink3.mk")
_SUM = re.compile(r"^SHA512 \((.+)\) = ([0-9a-f]{128})$", re.MULTILINE)
_SIZE = re.compile(r"^Size \((.+)\) = (\d+) bytes$", re.MULTILINE)
_SOURCE_LIMIT = 4 << 30


class Bmake:
    """A bootstrapped pkgsrc: ``home/bin/bmake`` builds from the requested tree."""

    name = "pkgsrc"

    def __init__(self, home: str) -> None:
        """``home`` is the prefix that pkgsrc's own bootstrap created."""
        self.home = home

    def find_recipe(self, request: BuildRequest) -> ForeignRecipe:
        """Ask the makefiles for name, version, options, sources and dependencies."""
        folder = f"{request.repository}/{request.package}"
        if not os.path.isfile(f"{folder}/Makefile"):
            hint = "pass the pkgsrc tree with `--repository` or NIPSYS_PKGSRC, and the package as category/name"
            raise reject("request", "unknown-package", f"`{request.repository}` has no `{request.package}`", hint=hint)
        shown = self._bmake(request, "show-vars", f"VARNAMES={' '.join(_ASKED)}")
        lines = shown.output.split("\n")
        values = dict(zip(_ASKED, lines[-len(_ASKED) - 1 : -1], strict=False)) if shown.succeeded else {}
        name, _, version = values.get("PKGNAME", "").rpartition("-")
        if not name:
            raise Rejected((Problem("build-refused", f"bmake cannot read `{request.package}`", None, tuple(lines[-9:])),), "request")
        if problems := _check_options(request, values["PKG_SUPPORTED_OPTIONS"].split()):
            raise Rejected(problems, "request")
        files = [*_FILES, *(f"{kind}/{file}" for kind in ("files", "patches") for file in sorted(_list_folder(f"{folder}/{kind}")))]
        identity = [(file, _sha256(f"{folder}/{file}")) for file in files if os.path.isfile(f"{folder}/{file}")]
        identity.append(("compiler", run(["gcc", "-dumpfullversion", "-dumpmachine"]).output.strip()))
        needs = [
            *_parse_depends(values["BUILD_DEPENDS"] + " " + values["TOOL_DEPENDS"], runs=False),
            *_parse_depends(values["DEPENDS"], runs=True),
        ]
        sources = _to_resources(values["DISTFILES"].split(), values["MASTER_SITES"].split(), f"{folder}/distinfo")
        return ForeignRecipe(name, version, tuple(identity), tuple({need.package: need for need in needs}.values()), sources)

    def build(self, request: BuildRequest, recipe: ForeignRecipe, log: str) -> BuiltImage:
        """Stage the package with DESTDIR and return the staged prefix. Its files must be those listed in +CONTENTS."""
        with open(f"{request.work}/build/mk.conf", "w", encoding="utf-8") as stream:
            stream.write(format_mk_conf(request, recipe.name))
        done = self._bmake(request, "stage-install", "generate-metadata")
        with open(log, "w", encoding="utf-8") as stream:
            stream.write(done.output)
        work = f"{request.work}/build/{request.package}/work"
        image = f"{work}/.destdir{request.prefix}"
        if not done.succeeded or not os.path.isdir(image):
            raise describe_tool_failure("bmake", request, recipe, log)
        _check_packing_list(f"{work}/.pkgdb/+CONTENTS", image, recipe)
        return BuiltImage(image, done.missing, done.seconds, done.clock)

    def _bmake(self, request: BuildRequest, *words: str) -> CommandResult:
        os.makedirs(f"{request.work}/build/distfiles", exist_ok=True)
        environment = {
            "PATH": f"{TOOL}/bin:{TOOL}/sbin:{executables_path(request.dependency_paths)}",
            "PKG_CONFIG_PATH": search_variables_of(request.dependency_paths).get("PKG_CONFIG_PATH", ""),
            "MAKECONF": f"{WORK}/mk.conf",
            "HOME": WORK,
            "LC_ALL": "C",
            "SOURCE_DATE_EPOCH": "1",
        }
        return run_tool(request, self.home, [f"{TOOL}/bin/bmake", *words], environment, f"{REPOSITORY}/{request.package}")


def format_mk_conf(request: BuildRequest, name: str) -> str:
    """Return mk.conf: prefix, work directory, options, jobs, flags. gcc 10 and newer need ``-fcommon`` for older packages."""
    found = search_variables_of(request.dependency_paths)
    values = {
        "LOCALBASE=": prefix_path(request),
        "WRKOBJDIR=": WORK,
        "DISTDIR=": f"{WORK}/distfiles",
        f"PKG_OPTIONS.{name}=": " ".join([*request.enabled_flags(), *(f"-{flag}" for flag in request.disabled_flags())]),
        "MAKE_JOBS=": str(request.variation.jobs),
        "CFLAGS+=": "-fcommon",
        **{f"{variable}+=": found[variable] for variable in ("CPPFLAGS", "LDFLAGS") if variable in found},
        "USE_DESTDIR=": "yes",
    }
    return "".join(f"{variable}\t{value}\n" for variable, value in values.items())


def _check_options(request: BuildRequest, listed: list[str]) -> list[Problem]:
    hint = "its options are " + ", ".join(f"`{name}`" for name in listed) if listed else "it has no options"
    return [
        Problem("unknown-flag", f"`{request.package}` has no option `{flag.name}`", flag.span, (), hint)
        for flag in request.flags
        if flag.name not in listed
    ]


def _parse_depends(text: str, *, runs: bool) -> list[BuildDependency]:
    """Parse dependencies as pkgsrc writes them, ``pattern:../../category/name``; tools without a path come from this machine."""
    return [BuildDependency(word.partition(":../../")[2].rstrip("/"), (), runs) for word in text.split() if ":../../" in word]


def _to_resources(files: list[str], sites: list[str], distinfo: str) -> tuple[Resource, ...]:
    if not files:
        return ()
    text = ""
    if os.path.isfile(distinfo):
        with open(distinfo, encoding="utf-8") as stream:
            text = stream.read()
    digests, sizes = dict(_SUM.findall(text)), dict(_SIZE.findall(text))
    problems = [
        Problem("recipe-pin", f"`{distinfo}` does not pin `{file}`", None, (), "it needs a SHA512 line")
        for file in files
        if file not in digests
    ]
    if problems:
        raise Rejected(problems, "request")
    return tuple(
        Resource(file, tuple(f"{site}{file}" for site in sites), int(sizes.get(file, _SOURCE_LIMIT)), f"sha512:{digests[file]}")
        for file in files
    )


def _check_packing_list(contents: str, image: str, recipe: ForeignRecipe) -> None:
    """Compare the staged files with the packing list, as pkgsrc's own check-files does."""
    with open(contents, encoding="utf-8") as stream:
        names = {line.rstrip("\n") for line in stream if line[:1] not in {"@", "+", "\n"}}
    there = {os.path.relpath(os.path.join(top, name), image) for top, _, files in os.walk(image) for name in files}
    notes = (
        *(f"listed but missing: {name}" for name in sorted(names - there)),
        *(f"present but not listed: {name}" for name in sorted(there - names)),
    )
    if notes:
        raise reject("build", "build-not-listed", f"the files of `{recipe.name}` do not match its PLIST", *notes, hint="correct PLIST")


def _list_folder(folder: str) -> list[str]:
    return os.listdir(folder) if os.path.isdir(folder) else []


def _sha256(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()
