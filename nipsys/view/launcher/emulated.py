"""How the programs of a world for another machine run here, in words."""

from nipsys.effects.host.binfmt import Emulation


def how_emulated(world: str, arch: str, found: Emulation) -> tuple[str, str | None]:
    """Say how the programs of a world for another machine will run here, and what to do where that is not in full."""
    if not found.qemu:
        return f"world `{world}` is for {arch}: its programs do not run here", f"install `qemu-{arch}-static`"
    if found.whole:
        return (
            f"world `{world}` is for {arch}: its programs and those they start run by `{found.qemu}` (binfmt_misc in the namespace)",
            None,
        )
    how = f"its programs run with `{found.qemu}` before them, those they start do not"
    return f"world `{world}` is for {arch}: {how} ({found.step}: {found.reason})", "Linux 6.7 with user namespaces open runs them as well"
