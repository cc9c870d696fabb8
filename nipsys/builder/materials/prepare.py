"""Prepare sources and seeds: fetch by digest, extract without trusting the archive, classify the files, apply the recipe's patches.

Each is extracted once and kept, read-only, in a directory named by a digest of everything that decides its content.
"""

import bz2
import fnmatch
import gzip
import io
import json
import lzma
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from typing import IO

from nipsys.builder.materials.classify import SourceStats, classify_tree
from nipsys.builder.sandbox import StepFailed, apply_replacements
from nipsys.model import Frozen, Problem, Rejected, asdict, blake3_of, digest_of, reject, to_canonical_json
from nipsys.model.package import Material, Recipe, Resource

Fetch = Callable[[Resource], str]
"""Returns the path of verified bytes; ``Rejected`` (kind ``source``) when no URL provides them."""

_DEFAULT_LIMIT = 1 << 30
_Stream = IO[bytes] | gzip.GzipFile


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


def prepare_material(recipe: Recipe, material: Material, folder: str, mirrors: tuple[str, ...], fetch: Fetch) -> PreparedMaterial:
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
            _unpack(recipe, material, path, f"{work}/tree")
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
        with open(path, "rb") as stream:
            found = digest_of(stream.read(), "sha256")[7:]
    except OSError as error:
        raise reject("build", "build-source-missing", f"`{material.path}` of recipe `{recipe.name}`: {error.strerror}") from None
    if found != material.sha256:
        notes = (f"recipe: {material.sha256}", f"file:   {found}")
        raise Rejected(
            (
                Problem(
                    "build-source-digest", f"`{material.path}` does not match the digest in recipe `{recipe.name}`", material.span, notes
                ),
            ),
            "build",
        )
    return path


def _unpack(recipe: Recipe, material: Material, path: str, target: str) -> None:
    os.makedirs(target)
    try:
        if material.kind == "file":
            shutil.copyfile(path, f"{target}/{os.path.basename(material.path or (material.urls or (material.pool,))[0])}")
        elif material.kind == "deb":
            with open(path, "rb") as stream:
                _extract_tar(_open_deb_data(stream), material, target)
        else:
            with open(path, "rb") as stream:
                _extract_tar(_decompress(stream), material, target)
    except (tarfile.TarError, EOFError, lzma.LZMAError, ValueError, OSError) as error:
        message = f"`{material.name}` of recipe `{recipe.name}` cannot be extracted: {error}"
        raise Rejected((Problem("build-unpack", message, material.span),), "build") from None


def _decompress(stream: IO[bytes]) -> _Stream:
    """Decompress a stream; its first bytes say how."""
    magic = stream.read(6)
    stream.seek(-len(magic), io.SEEK_CUR)
    if magic[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=stream)
    if magic[:3] == b"BZh":
        return bz2.BZ2File(stream)
    if magic == b"\xfd7zXZ\0":
        return lzma.LZMAFile(stream)
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        import zstandard  # noqa: PLC0415 - heavy, only here

        return zstandard.ZstdDecompressor().stream_reader(stream)
    return stream


def _open_deb_data(stream: IO[bytes]) -> _Stream:
    """Open ``data.tar.*`` in a Debian package, which is an ``ar`` archive (deb(5))."""
    if stream.read(8) != b"!<arch>\n":
        raise ValueError("it is not a Debian package")
    while len(header := stream.read(60)) == 60:
        size = int(header[48:58])
        if header.startswith(b"data.tar"):
            return _decompress(io.BytesIO(stream.read(size)))
        stream.seek(size + size % 2, io.SEEK_CUR)
    raise ValueError("the Debian package has no data archive")


def _extract_tar(stream: _Stream, material: Material, target: str) -> None:
    hard_links = []
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=1) as archive:
        for member in archive:
            path = _strip_path(member.name, material.strip)
            if path is None or not _is_selected(path, material):
                continue
            full = f"{target}/{path}"
            _check_no_symlink(target, path)
            if member.isdir():
                os.makedirs(full, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if member.issym():
                os.symlink(member.linkname, full)
            elif member.islnk():
                hard_links.append((_strip_path(member.linkname, material.strip) or "", full))
            elif member.isreg():
                _write_member(archive.extractfile(member), full, executable=bool(member.mode & 0o100))
            else:
                raise ValueError(f"`{member.name}` is not a file, link or directory")
    for origin, full in hard_links:
        _check_no_symlink(target, origin)
        shutil.copy2(f"{target}/{origin}", full)


def _strip_path(name: str, strip: int) -> str | None:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts or name.startswith("/"):
        raise ValueError(f"`{name}` points outside the archive")
    return "/".join(parts[strip:]) if len(parts) > strip else None


def _check_no_symlink(target: str, path: str) -> None:
    """Raise ``ValueError`` for a path that leads through a symbolic link in the archive itself."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        if os.path.islink(f"{target}/{'/'.join(parts[:count])}"):
            raise ValueError(f"`{path}` leads through a symbolic link")


def _is_selected(path: str, material: Material) -> bool:
    if material.only and not any(fnmatch.fnmatchcase(path, pattern) for pattern in material.only):
        return False
    return not any(fnmatch.fnmatchcase(path, pattern) for pattern in material.skip)


def _write_member(body: IO[bytes] | None, full: str, *, executable: bool) -> None:
    if body is None:
        raise ValueError(f"`{full}` has no content")
    if os.path.lexists(full):
        os.remove(full)
    with open(full, "wb") as stream:
        shutil.copyfileobj(body, stream, 1 << 20)
    if executable:
        os.chmod(full, 0o755)  # noqa: S103 - as the archive says


def _apply_changes(material: Material, tree: str) -> None:
    for change in material.changes:
        full = f"{tree}/{change.path}"
        try:
            if not hasattr(change, "replacements"):
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as stream:
                    stream.write(change.text)
            else:
                apply_replacements(full, [asdict(replacement) for replacement in change.replacements])
        except (OSError, StepFailed) as error:
            message = f"a patch of `{material.name}` does not apply: {error}".replace(f"{tree}/", "")
            raise Rejected((Problem("build-patch", message, material.span),), "build") from None


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
