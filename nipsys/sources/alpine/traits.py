"""Traits of Alpine Linux and its derivatives."""

from nipsys.model import HostNeeds, HostText
from nipsys.model.system import Traits

TRAITS = Traits(
    help="musl packages of Alpine Linux",
    synonyms=("apk",),
    libc="musl",
    purl="apk/alpine",
    formats=("apk",),
    version_order="apk",
    install_if=True,
    host=HostNeeds(texts=(HostText("/etc/apk/repositories"),), keyrings=("/etc/apk/keys/*.pub",)),
    settings={
        "branch": "`v3.22`, `edge`; a directory of the mirror",
        "repos": "`main community`; directories below the branch",
        "mirror": "addresses tried in order; the host's repositories when not given",
        "keyring": "paths of the trusted public keys (`*.rsa.pub`); those of the host's `/etc/apk/keys` when not given",
        "key": "a trusted key itself: `<file name>:<base 64 of the PEM's body>`",
        "signatures": "`required` or `none`",
        "snapshot": "a day: newer indexes are refused, older ones accepted (`$snapshot` in the mirror becomes `2026-11-01`)",
        "min-age": "ignore packages younger than this",
        "recommends": "no effect: Alpine has no recommended packages",
    },
)
