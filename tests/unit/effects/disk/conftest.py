"""The disks for which the tests of this folder hold."""

from disk_ways import disk_library, make, way

__all__ = ["disk_library", "make", "way"]
