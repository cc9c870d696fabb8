"""The format number of the index and the version orders belong together: an index stores ranks, and those of another order are wrong."""

import hashlib
from collections.abc import Callable
from itertools import pairwise, product

from nipsys.index.file_layout import MAGIC
from nipsys.versions import alpine, debian, gentoo, nix, npm, pacman, pep440, pkgsrc

ORDERS: dict[str, Callable[[str], bytes]] = {
    "alpine": alpine.sort_key_of,
    "debian": debian.sort_key_of,
    "gentoo": gentoo.sort_key_of,
    "nix": nix.sort_key_of,
    "npm": npm.sort_key_of,
    "pacman": pacman.sort_key_of,
    "pep440": pep440.sort_key_of,
    "pkgsrc": pkgsrc.sort_key_of,
}
PIECES = ("1", "2", "10", "01", "a", "b", "rc1", "alpha", "p", "nb2", "x", "")
JOINTS = (".", "-", "_", "~", "+", ":", "-r", "..")
TEXTS = ["".join(pieces) for pieces in product(("1", "0", "a"), JOINTS, PIECES, ("", "-1", "_p1", "bc"))]


def told() -> str:
    """Return a digest of how every ecosystem ranks the same texts, those that are no version of it among them."""
    digest = hashlib.sha256()
    for name, key in ORDERS.items():
        keys = {text: known for text in TEXTS if (known := key_of(key, text)) is not None}
        ranked = sorted(keys, key=lambda text: (keys[text], text))
        ties = "".join("=" if keys[one] == keys[two] else "<" for one, two in pairwise(ranked))
        digest.update("\0".join((name, ties, *ranked)).encode())
    return digest.hexdigest()


def key_of(key: Callable[[str], bytes], text: str) -> bytes | None:
    """Return what a text sorts by; ``None`` where an order refuses it."""
    try:
        return key(text)
    except ValueError:
        return None


def test_a_changed_version_order_needs_a_new_format_number() -> None:
    """When this fails, an order has changed: raise the number in ``nipsys.index.file_layout`` first, then write both again here."""
    assert (MAGIC, told()) == (b"nipsys-index 3\n\0", "2dec12ea5d5b6d22226b0d0561c41512408b534e020f06c64be8c59586b36e80")
