"""How programs can run on this host: every way tried, in the order in which the launcher takes them."""

import os
import shutil

from nipsys.app.doctor.finding import Finding
from nipsys.effects.host.binfmt import emulation
from nipsys.effects.host.namespaces import Namespaces, steps
from nipsys.model.problem import Rejected
from nipsys.view.launcher.binary import compile_at_hand, is_native, launcher_binary, patchelf_program, shim_library


def ways(root: str, host: Namespaces) -> tuple[Finding, ...]:
    """Examine views, relocation, proot, the launcher, isolation and programs of the other machine; ``host`` is what ``probe`` says."""
    views, relocated = _views(host), _relocation(root)
    alone = views.state == "fails" and relocated.state == "fails"
    return views, relocated, _last_resort(needed=alone), _compiler(), _launcher(root), _isolation(host), _machines()


def _views(host: Namespaces) -> Finding:
    tried = tuple(f"{step}: {went}" for step, went in steps(host))
    if host.open:
        return Finding("views", "holds", "programs run in a root of their own: user and mount namespaces can be had", tried=tried)
    hint = "relocated programs take over; to open namespaces ask the administrator for user.max_user_namespaces > 0 or an AppArmor profile"
    return Finding("views", "fails", f"no namespace can be had: {host.step}: {host.reason}", hint, tried)


def _relocation(root: str) -> Finding:
    tried, lacking = [], []
    for name, look in (("patchelf", patchelf_program), ("redirecting library", lambda: shim_library(root))):
        try:
            tried.append(f"{name}: `{look()}`")
        except Rejected as error:
            tried.append(f"{name}: missing")
            lacking.append(error.problems[0])
    if lacking:
        hint = "; ".join(dict.fromkeys(problem.hint for problem in lacking if problem.hint))
        return Finding("relocation", "fails", lacking[0].message, hint, tuple(tried))
    return Finding("relocation", "holds", "programs can be relocated where namespaces are closed", tried=tuple(tried))


def _last_resort(*, needed: bool) -> Finding:
    if found := shutil.which("proot"):
        return Finding("last resort", "holds", f"`{found}` runs programs where all else is closed, slowly and not always rightly")
    if needed:
        return Finding("last resort", "fails", "there is no proot, and nothing else runs programs here", "install `proot`")
    return Finding("last resort", "partly", "there is no proot; nothing needs it here")


def _compiler() -> Finding:
    if found := compile_at_hand():
        return Finding("compiler", "holds", f"`{found}` makes the launcher and the libraries where none came with the package")
    return Finding("compiler", "partly", "no C compiler is at hand: only what came with the package is compiled")


def _launcher(root: str) -> Finding:
    launcher = launcher_binary(root)
    if is_native(launcher):
        return Finding("launcher", "holds", f"the compiled launcher is used: `{launcher}`")
    told = "the launcher is a Python program: it does the same, and each start costs some 25 ms more"
    return Finding("launcher", "partly", told, "install a wheel for this machine, or a C compiler")


def _isolation(host: Namespaces) -> Finding:
    if host.network:
        return Finding("isolation", "holds", "triggers and builds are kept off the network and the home directory")
    return Finding("isolation", "partly", "no network namespace: triggers and builds could reach the network")


def _machines() -> Finding:
    """Return whether programs of another machine can run: the kernel's binfmt_misc, or qemu by name."""
    other = "aarch64" if os.uname().machine == "x86_64" else "x86_64"
    found = emulation(other)
    if not found.qemu:
        hint = f"install `qemu-user-static` for `qemu-{other}-static`"
        return Finding("other machines", "partly", f"programs for {other} do not run here", hint)
    told = f"programs for {other} run by `{found.qemu}`"
    if found.whole:
        return Finding("other machines", "holds", f"{told}, and so do the programs they start (binfmt_misc in the namespace)")
    return Finding("other machines", "partly", f"{told}, but not those they start: {found.step}: {found.reason}")
