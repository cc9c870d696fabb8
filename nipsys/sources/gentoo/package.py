"""The metadata inside a Gentoo binary package: the Manifest of a GPKG (GLEP 78) and the package's name."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_ALGORITHMS = ("SHA512", "BLAKE2B", "SHA256")
_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)-----BEGIN PGP SIGNATURE-----", re.DOTALL)


class ManifestEntry(NamedTuple):
    """One file inside a GPKG."""

    size: int
    digests: Mapping[str, str]
    """Name of the algorithm (``SHA512``) to hex."""


def read_manifest(text: str) -> dict[str, ManifestEntry]:
    """Read a Manifest, signed or not: file to size and digests; ``ValueError`` for an entry without an accepted digest."""
    signed = _SIGNED.search(text)
    found = {}
    for line in (signed[1] if signed else text).splitlines():
        words = line.removeprefix("- ").split()
        if words[:1] != ["DATA"]:
            continue
        digests = {name: value.lower() for name, value in zip(words[3::2], words[4::2], strict=False) if name in _ALGORITHMS}
        if len(words) < 5 or not words[2].isdecimal() or not digests:
            raise ValueError(f"its Manifest has no accepted digest for `{words[1] if len(words) > 1 else line}`")
        found[words[1]] = ManifestEntry(int(words[2]), digests)
    return found


def find_differences(manifest: Mapping[str, ManifestEntry], have: Mapping[str, ManifestEntry]) -> list[str]:
    """Return how the files inside a package differ from its Manifest, one sentence each."""
    problems = [f"`{name}` is missing" for name in manifest if name not in have]
    problems += [f"`{name}` is not in its Manifest" for name in have if name not in manifest]
    for name, wanted in manifest.items():
        found = have.get(name)
        if found is None:
            continue
        if found.size != wanted.size:
            problems.append(f"`{name}` has {found.size} bytes instead of {wanted.size}")
        other = [kind for kind, value in wanted.digests.items() if found.digests.get(kind, value) != value]
        problems += [f"`{name}` has a different {kind}" for kind in other]
    return problems


def find_name_mismatch(texts: Mapping[str, str], name: str, version: str) -> str:
    """Return how ``CATEGORY`` and ``PF`` of a package differ from the requested package; empty when they do not.

    A slot in the name (``dev-lang/python:3.12``) and a build number in the version are ignored.
    """
    category, full = texts.get("CATEGORY", "").strip(), texts.get("PF", "").strip()
    if not category or not full:
        return "the package does not contain its own name"
    wanted = f"{name.partition(':')[0]}-{version}"
    own = f"{category}/{full}"
    if wanted == own or re.fullmatch(re.escape(own) + r"-\d+", wanted):
        return ""
    return f"the package is `{own}`, not `{wanted}`"
