"""A binary host of Gentoo written by the format's description."""

from pathlib import Path

from conformance import Case
from registry_maker import binary_index, gpkg, listed


def make(where: Path) -> Case:
    hello = gpkg("app-misc/hello", "1.0-r1", {"usr/bin/hello": "#!/bin/sh\necho hello\n"})
    python = gpkg("dev-lang/snake", "3.12.1", {"usr/lib/snake": "hiss\n"})
    blocks = [
        listed("app-misc/hello-1.0-r1", hello, RDEPEND="dev-lang/snake:3.12 !app-misc/hi", IUSE="nls", USE="nls amd64"),
        listed("dev-lang/snake-3.12.1", python, SLOT="3.12"),
    ]
    files = {"app-misc/hello-1.0-r1.gpkg.tar": hello, "dev-lang/snake-3.12.1.gpkg.tar": python, "Packages": binary_index(blocks)}
    return Case(
        "gentoo",
        files,
        lambda base: {"mirror": base, "signatures": "none"},
        frozenset({("app-misc/hello", "1.0-r1"), ("dev-lang/snake:3.12", "3.12.1")}),
        sealed=False,
        older={"an older timestamp": {"Packages": binary_index(blocks, 1763400000)}},
        beyond={
            "unsigned": "the index is never signed; packages are, and are refused unsigned: test_gentoo",
            "wrong key": "packages of another key are refused: test_gentoo",
            "dropped reference": "an unsigned index is believed; what the package needs is then told by its programs",
            "swapped package": "its digest is in the index: test_hostile_artifacts",
        },
        refused={
            "no index": ({"Packages": b"<html>"}, "bad-index"),
            "another machine": ({"Packages": binary_index(blocks).replace(b"x86_64", b"aarch64")}, "no-packages"),
        },
    )
