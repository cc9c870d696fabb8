"""Check which guarantees hold on this host by trying each one, and repair programs that cannot start."""

import os

from nipsys.app.context import Context
from nipsys.app.doctor.finding import Finding
from nipsys.app.doctor.programs import examine_programs
from nipsys.app.root import hold_root
from nipsys.app.run import read_current_system
from nipsys.effects.disk import load_library
from nipsys.effects.host import probe
from nipsys.model.system import System
from nipsys.store import Store
from nipsys.view.relocate import find_missing_twins


def examine_host(context: Context) -> tuple[Finding, ...]:
    """Try every guarantee and return the findings; only the compiled launcher is kept."""
    os.makedirs(f"{context.root}/state", exist_ok=True)
    return (
        *_check_programs(context),
        *examine_programs(context.root, probe()),
        _check_disk(),
        *_check_store(context),
        _check_path(context),
    )


def relocate_programs(context: Context, system: System | None = None) -> tuple[str, ...]:
    """Create the relocated programs that the current generation lacks on a host without user namespaces.

    ``system`` is the current one, if the caller has read it. Return the worlds that got them; empty when nothing was missing. Raise
    ``Rejected`` when they cannot be created.
    """
    from nipsys.view.relocate import make_missing_twins  # noqa: PLC0415 - few hosts need it

    system = system or read_current_system(context)
    if system is None:
        return ()
    with hold_root(context):
        return make_missing_twins(system.views, system.arch, Store(context.root, report=context.report), probe(), context.report)


def _check_programs(context: Context) -> tuple[Finding, ...]:
    """Find the worlds whose programs cannot start on this host yet."""
    system = read_current_system(context)
    if system is None:
        return ()
    missing = set(find_missing_twins(context.root, (view.directory for view in system.views), probe()))
    worlds = ", ".join(f"`{view.world}`" for view in system.views if view.directory in missing)
    if not worlds:
        return ()
    return (
        Finding("programs", "fails", f"programs of {worlds} cannot start on this host", "run `nipsys doctor --repair` to relocate them"),
    )


def _check_disk() -> Finding:
    if load_library() is not None:
        return Finding("disk", "holds", "files are read and written by the compiled library")
    return Finding(
        "disk",
        "partly",
        "files are read and written in pure Python: same result, but slower",
        "install a wheel for this machine, or reinstall nipsys where a C compiler is available",
    )


def _check_store(context: Context) -> tuple[Finding, ...]:
    facts = os.statvfs(context.root)
    free = facts.f_bavail * facts.f_frsize
    room = Finding(
        "space",
        "holds" if free > 1 << 30 else "partly",
        f"{free >> 20} MiB free in `{context.root}`",
        "" if free > 1 << 30 else "run `nipsys gc`",
    )
    one, other = f"{context.root}/state/.doctor-{os.getpid()}", f"{context.root}/state/.doctor-{os.getpid()}-link"
    try:
        with open(one, "wb"):
            pass
        os.link(one, other)
        links = Finding("hard links", "holds", "views share disk space with the store")
        os.unlink(other)
    except OSError as error:
        links = Finding(
            "hard links", "partly", f"this file system does not support hard links ({error.strerror}): each view is a full copy"
        )
    finally:
        if os.path.exists(one):
            os.unlink(one)
    return room, links


def _check_path(context: Context) -> Finding:
    if context.layout.executables in os.environ.get("PATH", "").split(":"):
        return Finding("path", "holds", "the programs of the current generation are on PATH")
    return Finding(
        "path",
        "partly",
        "the programs of the current generation are not on PATH",
        'add `eval "$(nipsys env)"` to your shell\'s startup file',
    )
