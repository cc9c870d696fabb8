"""The launcher and the shim for this machine: found, compiled or written in Python."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.view.launcher.binary import (
        NAMESPACES_VARIABLE,
        ensure_launcher,
        ensure_shim,
        find_compiler,
        find_patchelf,
        install_launcher,
        is_native,
    )
    from nipsys.view.launcher.emulation import describe_emulation
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "binary": (
                "NAMESPACES_VARIABLE",
                "ensure_launcher",
                "ensure_shim",
                "find_compiler",
                "find_patchelf",
                "install_launcher",
                "is_native",
            ),
            "emulation": ("describe_emulation",),
        },
    )

__all__ = [
    "NAMESPACES_VARIABLE",
    "describe_emulation",
    "ensure_launcher",
    "ensure_shim",
    "find_compiler",
    "find_patchelf",
    "install_launcher",
    "is_native",
]
