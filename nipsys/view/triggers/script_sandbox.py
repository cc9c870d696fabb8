"""Run maintainer scripts confined, for packages whose profile asks for it, and keep the changes as a tree.

The script runs in the view as the user mapped to root, without network and home directory, on an overlay, so that no file of
the store or the view can be written. Commands that change the running system (services, users, capabilities) are replaced with
ones that do nothing: those changes are declared in the profile. The overlay's upper directory becomes a tree of the store, and
its files become part of the view.
"""

import contextlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from nipsys.effects import run
from nipsys.model import Began, Ended, Reporter, Warned
from nipsys.store import Store
from nipsys.view.model import ViewPlan

if TYPE_CHECKING:
    from nipsys.store.ingest import TreeBatch  # its thread pools are for those who write

_TOPS = ("etc", "usr", "var")
_QUIET_PLACE = "var/lib/nipsys-quiet"
_QUIET = (
    "adduser", "addgroup", "chfn", "chgrp", "chown", "deb-systemd-helper", "deb-systemd-invoke", "deluser", "dpkg-statoverride",
    "dpkg-trigger", "groupadd", "invoke-rc.d", "mknod", "mount", "rc-update", "service", "setcap", "start-stop-daemon", "systemctl",
    "systemd-sysusers", "systemd-tmpfiles", "udevadm", "update-initramfs", "update-rc.d", "useradd", "usermod",
)  # fmt: skip
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


DERIVED = ".run/.derived"
"""In a view: the directories of the trees that its scripts created, one per line. They differ between machines, so no manifest of a
generation names them; ``gc`` keeps the trees in this list."""


def run_scripts(plan: ViewPlan, store: Store, work: str, launch: str, report: Reporter) -> tuple[str, ...]:
    """Run the scripts of ``plan`` on the view at ``work`` and add what they created; return those that failed."""
    if not plan.scripted:
        return ()
    with store.open_batch(workers=1) as batch:
        failed = _run_all(plan, batch, work, launch, report)
        made = batch.commit()
    with open(f"{work}/{DERIVED}", "w", encoding="utf-8") as file:
        file.write("".join(f"{one.name.directory}\n" for one in made))
    return failed


def _run_all(plan: ViewPlan, batch: "TreeBatch", work: str, launch: str, report: Reporter) -> tuple[str, ...]:
    failed = []
    for name, version, script in plan.scripted:
        report(Began("script", 0, name))
        overlay = batch.make_directory()
        said = _run(plan, f"{os.path.dirname(launch)}/../../store/{script}", name, (work, overlay, launch))
        if said:
            report(Warned(f"the maintainer script of `{name}` failed", said))
            failed.append(f"{name}: {said}")
        for path in merge_overlay(overlay, work):
            report(Warned(f"the maintainer script of `{name}` removed `/{path}`; it is kept"))
        batch.adopt(overlay, f"{name}-script", version)
        report(Ended("script", name))
    return tuple(failed)


def _run(plan: ViewPlan, script: str, name: str, places: tuple[str, str, str]) -> str:
    """Run one script with its changes in ``overlay``; return what was wrong, or an empty string."""
    work, overlay, launch = places
    for top in _TOPS:
        os.makedirs(f"{overlay}/upper/{top}")
        os.makedirs(f"{overlay}/work/{top}")
    upper = f"{overlay}/upper"
    info = f"{upper}/var/lib/dpkg/info"
    os.makedirs(info)
    os.makedirs(f"{upper}/{_QUIET_PLACE}")
    shutil.copyfile(script, f"{info}/{name}.postinst")
    os.chmod(f"{info}/{name}.postinst", 0o700)
    for command in _QUIET:
        with open(f"{upper}/{_QUIET_PLACE}/{command}", "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 0\n")
        os.chmod(file.name, 0o700)
    env = {
        "PATH": f"/{_QUIET_PLACE}:/usr/sbin:/usr/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "DPKG_MAINTSCRIPT_PACKAGE": name,
        "DPKG_MAINTSCRIPT_NAME": "postinst",
        "DPKG_MAINTSCRIPT_ARCH": _ARCHITECTURES.get(plan.arch, plan.arch),
    }
    program = f"/var/lib/dpkg/info/{name}.postinst"
    argv = [launch, "--contain", "--build", "--root-id", "--overlay", overlay, work, program, program, "configure", ""]
    done = run(argv, env=env, cwd="/", seconds=600)
    os.unlink(f"{info}/{name}.postinst")
    shutil.rmtree(f"{upper}/{_QUIET_PLACE}")
    for top in _TOPS:
        with contextlib.suppress(FileNotFoundError):
            os.chmod(f"{overlay}/work/{top}/work", 0o700)  # the kernel creates it with mode 000
    shutil.rmtree(f"{overlay}/work")
    return "" if done.code == 0 else f"exit code {done.code}: {done.output.strip()[-400:]}"


def merge_overlay(overlay: str, work: str) -> tuple[str, ...]:
    """Move the changes to the top of ``overlay`` and link its files into the view; return the paths that the script removed.

    An overlay records a removal as a character device 0:0 (overlayfs documentation, "whiteouts and opaque directories").
    """
    upper, removed = f"{overlay}/upper", []
    for place, directories, files in os.walk(upper):
        below = place[len(upper) + 1 :]
        os.chmod(place, 0o755)  # noqa: S103 - a directory that everybody may read
        os.makedirs(f"{work}/{below}", exist_ok=True)
        for name in [*files, *(one for one in directories if os.path.islink(f"{place}/{one}"))]:
            path = f"{below}/{name}"
            facts = os.lstat(f"{place}/{name}")
            if not (stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
                os.unlink(f"{place}/{name}")
                if stat.S_ISCHR(facts.st_mode):
                    removed.append(path)
                continue
            if os.path.lexists(f"{work}/{path}"):
                os.unlink(f"{work}/{path}")
            os.link(f"{place}/{name}", f"{work}/{path}", follow_symlinks=False)
    for top in os.listdir(upper):
        os.rename(f"{upper}/{top}", f"{overlay}/{top}")
    os.rmdir(upper)
    return tuple(removed)
