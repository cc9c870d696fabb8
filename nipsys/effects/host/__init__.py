"""What this machine offers: its package configuration, user namespaces, and emulation of other architectures."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.host.binfmt import Emulation, probe_emulation
    from nipsys.effects.host.facts import detect_libc, read_host_facts
    from nipsys.effects.host.namespaces import Namespaces, list_steps, probe
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "binfmt": (
                "Emulation",
                "probe_emulation",
            ),
            "facts": (
                "detect_libc",
                "read_host_facts",
            ),
            "namespaces": (
                "Namespaces",
                "list_steps",
                "probe",
            ),
        },
    )

__all__ = ["Emulation", "Namespaces", "detect_libc", "list_steps", "probe", "probe_emulation", "read_host_facts"]
