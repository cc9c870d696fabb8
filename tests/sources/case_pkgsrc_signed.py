"""A directory of pkgsrc packages whose summary is signed."""

from pathlib import Path

from conformance import Case
from debian_maker import Signer, need_tools
from registry_maker import pkgsrc_package, summary


def make(where: Path) -> Case:
    need_tools()
    signer, other = Signer(where), Signer(where, "other")
    needs = {"hello-1.0": ["libgreet>=2<3"], "libgreet-2.0": []}
    listed = summary(needs, "BUILD_DATE=2026-11-02 10:00:00 +0000")
    older = summary(needs, "BUILD_DATE=2026-10-02 10:00:00 +0000")
    files = {
        "libgreet-2.0.tgz": pkgsrc_package("libgreet-2.0", {"share/greet/word": "hello\n"}),
        "hello-1.0.tgz": pkgsrc_package("hello-1.0", {"bin/hello": "#!/bin/sh\n"}, ["libgreet>=2<3"]),
        "pkg_summary.gz": listed,
        "pkg_summary.gz.asc": signer.detached(listed),
    }
    case = Case(
        "pkgsrc",
        files,
        lambda base: {"mirror": base, "keyring": str(signer.keyring)},
        frozenset({("hello", "1.0"), ("libgreet", "2.0")}),
        older={"older packages": {"pkg_summary.gz": older, "pkg_summary.gz.asc": signer.detached(older)}},
        refused={
            "unsigned": ({"pkg_summary.gz.asc": b""}, "bad-signature"),
            "wrong key": ({"pkg_summary.gz.asc": other.detached(listed)}, "bad-signature"),
            "dropped reference": ({"pkg_summary.gz": summary({name: [] for name in needs})}, "bad-signature"),
        },
        beyond={"swapped package": "the summary has no digests: the lock has the one seen first, test_package_indexes"},
        digests=False,
        sizes=False,
    )
    for one in (signer, other):
        one.close()
    return case
