"""What a Gentoo binary package says of itself: the Manifest of a GPKG (GLEP 78) and the names in its metadata."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_COUNTED = ("SHA512", "BLAKE2B", "SHA256")
_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)-----BEGIN PGP SIGNATURE-----", re.DOTALL)


class Part(NamedTuple):
    """One file inside a GPKG."""

    size: int
    digests: Mapping[str, str]
    """``SHA512`` and its like to hex."""


def read_manifest(text: str) -> dict[str, Part]:
    """Read a Manifest, signed or not: file to size and digests; ``ValueError`` for an entry without a digest that counts."""
    signed = _SIGNED.search(text)
    found = {}
    for line in (signed[1] if signed else text).splitlines():
        words = line.removeprefix("- ").split()
        if words[:1] != ["DATA"]:
            continue
        digests = {name: value.lower() for name, value in zip(words[3::2], words[4::2], strict=False) if name in _COUNTED}
        if len(words) < 5 or not words[2].isdecimal() or not digests:
            raise ValueError(f"its Manifest gives no digest that counts for `{words[1] if len(words) > 1 else line}`")
        found[words[1]] = Part(int(words[2]), digests)
    return found


def differences(manifest: Mapping[str, Part], have: Mapping[str, Part]) -> list[str]:
    """Return where the files inside a package are not those of its Manifest, a sentence each."""
    told = [f"`{name}` is missing" for name in manifest if name not in have]
    told += [f"`{name}` is not in its Manifest" for name in have if name not in manifest]
    for name, wanted in manifest.items():
        found = have.get(name)
        if found is None:
            continue
        if found.size != wanted.size:
            told.append(f"`{name}` has {found.size} bytes instead of {wanted.size}")
        told += [f"`{name}` has another {kind}" for kind, value in wanted.digests.items() if found.digests.get(kind, value) != value]
    return told


def misnamed(texts: Mapping[str, str], name: str, version: str) -> str:
    """Say how ``CATEGORY`` and ``PF`` of a package are not those that were asked for; empty when they are.

    A slot in the name (``dev-lang/python:3.12``) and a build number in the version do not count.
    """
    category, full = texts.get("CATEGORY", "").strip(), texts.get("PF", "").strip()
    if not category or not full:
        return "the package does not say what it is"
    wanted = f"{name.partition(':')[0]}-{version}"
    own = f"{category}/{full}"
    if wanted == own or re.fullmatch(re.escape(own) + r"-\d+", wanted):
        return ""
    return f"the package is `{own}`, not `{wanted}`"
