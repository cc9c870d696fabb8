"""Extract the archive of a material with the readers and the path policy of the store: whatever a package may not do, a source may not."""

import fnmatch
import os
import shutil

from nipsys.model.package import Material, UnpackSpec
from nipsys.store import Limits
from nipsys.store.formats import find_reader
from nipsys.store.ingest import Admitted, PathPolicy


def extract_archive(material: Material, path: str, target: str, limits: Limits) -> None:
    """Extract the archive at ``path`` into the existing, empty directory ``target``: of a Debian package, its data.

    Files may be written afterwards; the first bit of their mode is kept and their time is not. ``Rejected`` (kind ``source``) when the
    archive is damaged, exceeds ``limits`` or has a member that no package may have.
    """
    container = UnpackSpec("deb" if material.kind == "deb" else "tar", strip=material.strip)
    policy = PathPolicy(container, limits)
    with open(path, "rb") as stream:
        for member in find_reader(container.format)(stream, container, limits):
            mapped = policy.map_path(member.path, member)
            if mapped is None or member.role != "payload" or not _is_selected(mapped, material):
                continue
            place = policy.check(member)
            if place is not None:
                _write_member(place, target)


def _is_selected(path: str, material: Material) -> bool:
    if material.only and not any(fnmatch.fnmatchcase(path, pattern) for pattern in material.only):
        return False
    return not any(fnmatch.fnmatchcase(path, pattern) for pattern in material.skip)


def _write_member(place: Admitted, target: str) -> None:
    """Write an admitted member; the policy has seen to it that no part of its path is a link."""
    member, full = place.member, f"{target}/{place.path}"
    if member.kind == "directory":
        os.makedirs(full, exist_ok=True)
        return
    os.makedirs(os.path.dirname(full), exist_ok=True)
    match member.kind:
        case "link":
            os.symlink(member.target, full)
        case "hard":  # a copy: a patch of one must not change the other
            shutil.copy2(f"{target}/{place.target}", full)
        case _:
            with open(full, "xb") as stream:
                stream.writelines(member.data)
            if member.mode & 0o100:
                os.chmod(full, 0o755)  # noqa: S103 - as the archive says
