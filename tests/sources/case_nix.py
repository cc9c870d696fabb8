"""A binary cache made by nix, with a name index made from what its evaluator printed."""

import base64
import sys
from pathlib import Path

from conformance import Case
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nipsys.sources.nix.index import from_evaluator, write_index
from nipsys.sources.nix.narinfo import read_narinfo

sys.path.insert(0, str(Path(__file__).parent / "worlds"))

import nix_maker


def make(where: Path) -> Case:
    caches = nix_maker.once(where / "shop")
    cache = caches.path / "cache-xz"
    rows = list(from_evaluator(caches.evaluated.encode(), "x86_64-linux"))
    files = {str(path.relative_to(cache)): path.read_bytes() for path in sorted(cache.rglob("*")) if path.is_file()}
    files["names"] = write_index(rows, "x86_64-linux", "2026-11-19T00:00:00Z")
    base = caches.outputs[0].rpartition("/")[2]
    info = f"{base[:32]}.narinfo"
    text = files[info].decode()
    others = [row.base_name for row in rows if row.name in {"glibc", "libgreet"}]
    shell = next(word for word in text.split() if word.endswith("busybox-1.35.0"))
    return Case(
        "nix",
        files,
        lambda address: {"mirror": address, "index": f"{address}/names", "key": caches.key},
        frozenset({("hello", "1.0")}),
        names=("hello",),
        older={"an older index": {"names": write_index(rows, "x86_64-linux", "2026-10-19T00:00:00Z")}},
        refused={
            "unsigned": (
                {info: "".join(line + "\n" for line in text.splitlines() if not line.startswith("Sig")).encode()},
                "bad-signature",
            ),
            "wrong key": ({info: _signed_by_a_stranger(text)}, "bad-signature"),
            "tampered size": ({info: text.replace("NarSize: ", "NarSize: 1").encode()}, "bad-signature"),
            "dropped reference": ({info: text.replace(f"{shell} ", "").encode()}, "bad-signature"),
            "swapped package": ({info: files[f"{others[0][:32]}.narinfo"]}, "wrong-package"),
            "a packing not read": ({info: text.replace("Compression: xz", "Compression: br").encode()}, "unknown-format"),
            "another store": ({"nix-cache-info": b"StoreDir: /home/me\n"}, "other-store"),
            "another machine": ({"names": write_index(rows, "aarch64-linux", "2026-11-19T00:00:00Z")}, "other-system"),
            "no index": ({"names": b"hello"}, "bad-index"),
        },
    )


def _signed_by_a_stranger(text: str) -> bytes:
    """Return the same narinfo, well signed under the trusted key's name with another key."""
    signature = base64.b64encode(Ed25519PrivateKey.generate().sign(read_narinfo(text).fingerprint())).decode()
    lines = [
        f"{line.partition(':')[0]}: {line.split()[1].partition(':')[0]}:{signature}" if line.startswith("Sig") else line
        for line in text.splitlines()
    ]
    return "".join(f"{line}\n" for line in lines).encode()
