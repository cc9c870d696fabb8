"""The disk port, its real implementation (portable and native), and the faulty and simulated disks of the crash matrix."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.disk.faulty import FaultPlan, FaultyDisk, Killed
    from nipsys.effects.disk.native import load_library
    from nipsys.effects.disk.port import Buffer, Disk, Effect, FileStatus, Kind, RealDisk, remove_tree
    from nipsys.effects.disk.portable import STATUS_ONLY
    from nipsys.effects.disk.simulated import SimulatedDisk
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "faulty": ("FaultPlan", "FaultyDisk", "Killed"),
            "native": ("load_library",),
            "port": ("Buffer", "Disk", "Effect", "FileStatus", "Kind", "RealDisk", "remove_tree"),
            "portable": ("STATUS_ONLY",),
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
