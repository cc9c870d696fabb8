"""Traits of Nix binary caches."""

from nipsys.model.system import Traits


def _index_names(listing: bytes, cache: str, arch: str, now: str) -> tuple[bytes, int]:
    from nipsys.sources.nix.index import index_names  # noqa: PLC0415 - only for `nipsys sources index`

    return index_names(listing, cache, arch, now)


TRAITS = Traits(
    help="binary caches of Nix",
    synonyms=("nixpkgs",),
    prefix="/nix/store",
    purl="nix",
    formats=("nar",),
    version_order="builtins.compareVersions",
    complete=False,
    programs=("nix",),
    index_names=_index_names,
    settings={
        "cache": "addresses of binary caches, tried in order (`https://cache.nixos.org` when not given)",
        "mirror": "the same as `cache`",
        "index": "path or address of a name index, made by `nipsys sources index nix`",
        "key": "trusted public keys, `name:base64`",
        "signatures": "`required` or `none`",
        "needed": "how many of the keys must have signed a path (1 when not given)",
        "snapshot": "a day: a newer index is refused, an older one accepted",
        "min-age": "refused: a cache does not say when a path was built",
        "recommends": "no effect: a closure is exact",
    },
)
