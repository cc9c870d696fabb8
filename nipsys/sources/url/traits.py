"""Traits of single archives and programs."""

from nipsys.model.system import UNBOUND, Traits

TRAITS = Traits(
    help="single archives and static programs by address and digest",
    libc=UNBOUND,
    formats=("tar", "zip", "deb", "file"),
    version_order="dpkg",
    settings={
        "url": "addresses tried in order; `$version` and `$arch` are replaced",
        "mirror": "more of them, tried after `url`",
        **dict.fromkeys(("keyring", "key", "signatures", "snapshot", "min-age"), "refused: the digest in the profile fixes the bytes"),
        "digest": "`sha256:...`, `sha512:...` or `blake3:...` of the fetched file",
        "size": "size of the fetched file in bytes, when known",
        "version": "the version; read from the address when not given",
        "package": "the package's name; the source's when not given",
        "format": "`tar`, `zip`, `deb` or `file` (a program that is not packed); read from the address when not given",
        "strip": "how many leading parts are removed from every path",
        "skip": "patterns of members left out",
        "prefix": "its directory in the tree: `opt/<name>` with `bin`, else `usr`",
        "bin": "programs in the archive, after `strip`: `rg` or `name=path/in/archive`",
        "summary": "one line",
    },
)
