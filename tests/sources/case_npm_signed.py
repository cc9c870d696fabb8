"""A small npm registry that signs its versions, with the list of its keys."""

from pathlib import Path

from conformance import Case
from npm_signer import Signer, listed
from registry_maker import npm_package, packument, tarball_name

PLACE = "https://mirror.example/files/"


def make(where: Path) -> Case:
    signer, stranger, retired = Signer(), Signer(), Signer("2026-06-01T00:00:00.000Z")
    hello = [npm_package("hello", "1.0.0", {"cli.js": "#!/usr/bin/env node\n"}, bin="./cli.js", dependencies={"dep": "1"})]
    dep = [npm_package("dep", version, {"index.js": f"{version}\n"}) for version in ("1.0.0", "2.0.0")]
    swapped = [npm_package("hello", "1.0.0", {"cli.js": "evil\n"}, bin="./cli.js", dependencies={"dep": "1"})]
    before = {"1.0.0": "2026-02-01T00:00:00.000Z", "2.0.0": "2026-07-01T00:00:00.000Z"}
    files = {f"files/{tarball_name(manifest['name'], manifest['version'])}": content for manifest, content in (*hello, *dep)}
    files |= {
        "hello": packument(hello, PLACE, modified="2026-11-02T00:00:00.000Z", sign=signer.sign),
        "dep": packument(dep, PLACE, times=before, sign=retired.sign),
        "keys": listed([signer, retired]),
    }
    replayed = packument(hello, PLACE, sign=lambda text: signer.sign(text.replace("1.0.0", "0.9.0")))
    late = packument(dep, PLACE, tags={"latest": "1.0.0"}, times={"1.0.0": "2026-07-01T00:00:00.000Z"}, sign=retired.sign)
    return Case(
        "npm",
        files,
        lambda base: {"mirror": base, "recommends": True, "keyring": f"{base}/keys"},
        frozenset({("hello:1.0.0", "1.0.0"), ("dep:1.0.0", "1.0.0")}),
        names=("hello", "dep@1"),
        sealed=False,
        older={"modified before": {"hello": packument(hello, PLACE, modified="2026-11-01T00:00:00.000Z", sign=signer.sign)}},
        refused={
            "unsigned": ({"hello": packument(hello, PLACE)}, "bad-signature"),
            "wrong key": ({"hello": packument(hello, PLACE, sign=stranger.sign)}, "bad-signature"),
            "swapped package": (
                {"hello": packument(swapped, PLACE, sign=lambda _: signer.sign(f"hello@1.0.0:{_digest(hello)}"))},
                "bad-signature",
            ),
            "the signature of another version": ({"hello": replayed}, "bad-signature"),
            "signed after the key had expired": ({"dep": late}, "bad-signature"),
            "no list of keys": ({"keys": b"<html>"}, "bad-key"),
            "a key of another kind": ({"keys": listed([signer]).replace(b'"MF', b'"AA')}, "bad-key"),
            "no packument": ({"hello": b"<html>"}, "bad-index"),
        },
        beyond={"dropped reference": "the registry signs name, version and digest: what a version needs stands in its own package.json"},
        sizes=False,
    )


def _digest(packages: list) -> str:
    import base64
    import hashlib

    return "sha512-" + base64.b64encode(hashlib.sha512(packages[0][1]).digest()).decode()
