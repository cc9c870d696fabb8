"""Which guarantees hold on this host, each tried, and what to do about those that do not."""

import os

from nipsys.app.run import current_system
from nipsys.app.site import Site
from nipsys.effects.disk_native import library
from nipsys.effects.guard import guard
from nipsys.effects.namespaces import probe
from nipsys.model.problem import Rejected
from nipsys.model.typed import Literal, NamedTuple
from nipsys.store.store import Store
from nipsys.view.launcher import compile_at_hand, is_native, launcher_binary, patchelf_program, shim_library
from nipsys.view.relocate_twins import missing_twins

State = Literal["holds", "partly", "fails"]


class Finding(NamedTuple):
    """One guarantee."""

    name: str
    state: State
    told: str
    """What was found, a sentence without a full stop."""
    hint: str = ""


def examine(site: Site) -> tuple[Finding, ...]:
    """Try everything; nothing is kept but the compiled launcher."""
    os.makedirs(f"{site.root}/state", exist_ok=True)
    return (_views(), *_waiting(site), _relocation(site), _launcher(site), _disk(), _network(), *_store(site), _machines(), _path(site))


def repair(site: Site) -> tuple[str, ...]:
    """Make what the current generation needs on this host and lacks: relocated programs where namespaces are closed.

    Gives the worlds that got them; nothing where nothing is missing. ``Rejected`` when they cannot be made.
    """
    from nipsys.view.retrofit import retrofit  # noqa: PLC0415 - few hosts need it

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


def _views() -> Finding:
    found = probe()
    if found.open:
        return Finding("views", "holds", "programs run in a root of their own: user and mount namespaces can be had")
    hint = "relocated programs take over; to open namespaces ask the administrator for user.max_user_namespaces > 0 or an AppArmor profile"
    return Finding("views", "fails", f"no namespace can be had: {found.step}: {found.reason}", hint)


def _relocation(site: Site) -> Finding:
    try:
        patchelf_program()
        shim_library(site.root)
    except Rejected as error:
        return Finding("relocation", "fails", error.problems[0].message, error.problems[0].hint or "")
    return Finding("relocation", "holds", "programs can be relocated where namespaces are closed")


def _launcher(site: Site) -> Finding:
    if is_native(launcher_binary(site.root)):
        return Finding(
            "launcher",
            "holds",
            "the compiled launcher is used" + (f"; a C compiler is at hand: `{found}`" if (found := compile_at_hand()) else ""),
        )
    return Finding(
        "launcher",
        "partly",
        "the launcher is a Python program: each start costs some 20 ms more",
        "install a wheel for this machine, or a C compiler",
    )


def _disk() -> Finding:
    if library() is not None:
        return Finding("disk", "holds", "files are written and read by the compiled library")
    return Finding(
        "disk",
        "partly",
        "files are written and read by Python alone: the same, more slowly",
        "install a wheel for this machine, or install nipsys again where a C compiler is at hand",
    )


def _network() -> Finding:
    if probe().network:
        return Finding("isolation", "holds", "triggers and builds are kept off the network and the home directory")
    return Finding("isolation", "partly", "no network namespace: triggers and builds could reach the network", "")


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


def _machines() -> Finding:
    """Tell whether programs of another machine can run: the kernel's binfmt_misc, or qemu by name."""
    other = "aarch64" if os.uname().machine == "x86_64" else "x86_64"
    qemu = next(
        (path for directory in os.environ.get("PATH", "").split(":") if os.access(path := f"{directory}/qemu-{other}-static", os.X_OK)), ""
    )
    if not qemu:
        return Finding(
            "other machines", "partly", f"programs for {other} do not run here", f"install `qemu-user-static` for `qemu-{other}-static`"
        )
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    if release >= (6, 7):
        return Finding(
            "other machines",
            "holds",
            f"programs for {other} run by `{qemu}`, and so do the programs they start (binfmt_misc in the namespace)",
        )
    return Finding("other machines", "partly", f"programs for {other} run by `{qemu}`, but not those they start: that needs Linux 6.7")


def _path(site: Site) -> Finding:
    if site.layout.executables in os.environ.get("PATH", "").split(":"):
        return Finding("path", "holds", "the programs of the current generation are on PATH")
    return Finding(
        "path",
        "partly",
        "the programs of the current generation are not on PATH",
        'put `eval "$(nipsys env)"` into your shell\'s start file',
    )
