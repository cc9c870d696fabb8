"""Build a package by the tool of another world, and keep the tree as any other."""

import json
import os
import shutil
import tempfile

from nipsys.app.build import Built
from nipsys.app.tools import tool_home
from nipsys.build.capture import capture
from nipsys.build.chain import read_flag
from nipsys.build.foreign.driver import Driver, Recipe, Wish, variant_key
from nipsys.build.foreign.gentoo import Portage
from nipsys.build.foreign.mapping import SHIPPED, Table, native, read_table
from nipsys.build.foreign.nix import Nix
from nipsys.build.foreign.pkgsrc import Bmake
from nipsys.build.one import Workshop
from nipsys.build.records import MaterialRecord, Record, Witness
from nipsys.build.trees import StoreTrees
from nipsys.effects.files import replace as replace_file
from nipsys.model.event import Began, Ended, Warned
from nipsys.model.frozen import Frozen, replace
from nipsys.model.problem import reject
from nipsys.model.tree import File, TreeName
from nipsys.store.places import artifact_path
from nipsys.store.records import artifact_text

ORDER = ("nix", "pkgsrc", "gentoo")
"""In which order ``auto`` asks."""
TOOL = {"gentoo": "portage", "pkgsrc": "pkgsrc", "nix": "nix"}
"""Source to the tool that `bootstrap` knows."""
_REPOSITORIES = {"gentoo": "NIPSYS_GENTOO_REPOSITORY", "pkgsrc": "NIPSYS_PKGSRC", "nix": "NIPSYS_NIXPKGS"}


def driver(root: str, source: str) -> Driver:
    """Give the driver of ``source``; ``Rejected`` (kind ``host``) when its tool is missing, with the ways to get it."""
    tool = TOOL[source]
    home = tool_home(root, tool)
    if home is None:
        hint = (
            f"`nipsys bootstrap install {tool}`; or `--container`; or another `--source`; `nipsys bootstrap info {tool}` tells how by hand"
        )
        raise reject("host", "tool-missing", f"`{source}` builds need `{tool}`, which is not here", hint=hint)
    if source == "gentoo":
        return Portage(home)
    return Bmake(home) if source == "pkgsrc" else Nix(home, f"{root}/tools/nix-root")


def repository(root: str, source: str, given: str | None) -> str:
    """Give the directory of ebuilds, pkgsrc tree or Nix expression: as given, else by the environment, else the root's own."""
    return os.path.abspath(given or os.environ.get(_REPOSITORIES[source]) or f"{root}/repositories/{source}")


class Order(Frozen):
    """What is wanted of a foreign tool."""

    source: str
    """``gentoo``, ``pkgsrc``, ``nix``, or ``auto``: the first that is here and has a repository."""
    package: str
    flags: tuple[str, ...]
    """In nipsys's own words."""
    repository: str | None = None


def build_foreign(shop: Workshop, root: str, order: Order) -> Built:
    """Build a package by the tool of its source."""
    package = order.package
    source = _first(root, order.repository) if order.source == "auto" else order.source
    tool = driver(root, source)
    table = os.path.expanduser("~/.config/nipsys/variant-mappings.json")
    tables: tuple[Table, ...] = (SHIPPED,)
    if os.path.exists(table):
        with open(table, encoding="utf-8") as stream:
            tables = (read_table(table, stream.read()), SHIPPED)
    wanted = native(package, tuple(read_flag(flag) for flag in order.flags), source, tables)
    os.makedirs(f"{shop.folder}/work", exist_ok=True)
    work = tempfile.mkdtemp(dir=f"{shop.folder}/work", prefix=f"{source}-")
    wish = Wish(package, wanted, repository(root, source, order.repository), "", work, shop.options.jobs)
    recipe = tool.look(wish)
    key = variant_key(source, recipe, wanted, os.uname().machine)
    named = TreeName(key, recipe.name, recipe.version)
    label = " ".join([package, *(str(flag) for flag in sorted(wanted, key=str))])
    known = shop.records.get(key)
    if known is not None and shop.trees.has(named) and not shop.options.no_cache:
        shutil.rmtree(work)
        return Built(known, shop.trees.path(named))
    shop.report(Began("build", detail=f"{label} by {source}"))
    shop.report(Warned(f"`{label}` is built by `{source}` with this machine's own tools: it is not shut into the sandbox"))
    os.makedirs(f"{shop.folder}/logs", exist_ok=True)
    log = f"{shop.folder}/logs/{recipe.name}-{recipe.version}-{key[7:23]}.log"
    image = tool.build(replace(wish, prefix=shop.trees.path(named)), recipe, log)
    record = replace(_keep(shop, named, image, source, recipe), label=label, flags=tuple((flag.name, flag.value) for flag in wanted))
    shop.records.put(record)
    _offer(root, shop, named, record, source)
    if not shop.options.keep_work:
        shutil.rmtree(work, ignore_errors=True)
    shop.records.name(label, key)
    shop.report(Ended("build", label))
    return Built(record, shop.trees.path(named))


def _offer(root: str, shop: Workshop, named: TreeName, record: Record, source: str) -> None:
    """List a built package in ``R/built``, which is a source of recipes: a profile can name it, and it is locked by its variant hash."""
    assert isinstance(shop.trees, StoreTrees)
    shop.trees.store.disk.write(artifact_path(named.digest), (artifact_text(named),))
    path = f"{root}/built/index.json"
    rows: list[dict[str, object]] = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as stream:
            rows = [row for row in json.load(stream)["recipes"] if row["variant"] != named.digest]
    row = {"name": named.name, "version": named.version, "arch": record.arch, "path": "", "summary": f"built by {source}", "needs": []}
    rows.append({**row, "axes": {name: [value] for name, value in record.flags}, "closure": source, "variant": named.digest})
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_file(path, json.dumps({"format": 1, "recipes": rows}, indent=1).encode())


def _first(root: str, given: str | None) -> str:
    here = (name for name in ORDER if tool_home(root, TOOL[name]) and os.path.exists(repository(root, name, given)))
    return next(here, "gentoo")


def _keep(shop: Workshop, named: TreeName, image: str, source: str, recipe: Recipe) -> Record:
    """Adopt the image under its key, and record what is known: the tool's own build is one opaque witness."""
    assert isinstance(shop.trees, StoreTrees)
    shop.trees.keep_as(image, named)
    tree = capture(shop.trees.path(named))
    identity = " ".join(f"{name}={digest[:12]}" for name, digest in recipe.identity)
    reason = f"built by {source} with the compiler of this machine: {identity}"
    tool = MaterialRecord(f"{source} tools", "host", True, "", 0, reason, 0, 0, 0, 0, 0, 0, 0)
    everything = ("user", "mount", "pid", "net", "ipc", "uts")
    witness = Witness(shop.now, os.getuid(), shop.options.jobs, False, 0.0, tree.digest(), everything)
    return Record(
        key=named.digest,
        name=recipe.name,
        version=recipe.version,
        passname=source,
        label="",
        flags=(),
        libc="glibc",
        arch=os.uname().machine,
        tree=named.digest,
        directory=named.directory,
        size=tree.size,
        files=sum(isinstance(entry, File) for entry in tree.entries),
        recipe_bytes=0,
        materials=(tool,),
        inputs=(),
        exports=(),
        generated=(),
        references=(),
        dynamic=(),
        executed=0,
        witnesses=(witness,),
    )
