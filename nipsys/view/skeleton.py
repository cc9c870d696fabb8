"""What every root has in addition to its packages: top directories, links to live files of the host, mount points."""

from nipsys.view.alternatives import ALIASES
from nipsys.view.model import MergedEntry

DIRECTORIES = (
    ".host", "dev", "etc", "etc/ssl", "etc/ssl/certs", "home", "mnt", "proc", "root", "run", "sys", "tmp",
    "usr", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "var", "var/cache", "var/lib", "var/log", "var/tmp",
)  # fmt: skip
"""Directories that every root has. ``.host`` shows the host's root."""

HOST_FILES = ("passwd", "group", "hosts", "hostname", "resolv.conf", "machine-id", "subuid", "subgid")
"""Files of ``/etc`` that must always be the host's current ones: the view has links to ``/.host/etc``."""

HOST_SESSIONS = (
    "NetworkManager", "avahi-daemon", "cups", "dbus", "docker.sock", "nscd", "pcscd", "resolvconf", "systemd", "udev", "user",
)  # fmt: skip
"""Names in the host's ``/run`` that the world's ``/run`` links to, so that sessions and services are reachable."""

BUNDLE = "etc/ssl/certs/ca-certificates.crt"
"""The launcher binds the host's CA bundle over this file."""

LOCALTIME = "etc/localtime"
"""The launcher binds the host's time zone over this file."""


def build_skeleton() -> tuple[MergedEntry, ...]:
    """Return the entries that a root with the usual file hierarchy has before packages are merged."""
    entries = [MergedEntry(path, "d", "", "") for path in DIRECTORIES]
    entries += [MergedEntry(alias, "l", f"usr/{alias}", "") for alias in ALIASES if alias in {"bin", "sbin", "lib", "lib64"}]
    entries += [MergedEntry(f"etc/{name}", "l", f"/.host/etc/{name}", "") for name in HOST_FILES]
    entries += [
        MergedEntry("etc/mtab", "l", "/proc/self/mounts", ""),
        MergedEntry("var/run", "l", "/run", ""),
        MergedEntry("var/lock", "l", "/run/lock", ""),
        MergedEntry("usr/lib/ssl", "d", "", ""),
        MergedEntry("usr/lib/ssl/cert.pem", "l", f"/{BUNDLE}", ""),
    ]
    return tuple(entries)


def build_defaults() -> tuple[MergedEntry, ...]:
    """Return the entries that are added only if no package and no trigger provides them."""
    nsswitch = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n"
    return (MergedEntry(BUNDLE, "t", "", ""), MergedEntry(LOCALTIME, "t", "", ""), MergedEntry("etc/nsswitch.conf", "t", nsswitch, ""))
