"""What an interpreter on a machine can run: wheel tags, best first, and the values of markers (PEP 425, 508, 600, 656).

The interpreter that runs nipsys is never consulted, so the lock is the same on every machine.
"""

from collections.abc import Mapping

from nipsys.model import Frozen

_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
"""The oldest glibc 2.x with manylinux tags; 17 for other machines."""
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_NEWEST_MUSL = 2
"""musllinux_1_2 is the newest musl tag."""


class Target(Frozen):
    """An interpreter and a machine."""

    python: tuple[int, int]
    """Version of CPython."""
    arch: str
    glibc: int = 0
    """Minor version of glibc 2; 0 for musl."""
    micro: int = -1
    """-1 when unknown."""

    @property
    def short(self) -> str:
        """Return ``3.11``."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def full(self) -> str:
        """Return ``3.11.2``; ``3.11.0`` when the micro version is unknown, so that backports are included."""
        return f"{self.short}.{max(self.micro, 0)}"

    def platforms(self) -> tuple[str, ...]:
        """Return the platform tags of wheels that run here, newest C library first."""
        if not self.glibc:
            return (*(f"musllinux_1_{minor}_{self.arch}" for minor in range(_NEWEST_MUSL, -1, -1)), f"linux_{self.arch}")
        found = []
        for minor in range(self.glibc, _OLDEST_GLIBC.get(self.arch, 17) - 1, -1):
            found.append(f"manylinux_2_{minor}_{self.arch}")
            if minor in _LEGACY:
                found.append(f"{_LEGACY[minor]}_{self.arch}")
        return (*found, f"linux_{self.arch}")

    def tags(self) -> Mapping[str, int]:
        """Return every tag (``cp311-cp311-manylinux_2_17_x86_64``) with its rank, 0 is the best."""
        from packaging.tags import compatible_tags, cpython_tags  # noqa: PLC0415 - heavy, only here

        platforms = self.platforms()
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        found = [*cpython_tags(self.python, [interpreter], platforms), *compatible_tags(self.python, interpreter, platforms)]
        return {str(tag): place for place, tag in enumerate(dict.fromkeys(found))}

    def environment(self, extra: str = "") -> dict[str, str]:
        """Return the values of environment markers."""
        return {
            "implementation_name": "cpython",
            "implementation_version": self.full,
            "os_name": "posix",
            "platform_machine": self.arch,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.full,
            "python_version": self.short,
            "sys_platform": "linux",
            "extra": extra,
        }
