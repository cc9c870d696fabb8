"""Describe how the programs of a world for another machine run on this one."""

from nipsys.effects.host import Emulation


def describe_emulation(world: str, arch: str, found: Emulation) -> tuple[str, str | None]:
    """Return a sentence about how the programs of a world for another machine run here, and a hint if that is limited."""
    if not found.qemu:
        return f"world `{world}` is for {arch}: its programs do not run here", f"install `qemu-{arch}-static`"
    if found.nested:
        return (
            f"world `{world}` is for {arch}: its programs, and those they start, run with `{found.qemu}` (binfmt_misc in the namespace)",
            None,
        )
    how = f"its programs run with `{found.qemu}`, but not those they start"
    return f"world `{world}` is for {arch}: {how} ({found.step}: {found.reason})", "Linux 6.7 with user namespaces runs them as well"
