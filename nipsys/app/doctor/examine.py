"""Which guarantees hold on this host, each tried, and what to do about those that do not."""

import os

from nipsys.app.context import Site
from nipsys.app.doctor.finding import Finding
from nipsys.app.doctor.programs import ways
from nipsys.app.run.start import current_system
from nipsys.effects.disk.native import library
from nipsys.effects.filelock import guard
from nipsys.effects.host.namespaces import probe
from nipsys.store.trees import Store
from nipsys.view.relocate.copies import missing_twins


def examine(site: Site) -> tuple[Finding, ...]:
    """Try everything; nothing is kept but the compiled launcher."""
    os.makedirs(f"{site.root}/state", exist_ok=True)
    return (*_waiting(site), *ways(site.root, probe()), _disk(), *_store(site), _path(site))


def repair(site: Site) -> tuple[str, ...]:
    """Make what the current generation needs on this host and lacks: relocated programs where namespaces are closed.

    Gives the worlds that got them; nothing where nothing is missing. ``Rejected`` when they cannot be made.
    """
    from nipsys.view.relocate.backfill import retrofit  # noqa: PLC0415 - few hosts need it

    system = current_system(site)
    if system is None:
        return ()
    with guard(site.layout.lock, command=site.command, clock=site.clock, report=site.report):
        return retrofit(system.views, system.arch, Store(site.root, report=site.report), probe(), site.report)


def _waiting(site: Site) -> tuple[Finding, ...]:
    """Name the worlds whose programs cannot start here yet."""
    system = current_system(site)
    if system is None:
        return ()
    missing = set(missing_twins(site.root, (view.directory for view in system.views), probe()))
    worlds = ", ".join(f"`{view.world}`" for view in system.views if view.directory in missing)
    if not worlds:
        return ()
    return (Finding("programs", "fails", f"the programs of {worlds} cannot start here", "run `nipsys doctor --repair` to relocate them"),)


def _disk() -> Finding:
    if library() is not None:
        return Finding("disk", "holds", "files are written and read by the compiled library")
    return Finding(
        "disk",
        "partly",
        "files are written and read by Python alone: the same, more slowly",
        "install a wheel for this machine, or install nipsys again where a C compiler is at hand",
    )


def _store(site: Site) -> tuple[Finding, ...]:
    facts = os.statvfs(site.root)
    free = facts.f_bavail * facts.f_frsize
    room = Finding(
        "space",
        "holds" if free > 1 << 30 else "partly",
        f"{free >> 20} MiB are free below `{site.root}`",
        "" if free > 1 << 30 else "run `nipsys gc`",
    )
    one, other = f"{site.root}/state/.doctor-{os.getpid()}", f"{site.root}/state/.doctor-{os.getpid()}-link"
    try:
        with open(one, "wb"):
            pass
        os.link(one, other)
        links = Finding("hard links", "holds", "views share their bytes with the store")
        os.unlink(other)
    except OSError as error:
        links = Finding("hard links", "partly", f"this file system makes no hard links ({error.strerror}): views cost a copy each")
    finally:
        if os.path.exists(one):
            os.unlink(one)
    return room, links


def _path(site: Site) -> Finding:
    if site.layout.executables in os.environ.get("PATH", "").split(":"):
        return Finding("path", "holds", "the programs of the current generation are on PATH")
    return Finding(
        "path",
        "partly",
        "the programs of the current generation are not on PATH",
        'put `eval "$(nipsys env)"` into your shell\'s start file',
    )
