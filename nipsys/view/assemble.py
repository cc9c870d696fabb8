"""Write a view: hard links from the store, small texts, launchers for its programs, then triggers.

Everything is written to a temporary directory of the store and renamed when it is durable, so that an existing view is
complete. Files that a trigger may write are copied before it runs: an inode of the store is never written.
"""

import os
import re
import shutil
import stat
from collections.abc import Mapping
from typing import NamedTuple

from nipsys.effects import run
from nipsys.effects.host import Namespaces, probe, probe_emulation
from nipsys.model import Advanced, Began, Ended, Layout, Rejected, Reporter, Warned, ignore_event
from nipsys.model.system import File, WorldView
from nipsys.store import STORE, Store, manifest_path
from nipsys.view.compose import resolve_path
from nipsys.view.elf import read_elf
from nipsys.view.etc import LISTING, format_listing
from nipsys.view.launcher import NAMESPACES_VARIABLE, describe_emulation, install_launcher
from nipsys.view.model import PORTABLE_PREFIX, TriggerStep, ViewPlan
from nipsys.view.skeleton import HOST_SESSIONS
from nipsys.view.triggers import run_scripts
from nipsys.view.write import link_all, link_or_copy

_MANY = 2000
"""The most files of a directory that are copied for a trigger recursively; of a larger one only the files at its top."""


_UNTRIGGERED = ".run/.untriggered"
"""In a view that was built where namespaces are closed: its triggers ran in the relocated twin only."""


_TRIGGER_CACHES = {"var/cache/ldconfig"}
"""Directories that only the trigger itself reads."""


class BuiltView(NamedTuple):
    """A view in the store."""

    view: WorldView
    fresh: bool
    """Whether it was built now; otherwise it already existed."""
    failed: tuple[str, ...]
    """Triggers that failed, each with the end of its output."""


