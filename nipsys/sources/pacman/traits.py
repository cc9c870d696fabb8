"""Traits of Arch Linux and its derivatives."""

from nipsys.model import HostNeeds, HostText
from nipsys.model.system import Traits

TRAITS = Traits(
    help="Arch Linux and its derivatives",
    synonyms=("arch", "archlinux"),
    purl="alpm/arch",
    formats=("pacman",),
    version_order="vercmp",
    groups=True,
    host=HostNeeds(
        texts=(HostText("/etc/pacman.conf"), HostText("/etc/pacman.d/mirrorlist")),
        keyrings=("/usr/share/keyrings/pacman*", "/etc/pacman.d/gnupg/pubring.gpg", "/usr/share/pacman/keyrings/*.gpg"),
    ),
    programs=("gpgv",),
    settings={
        "repos": "repositories in order: the first that has a package wins (`core extra` when not given)",
        "mirror": "addresses tried in order, with `$repo` and `$arch` in them, or flat; the host's mirror list when not given",
        "arch": "accepted machines, the first is put into `$arch` (`x86_64_v3 x86_64`)",
        "keyring": "paths of the keyrings whose keys are trusted",
        "key": "a trusted key itself, as armoured text",
        "fingerprints": "trust only these keys of the keyring",
        "signatures": "`required` (of packages, and of databases that have or ever had one), `database`, or `none`",
        "snapshot": "a day: the archive as it was then (`$snapshot` in the mirror becomes `2026/11/01`)",
        "min-age": "ignore packages younger than this",
        "recommends": "install optional dependencies too",
    },
)
