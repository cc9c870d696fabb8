"""The disk port, its real implementation (portable and native), and the faulty and simulated disks of the crash matrix."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.disk.factory import load_library
    from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
    from nipsys.effects.disk.port import STATUS_ONLY, Buffer, Disk, Effect, FileStatus, Kind, remove_tree
    from nipsys.effects.disk.real import RealDisk
    from nipsys.effects.disk.simulated import SimulatedDisk
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "factory": ("load_library",),
            "faulty": (
                "FaultPlan",
                "FaultyDisk",
                "Killed",
            ),
            "port": (
                "Buffer",
                "Disk",
                "Effect",
                "FileStatus",
                "Kind",
                "STATUS_ONLY",
                "remove_tree",
            ),
            "real": ("RealDisk",),
            "simulated": ("SimulatedDisk",),
        },
    )

__all__ = [
    "STATUS_ONLY",
    "Buffer",
    "Disk",
    "Effect",
    "FaultPlan",
    "FaultyDisk",
    "FileStatus",
    "Killed",
    "Kind",
    "RealDisk",
    "SimulatedDisk",
    "load_library",
    "remove_tree",
]
