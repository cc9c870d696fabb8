"""Trust on first use for artifacts whose repository publishes no digest: fetch them while locking and record the digest seen.

From then on the digest in the lock counts. A mirror that later serves other bytes, to any machine, is detected.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nipsys.app.context import Context
from nipsys.model import Warned, replace
from nipsys.model.system import Lock, LockedPackage
from nipsys.sources import Source

if TYPE_CHECKING:
    from nipsys.effects.web import Fetched


def pin_first_use(context: Context, sources: Sequence[Source], lock: Lock, before: Lock | None) -> Lock:
    """Return ``lock`` with a digest for every artifact; an artifact that is in ``before`` keeps its digest."""
    bare = [package for package in lock.packages if not package.digest and package.location]
    if not bare:
        return lock
    seen = {_key(package): package for package in before.packages if package.digest} if before else {}
    pinned = {
        package.id: package._replace(digest=seen[_key(package)].digest, size=seen[_key(package)].size)
        for package in bare
        if _key(package) in seen
    }
    pinned |= _fetch_digests(context, sources, [package for package in bare if package.id not in pinned])
    return replace(lock, packages=tuple(pinned.get(package.id, package) for package in lock.packages))


def _keep_by_digest(context: Context, found: "Fetched") -> None:
    """Rename an artifact to what ``apply`` looks for, so that it is not fetched again."""
    from nipsys.effects.web import file_name_of  # noqa: PLC0415 - few locks fetch

    assert found.path is not None
    os.replace(found.path, f"{context.layout.downloads}/{file_name_of(replace(found.resource, digest=found.digest))}")


def _key(package: LockedPackage) -> tuple[str, str, str]:
    return package.id, package.version, package.location


def _fetch_digests(context: Context, sources: Sequence[Source], packages: Sequence[LockedPackage]) -> dict[str, LockedPackage]:
    if not packages:
        return {}
    by_name = {source.spec.name: source for source in sources}
    wanted = {by_name[package.source].artifact(package).role: package for package in packages}
    resources = [by_name[package.source].artifact(package) for package in packages]
    os.makedirs(context.layout.downloads, exist_ok=True)
    pinned = {}
    for found in context.web.fetch(resources, context.layout.downloads, context.report):
        package = wanted[found.resource.role]
        assert found.path is not None
        pinned[package.id] = package._replace(digest=found.digest, size=os.path.getsize(found.path))
        _keep_by_digest(context, found)
    for name in sorted({package.source for package in packages}):
        count = sum(package.source == name for package in packages)
        hint = "the lock pins the digests of this download from now on; compare them with those of other machines"
        context.report(Warned(f"`{name}` publishes no digest for {count} of the packages: trusted on first use", hint))
    return pinned
