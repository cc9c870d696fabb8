"""What every root has besides its packages: the top directories, links to the host's live files, places to bind over."""

from nipsys.view.alternatives import ALIASES
from nipsys.view.model import Merged

DIRECTORIES = (
    ".host", "dev", "etc", "etc/ssl", "etc/ssl/certs", "home", "mnt", "proc", "root", "run", "sys", "tmp",
    "usr", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "var", "var/cache", "var/lib", "var/log", "var/tmp",
)  # fmt: skip
"""Made when no package brings them. ``.host`` shows the host's own tree."""

LIVE = ("passwd", "group", "hosts", "hostname", "resolv.conf", "machine-id", "subuid", "subgid")
"""Files of ``/etc`` where the host's own must win and stay live: the view holds a link to ``/.host/etc``."""

SESSIONS = (
    "NetworkManager", "avahi-daemon", "cups", "dbus", "docker.sock", "nscd", "pcscd", "resolvconf", "systemd", "udev", "user",
)  # fmt: skip
"""Of the host's ``/run``: links in the world's own ``/run`` lead there, so that sessions and services stay reachable."""

BUNDLE = "etc/ssl/certs/ca-certificates.crt"
"""The launcher binds the host's CA bundle over this file."""

LOCALTIME = "etc/localtime"
"""The launcher binds the host's time zone over this file."""


def skeleton() -> tuple[Merged, ...]:
    """Return the entries that a root with the usual file hierarchy has before any package is merged."""
    entries = [Merged(path, "d", "", "") for path in DIRECTORIES]
    entries += [Merged(alias, "l", f"usr/{alias}", "") for alias in ALIASES if alias in {"bin", "sbin", "lib", "lib64"}]
    entries += [Merged(f"etc/{name}", "l", f"/.host/etc/{name}", "") for name in LIVE]
    entries += [
        Merged("etc/mtab", "l", "/proc/self/mounts", ""),
        Merged("var/run", "l", "/run", ""),
        Merged("var/lock", "l", "/run/lock", ""),
        Merged("usr/lib/ssl", "d", "", ""),
        Merged("usr/lib/ssl/cert.pem", "l", f"/{BUNDLE}", ""),
    ]
    return tuple(entries)


def defaults() -> tuple[Merged, ...]:
    """Return the entries that stand in only when no package and no trigger brings them."""
    nsswitch = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n"
    return (Merged(BUNDLE, "t", "", ""), Merged(LOCALTIME, "t", "", ""), Merged("etc/nsswitch.conf", "t", nsswitch, ""))