def build_view(plan: ViewPlan, store: Store, report: Reporter = ignore_event, *, namespaces: Namespaces | None = None) -> BuiltView:
    """Write the view of ``plan`` to the store, unless it exists.

    Where namespaces are closed (``namespaces`` is the result of ``probe``), its relocated twin is written as well, and triggers
    run there. The trees it merges must be in the store, the view must have been checked (``check.faults``), and the caller holds
    the root's lock. Raises ``OSError`` or ``Rejected`` when the disk fails; a trigger that fails is a warning.
    """
    host = namespaces or probe()
    if plan.arch != os.uname().machine:
        report(Warned(*describe_emulation(plan.world, plan.arch, probe_emulation(plan.arch))))
    launch = install_launcher(store.layout.root)
    failed: tuple[str, ...] = ()
    mark = f"{store.path(plan.directory)}/{_UNTRIGGERED}"
    stale = host.open and os.path.exists(mark)
    fresh = stale or not store.has(plan.directory)
    if fresh:
        with store.open_batch(workers=1) as batch:
            directory = batch.make_directory()
            _write_view(plan, store, directory, launch, report)
            if host.open:
                failed = _run_triggers(plan, directory, ("--contain", "--build"), launch, report)
                failed += run_scripts(plan, store, directory, launch, report)
            elif plan.steps or plan.scripted:
                _touch(f"{directory}/{_UNTRIGGERED}")
            known = find_untouched(plan)
            if not plan.prefix:
                with open(f"{directory}/{LISTING}", "w", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(format_listing(directory, known))
            if stale:  # a tree without a manifest is replaced by the new one in one step
                os.unlink(f"{store.layout.root}/{manifest_path(plan.directory)}")
            batch.adopt(directory, plan.world, "view", key=plan.key, known=known)
            batch.commit()
    seed_state(plan, store.layout)
    if plan.relocated or not host.open:
        failed += _make_twin(plan, store, launch, report, triggered=host.open)
    return BuiltView(plan.view, fresh, failed)


def _make_twin(plan: ViewPlan, store: Store, launch: str, report: Reporter, *, triggered: bool) -> tuple[str, ...]:
    """Write the relocated twin, and run the triggers in it if they could not run in the view; return what failed."""
    from nipsys.view.relocate import (  # noqa: PLC0415 - only hosts with closed namespaces need it
        relocate_prefix,
        relocate_runpath,
        remove_stale_twins,
    )

    if plan.prefix.startswith(PORTABLE_PREFIX):
        return ()
    remove_stale_twins(store.layout.root, frozenset(store.list_directories()))
    try:
        if plan.prefix:
            relocate_prefix(plan, store, report)
            return ()
        twin = relocate_runpath(plan, store, report)
    except Rejected as rejected:
        for problem in rejected.problems:
            report(Warned(f"world `{plan.world}`: {problem.message}", problem.hint))
        return tuple(problem.message for problem in rejected.problems)
    mark = f"{twin}/.triggered"
    if triggered or os.path.exists(mark):
        return ()
    failed = _run_triggers(plan, twin, (), launch, report, view=store.path(plan.directory))
    if not failed:
        _touch(mark)
    return failed


def _touch(path: str) -> None:
    with open(path, "wb"):
        pass


def _write_view(plan: ViewPlan, store: Store, work: str, launch: str, report: Reporter) -> None:
    report(Began("compose", len(plan.entries), plan.world))
    disk = store.disk.open_directory(STORE)
    try:
        link_all(disk, store.layout.store, os.path.relpath(work, store.layout.store), plan.entries)
    finally:
        disk.close()
    report(Advanced("compose", len(plan.entries)))
    report(Ended("compose", plan.world))
    _write_stand_ins(plan, work, launch)
    _write_shared(plan, work)


def _run_triggers(plan: ViewPlan, work: str, how: tuple[str, ...], launch: str, report: Reporter, *, view: str = "") -> tuple[str, ...]:
    """Run the triggers on the tree at ``work``, the twin of ``view`` if that is given; return what failed."""
    failed = []
    if plan.steps:
        report(Began("trigger", len(plan.steps), plan.world))
        for step in plan.steps:
            if step.view_only and not how:
                continue
            if (said := _run_trigger(step, work, how, launch, view or work)) is not None:
                report(Warned(f"trigger `{step.name}` of world `{plan.world}` failed", said))
                failed.append(f"{step.name}: {said}")
            report(Advanced("trigger", 1, step.name))
        report(Ended("trigger", plan.world))
    return tuple(failed)


def find_untouched(plan: ViewPlan) -> Mapping[str, File]:
    """Return, by path, the files that cannot have changed since they were linked, so that their digests are those of the store.

    A trigger can write only to the directories it declares; a maintainer script may replace any file, so then nothing is returned.
    """
    if plan.scripted:
        return {}
    written = tuple(f"{path}/" for step in plan.steps for path in step.writes)
    return {path: file for path, file in plan.contents.items() if not path.startswith(written)}


def _write_stand_ins(plan: ViewPlan, work: str, launch: str) -> None:
    """Fill ``.run``: for every exposed program the launcher at the program's path, or the program itself if it needs no launcher."""
    over = sorted({path for step in plan.steps for path in step.writes if path.startswith("var/") and path not in _TRIGGER_CACHES})
    facts = [f"world {plan.world}"] + ([f"prefix {plan.prefix}"] if plan.prefix else []) + [f"over {path}" for path in over]
    facts += [f"arch {plan.arch}"] if plan.arch != os.uname().machine else []
    facts += [f"relocate {program}" for program in plan.relocated]
    os.makedirs(f"{work}/.run")
    with open(f"{work}/.run/.view", "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in facts))
    kept = f"{work}/.run/.launch"
    shutil.copyfile(launch, kept)
    os.chmod(kept, 0o555)  # noqa: S103 - a program for everybody
    alone = find_standalone(plan, work)
    for stub in plan.stubs:
        at = f"{work}/.run{stub.program}"
        os.makedirs(os.path.dirname(at), exist_ok=True)
        if plan.prefix.startswith(PORTABLE_PREFIX):
            below = stub.program.removeprefix(plan.prefix).lstrip("/")
            os.symlink(os.path.relpath(f"{work}/{below}", os.path.dirname(at)), at)
        else:
            link_or_copy(alone.get(stub.program, kept), at)


_DATA = re.compile(r"(?!usr/(?:s?bin|games|share/(?:doc|man|info|lintian|bash-completion|zsh|fish|locale|menu))/).*")


def find_standalone(plan: ViewPlan, work: str) -> dict[str, str]:
    """Return the file of each exposed program that needs no root, by its path in the view.

    Such a program is static, and its package contains only programs and documentation. It starts without the launcher.
    """
    if plan.arch != os.uname().machine:
        return {}
    with_data = {entry.owner for entry in plan.entries if entry.kind == "f" and _DATA.fullmatch(entry.path)}
    merged = {entry.path: entry for entry in plan.entries}
    found = {}
    for stub in plan.stubs:
        path = None if stub.package in with_data else resolve_path(merged, stub.program.removeprefix(plan.prefix).lstrip("/"))
        if path and merged[path].owner not in with_data and (elf := read_elf(f"{work}/{path}")) is not None and elf.is_static:
            found[stub.program] = f"{work}/{path}"
    return found


def _write_shared(plan: ViewPlan, work: str) -> None:
    """Fill ``.share`` with copies for the host's session that name programs by bare name instead of absolute path."""
    names = {stub.program: stub.name for stub in plan.stubs}
    for link in plan.links:
        below = link.target.partition("/.share/")[2]
        if not below:
            continue
        at = f"{work}/.share/{below}"
        os.makedirs(os.path.dirname(at), exist_ok=True)
        with open(f"{work}/{below}", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
        with open(at, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(_use_bare_name(line, names, env=not below.endswith(".desktop")) for line in lines)


_STARTS = {"Exec", "TryExec", "ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"}


def _use_bare_name(line: str, names: dict[str, str], *, env: bool = False) -> str:
    """Replace the program of a desktop entry, D-Bus service or systemd unit with its bare name, if it is exposed.

    D-Bus and systemd do not search PATH: with ``env`` the host's ``/usr/bin/env`` does, so that the root can be moved.
    """
    key, equals, rest = line.partition("=")
    if not equals or key.strip() not in _STARTS:
        return line
    program, _, arguments = rest.rstrip("\n").partition(" ")
    path = program.lstrip("-@:+!")
    if path not in names:
        return line
    marks = program[: len(program) - len(path)]
    return f"{key}={marks}{'/usr/bin/env ' if env else ''}{names[path]}{' ' if arguments else ''}{arguments}\n"


def _run_trigger(step: TriggerStep, work: str, how: tuple[str, ...], launch: str, view: str) -> str | None:
    """Run one trigger; return the end of its output if it failed."""
    argv = [launch, *how] + (["--root-id"] if step.as_root and how else [])
    for path in step.writes:
        os.makedirs(f"{work}/{path}", exist_ok=True)
        unshare_files(f"{work}/{path}")
        argv += ["--write", path] if how else []
    # /tmp is the empty one of the contained root
    env = {"PATH": "/usr/sbin:/usr/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0", "TMPDIR": "/tmp"}  # noqa: S108
    if step.dated:
        del env["SOURCE_DATE_EPOCH"]
    if not how:
        env |= {NAMESPACES_VARIABLE: "off"} | ({"NIPSYS_ROOT_ID": "1"} if step.as_root else {})
    done = run([*argv, view, step.argv[0], *step.argv], env=env, cwd="/", seconds=600)
    if done.code == 0 or step.optional:
        return None
    return f"exit code {done.code}: {(done.output + done.errors).strip()[-400:]}"


def unshare_files(directory: str) -> None:
    """Replace the hard-linked files of a directory with writable copies; in a large directory only those at its top."""
    deep = sum(len(files) for _, _, files in os.walk(directory)) <= _MANY
    for place, _, files in os.walk(directory):
        for name in files:
            path = f"{place}/{name}"
            facts = os.lstat(path)
            if not stat.S_ISREG(facts.st_mode):
                continue
            if facts.st_nlink > 1:
                shutil.copy2(path, f"{path}.copy")
                os.rename(f"{path}.copy", path)
            os.chmod(path, stat.S_IMODE(facts.st_mode) | 0o200)
        if not deep:
            return


def seed_state(plan: ViewPlan, layout: Layout) -> None:
    """Create what is missing of the world's writable ``/var`` and ``/run``, from the view; existing files are kept."""
    if plan.prefix:
        return
    state = f"{layout.state}/{plan.world}"
    view = f"{layout.store}/{plan.directory}"
    for name in ("run/lock", "var"):
        os.makedirs(f"{state}/{name}", exist_ok=True)
    for name in HOST_SESSIONS:
        if not os.path.lexists(at := f"{state}/run/{name}"):
            os.symlink(f"/.host/run/{name}", at)
    if plan.scripted:
        shutil.copytree(f"{view}/var", f"{state}/var", symlinks=True, dirs_exist_ok=True, copy_function=_copy_missing)
    for path, kind, origin, _ in plan.entries:
        if not path.startswith("var/") or os.path.lexists(at := f"{state}/{path}"):
            continue
        if kind == "d":
            os.makedirs(at, exist_ok=True)
        elif kind == "l":
            os.symlink(origin, at)
        else:
            shutil.copyfile(f"{view}/{path}", at)
    for step in plan.steps:
        for path in step.writes:
            if path.startswith("var/"):
                os.makedirs(f"{state}/{path}", exist_ok=True)


def _copy_missing(source: str, target: str) -> None:
    if not os.path.lexists(target):
        shutil.copyfile(source, target, follow_symlinks=False)
