"""Prepare sources and seeds: fetch by digest, extract without trusting the archive, classify the files, apply the recipe's patches.

Each is extracted once and kept, read-only, in a directory named by a digest of everything that decides its content.
"""

import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator

from nipsys.builder.materials.classify import SourceStats, classify_tree
from nipsys.builder.materials.extraction import extract_archive
from nipsys.builder.sandbox import StepFailed, apply_replacements
from nipsys.model import Frozen, Problem, Rejected, asdict, blake3_of, reject, to_canonical_json
from nipsys.model.package import Material, Recipe, Resource
from nipsys.store import Limits

Fetch = Callable[[Resource], str]
"""Returns the path of verified bytes; ``Rejected`` (kind ``source``) when no URL provides them."""

_DEFAULT_LIMIT = 1 << 30
_LIMITS = Limits()
_HINTS = {
    "hostile-member": "do not build from this archive; report it to its authors",
    "damaged-archive": "its digest is right, so every copy is like this: pin another archive in the recipe",
}
"""By the code of the store's problem."""


class PreparedMaterial(Frozen):
    """An extracted and patched material."""

    material: Material
    path: str
    """Directory to be mounted at ``/src/NAME``."""
    size: int
    """Bytes of the archive, or of the file."""
    sha256: str
    stats: SourceStats


def to_resource(material: Material, mirrors: tuple[str, ...]) -> Resource:
    """Return the resource to fetch for a material; a path in a Debian pool is tried on every mirror."""
    urls = tuple(f"{mirror.rstrip('/')}/{material.pool}" for mirror in mirrors if material.pool) + material.urls
    return Resource(f"material:{material.name}", urls, material.size or _DEFAULT_LIMIT, f"sha256:{material.sha256}", material.size or None)


def prepare_material(
    recipe: Recipe, material: Material, folder: str, mirrors: tuple[str, ...], fetch: Fetch, *, limits: Limits = _LIMITS
) -> PreparedMaterial:
    """Extract and patch a material below ``folder``, unless that was done before.

    ``Rejected``: kind ``source`` when it cannot be fetched, ``host`` when this machine lacks it, ``build`` when it cannot be read,
    extracted or patched.
    """
    if material.kind == "host":
        return _prepare_host_file(material)
    identity = asdict(material)
    kept = {key: identity[key] for key in ("sha256", "strip", "only", "skip", "changes", "kind")}
    place = f"{folder}/{blake3_of(to_canonical_json(kept))[7:39]}"
    if not os.path.exists(f"{place}.json"):
        path = _find_local_file(recipe, material) if material.path else fetch(to_resource(material, mirrors))
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as work:
            _unpack(recipe, material, path, f"{work}/tree", limits)
            facts = asdict(classify_tree(f"{work}/tree"))
            _apply_changes(material, f"{work}/tree")
            _normalize_tree(f"{work}/tree")
            if not os.path.exists(place):
                os.rename(f"{work}/tree", place)
        with open(f"{place}.json.new", "w", encoding="utf-8") as stream:
            json.dump({"size": os.path.getsize(path), "facts": facts}, stream)
        os.rename(f"{place}.json.new", f"{place}.json")
    with open(f"{place}.json", encoding="utf-8") as stream:
        known = json.load(stream)
    return PreparedMaterial(material, place, known["size"], material.sha256, SourceStats(**known["facts"]))


def _prepare_host_file(material: Material) -> PreparedMaterial:
    if not os.path.exists(material.path):
        raise reject("host", "build-host-input", f"this machine has no `{material.path}`", f"seed `{material.name}` is read from it")
    return PreparedMaterial(material, material.path, 0, "", SourceStats())


def _find_local_file(recipe: Recipe, material: Material) -> str:
    path = os.path.join(recipe.folder, material.path)
    try:
        found = _digest_regular_file(path)
    except OSError as error:
        code = "missing-file" if isinstance(error, FileNotFoundError) else "unreadable-file"
        message = f"`{material.path}` of recipe `{recipe.name}`: {error.strerror}"
        raise Rejected((Problem(code, message, material.span),), "build") from None
    if found != material.sha256:
        notes = (f"recipe: {material.sha256}", f"file:   {found}")
        message = f"`{material.path}` does not match the digest in recipe `{recipe.name}`"
        raise Rejected((Problem("wrong-digest", message, material.span, notes),), "build")
    return path


def _digest_regular_file(path: str) -> str:
    """Return the SHA-256 of a file in hex; ``OSError`` when it cannot be read, or is a pipe or device, which might never end."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unpack(recipe: Recipe, material: Material, path: str, target: str, limits: Limits) -> None:
    os.makedirs(target)
    try:
        if material.kind == "file":
            shutil.copyfile(path, f"{target}/{os.path.basename(material.path or (material.urls or (material.pool,))[0])}")
        else:
            extract_archive(material, path, target, limits)
    except OSError as error:
        raise _reject_archive(recipe, material, str(error)) from None
    except Rejected as rejected:
        problem = rejected.problems[0]
        raise _reject_archive(recipe, material, problem.message, *problem.notes, hint=_HINTS.get(problem.code)) from rejected


def _reject_archive(recipe: Recipe, material: Material, reason: str, *notes: str, hint: str | None = None) -> Rejected:
    message = f"`{material.name}` of recipe `{recipe.name}` cannot be extracted: {reason}"
    return Rejected((Problem("build-unpack", message, material.span, notes, hint),), "build")


def _apply_changes(material: Material, tree: str) -> None:
    for change in material.changes:
        try:
            full = _locate_in_tree(tree, change.path)
            if not hasattr(change, "replacements"):
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as stream:
                    stream.write(change.text)
            else:
                apply_replacements(full, [asdict(replacement) for replacement in change.replacements])
        except (OSError, StepFailed, ValueError) as error:
            message = f"a patch of `{material.name}` does not apply: {error}".replace(f"{tree}/", "")
            raise Rejected((Problem("build-patch", message, material.span),), "build") from None


def _locate_in_tree(tree: str, path: str) -> str:
    """Return where ``path`` leads, its links followed; ``ValueError`` when that is outside: a source may link to any file of the host."""
    top = os.path.realpath(tree)
    full = os.path.realpath(f"{top}/{path}")
    if not full.startswith(f"{top}/"):
        raise ValueError(f"`{path}` leads out of the source")
    return full


def _normalize_tree(tree: str) -> None:
    """Set the same time on every file and remove write permission, so that every extraction is the same."""
    for path, is_file in _iter_files(tree):
        if is_file:
            os.chmod(path, 0o555 if os.stat(path).st_mode & 0o100 else 0o444)
            os.utime(path, (1, 1))


def _iter_files(tree: str) -> Iterator[tuple[str, bool]]:
    for top, _, files in os.walk(tree):
        for name in files:
            path = f"{top}/{name}"
            yield path, not os.path.islink(path)
