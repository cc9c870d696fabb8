"""Values about a whole system: profile, resolution, lock, plan, trees and generations."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.model.system.conflict import Conflict, Fix, Reason
    from nipsys.model.system.domains import DOMAINS
    from nipsys.model.system.generation import FarmLink, Generation, PlacedPackage, Stub, System, WorldView
    from nipsys.model.system.lock import Lock, LockedPackage, LockedSource
    from nipsys.model.system.plan import Fetch, PackageChange, Plan, SettingChange
    from nipsys.model.system.profile import (
        ANY_VERSION,
        AlternativeSpec,
        FileSpec,
        Flag,
        Profile,
        Request,
        ServiceSpec,
        SettingValue,
        SourceSpec,
        VersionRange,
    )
    from nipsys.model.system.resolution import ChosenPackage, Edge, Resolution
    from nipsys.model.system.traits import HOST_LIBC, UNBOUND, Traits
    from nipsys.model.system.tree import Directory, Entry, File, Link, NamedTree, Tree, TreeName
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "conflict": ("Conflict", "Fix", "Reason"),
            "domains": ("DOMAINS",),
            "generation": ("FarmLink", "Generation", "PlacedPackage", "Stub", "System", "WorldView"),
            "lock": ("Lock", "LockedPackage", "LockedSource"),
            "plan": ("Fetch", "PackageChange", "Plan", "SettingChange"),
            "profile": (
                "ANY_VERSION",
                "AlternativeSpec",
                "FileSpec",
                "Flag",
                "Profile",
                "Request",
                "ServiceSpec",
                "SettingValue",
                "SourceSpec",
                "VersionRange",
            ),
            "resolution": ("ChosenPackage", "Edge", "Resolution"),
            "traits": ("HOST_LIBC", "Traits", "UNBOUND"),
            "tree": ("Directory", "Entry", "File", "Link", "NamedTree", "Tree", "TreeName"),
        },
    )

__all__ = [
    "ANY_VERSION",
    "DOMAINS",
    "HOST_LIBC",
    "UNBOUND",
    "AlternativeSpec",
    "ChosenPackage",
    "Conflict",
    "Directory",
    "Edge",
    "Entry",
    "FarmLink",
    "Fetch",
    "File",
    "FileSpec",
    "Fix",
    "Flag",
    "Generation",
    "Link",
    "Lock",
    "LockedPackage",
    "LockedSource",
    "NamedTree",
    "PackageChange",
    "PlacedPackage",
    "Plan",
    "Profile",
    "Reason",
    "Request",
    "Resolution",
    "ServiceSpec",
    "SettingChange",
    "SettingValue",
    "SourceSpec",
    "Stub",
    "System",
    "Traits",
    "Tree",
    "TreeName",
    "VersionRange",
    "WorldView",
]
