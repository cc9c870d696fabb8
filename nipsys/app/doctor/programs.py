"""Check how programs can run on this host, in the order in which the launcher tries the methods."""

import os
import shutil

from nipsys.app.doctor.finding import Finding
from nipsys.effects.host import Namespaces, list_steps, probe_emulation
from nipsys.model import Rejected
from nipsys.view.launcher import ensure_launcher, ensure_shim, find_compiler, find_patchelf, is_native


def examine_programs(root: str, host: Namespaces) -> tuple[Finding, ...]:
    """Check views, relocation, proot, the launcher, isolation and programs of the other architecture; ``host`` comes from ``probe``."""
    views, relocated = _check_views(host), _check_relocation(root)
    alone = views.state == "fails" and relocated.state == "fails"
    return (
        views,
        relocated,
        _check_last_resort(needed=alone),
        _check_compiler(),
        _check_launcher(root),
        _check_isolation(host),
        _check_other_machines(),
    )


def _check_views(host: Namespaces) -> Finding:
    tried = tuple(f"{step}: {went}" for step, went in list_steps(host))
    if host.open:
        return Finding("views", "holds", "programs run in their own root: user and mount namespaces are available", tried=tried)
    hint = "relocated programs are used instead; to enable namespaces, set user.max_user_namespaces > 0 or add an AppArmor profile as root"
    return Finding("views", "fails", f"namespaces are not available: {host.step}: {host.reason}", hint, tried)


def _check_relocation(root: str) -> Finding:
    tried, lacking = [], []
    for name, look in (("patchelf", find_patchelf), ("redirecting library", lambda: ensure_shim(root))):
        try:
            tried.append(f"{name}: `{look()}`")
        except Rejected as error:
            tried.append(f"{name}: missing")
            lacking.append(error.problems[0])
    if lacking:
        hint = "; ".join(dict.fromkeys(problem.hint for problem in lacking if problem.hint))
        return Finding("relocation", "fails", lacking[0].message, hint, tuple(tried))
    return Finding("relocation", "holds", "programs can be relocated where namespaces are not available", tried=tuple(tried))


def _check_last_resort(*, needed: bool) -> Finding:
    if found := shutil.which("proot"):
        return Finding("last resort", "holds", f"`{found}` can run programs where nothing else works, but slowly and not always correctly")
    if needed:
        return Finding("last resort", "fails", "proot is not installed, and nothing else can run programs on this host", "install `proot`")
    return Finding("last resort", "partly", "proot is not installed; it is not needed on this host")


def _check_compiler() -> Finding:
    if found := find_compiler():
        return Finding("compiler", "holds", f"`{found}` compiles the launcher and the libraries that did not come with the package")
    return Finding("compiler", "partly", "no C compiler is available: only the binaries that came with the package are used")


def _check_launcher(root: str) -> Finding:
    launcher = ensure_launcher(root)
    if is_native(launcher):
        return Finding("launcher", "holds", f"the launcher is compiled: `{launcher}`")
    message = "the launcher is a Python program: same result, but each start takes about 25 ms longer"
    return Finding("launcher", "partly", message, "install a wheel for this machine, or a C compiler")


def _check_isolation(host: Namespaces) -> Finding:
    if host.network:
        return Finding("isolation", "holds", "triggers and builds cannot reach the network or the home directory")
    return Finding("isolation", "partly", "no network namespace is available: triggers and builds can reach the network")


def _check_other_machines() -> Finding:
    """Check whether programs of the other architecture can run: through the kernel's binfmt_misc, or through qemu by name."""
    other = "aarch64" if os.uname().machine == "x86_64" else "x86_64"
    found = probe_emulation(other)
    if not found.qemu:
        hint = f"install `qemu-user-static` for `qemu-{other}-static`"
        return Finding("other machines", "partly", f"programs for {other} cannot run on this host", hint)
    message = f"programs for {other} run through `{found.qemu}`"
    if found.nested:
        return Finding("other machines", "holds", f"{message}, and so do their child processes (binfmt_misc in the namespace)")
    return Finding("other machines", "partly", f"{message}, but their child processes do not: {found.step}: {found.reason}")
