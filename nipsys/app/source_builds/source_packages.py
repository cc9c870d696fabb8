"""Fetch and verify the source package of a package: its description, upstream archives, the distribution's changes."""

import os
import shutil
from collections.abc import Sequence

from nipsys.app.context import Context
from nipsys.app.sync import sync
from nipsys.model import Rejected, reject, replace
from nipsys.model.package import PackageRecord, Resource
from nipsys.sources import Source, SupportsSourcePackages


def fetch_source(context: Context, source: SupportsSourcePackages, name: str, version: str | None, into: str) -> tuple[str, ...]:
    """Copy the files of a source package (``version``, or the newest) to the directory ``into``; return their paths, ``.dsc`` first.

    ``name`` is a source package or a binary one. Raise ``Rejected`` (kind ``request``) when it does not exist.
    """
    reading = source.to_source_packages()
    (synced,) = sync((reading,), context.web, context.layout.indexes, context.report)
    found = [record for record in synced.to_batch().records if _is_source_of(record, name) and version in {None, record.version}]
    synced.commit()
    if not found:
        wanted = f"`{name}` {version}" if version else f"`{name}`"
        hint = "`nipsys info` shows the source package of a package"
        raise reject("request", "unknown-package", f"`{source.spec.name}` has no source package {wanted}", hint=hint)
    newest = max(found, key=lambda record: (record.name == name, reading.dialect.sort_key(record.version)))
    wanted_files = reading.resources_of(newest)
    paths = _fetch_files(context, wanted_files)
    os.makedirs(into, exist_ok=True)
    for role, path in paths.items():
        assert path is not None, "files of a source package are not optional"
        shutil.copyfile(path, os.path.join(into, role))
    return tuple(os.path.join(into, resource.role) for resource in wanted_files)


def _fetch_files(context: Context, files: Sequence[Resource]) -> dict[str, str | None]:
    """Fetch the files of a source package. A missing one was removed from the archive after its list was read, so the hint says that."""
    try:
        return {one.resource.role: one.path for one in context.web.fetch(files, context.layout.downloads, context.report)}
    except Rejected as error:
        hint = "the archive may have moved to another version: run the command again, pass `--version`, or try another mirror"
        problems = (replace(problem, hint=hint) if problem.code == "not-found" else problem for problem in error.problems)
        raise Rejected(problems, error.kind) from error


def find_packaged_source(sources: Sequence[Source], name: str | None) -> SupportsSourcePackages:
    """Return the source ``name``, or the first, that has source packages. Raise ``Rejected`` (kind ``request``) when it does not exist."""
    for source in sources:
        if isinstance(source, SupportsSourcePackages) and name in {None, source.spec.name}:
            return source
    message = f"the profile has no Debian source `{name}`" if name else "the profile has no Debian source"
    raise reject("request", "no-source", message, hint="only sources of kind `debian` have source packages")


def _is_source_of(record: PackageRecord, name: str) -> bool:
    return record.name == name or name in dict(record.facts)["binary"].split()
