"""A directory of pkgsrc packages written by the format's description."""

from pathlib import Path

from conformance import Case
from registry_maker import pkgsrc_package, summary


def make(where: Path) -> Case:
    packages = {"hello-1.0nb2": ["libgreet>=2<3"], "libgreet-2.0": []}
    files = {
        "libgreet-2.0.tgz": pkgsrc_package("libgreet-2.0", {"share/greet/word": "hello\n"}),
        "hello-1.0nb2.tgz": pkgsrc_package("hello-1.0nb2", {"bin/hello": "#!/bin/sh\ncat /usr/pkg/share/greet/word\n"}, ["libgreet>=2<3"]),
        "pkg_summary.gz": summary(packages, "BUILD_DATE=2026-11-02 10:00:00 +0000"),
    }
    return Case(
        "pkgsrc",
        files,
        lambda base: {"mirror": base, "signatures": "none"},
        frozenset({("hello", "1.0nb2"), ("libgreet", "2.0")}),
        sealed=False,
        older={"older packages": {"pkg_summary.gz": summary(packages, "BUILD_DATE=2026-10-02 10:00:00 +0000")}},
        beyond={
            "unsigned": "signatures are switched off here: case_pkgsrc_signed",
            "wrong key": "signatures are switched off here: case_pkgsrc_signed",
            "dropped reference": "signatures are switched off here: case_pkgsrc_signed",
            "swapped package": "the lock has the digest seen first: test_package_indexes",
        },
        refused={
            "no summary": ({"pkg_summary.gz": b"\x1f\x8b\x08broken"}, "bad-index"),
            "another machine": ({"pkg_summary.gz": b"PKGNAME=a-1\nMACHINE_ARCH=vax\n"}, "no-packages"),
        },
        digests=False,
        sizes=False,
    )
