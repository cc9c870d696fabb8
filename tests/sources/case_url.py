"""One static program by address."""

import hashlib
from pathlib import Path

from conformance import Case

PROGRAM = b"#!/bin/sh\necho hello\n"


def make(where: Path) -> Case:
    digest = "sha256:" + hashlib.sha256(PROGRAM).hexdigest()
    return Case(
        "url",
        {"hello-1.2.3-x86_64": PROGRAM},
        lambda base: {
            "url": f"{base}/hello-$version-$arch",
            "digest": digest,
            "version": "1.2.3",
            "package": "hello",
            "size": len(PROGRAM),
        },
        frozenset({("hello", "1.2.3")}),
        mirrors=False,
        beyond={
            "unsigned": "the profile itself gives the digest, and there is no index",
            "wrong key": "the profile itself gives the digest, and there is no index",
            "dropped reference": "the profile itself gives the digest, and there is no index",
            "swapped package": "its digest is in the index: test_hostile_artifacts",
        },
        undated="the profile itself gives the digest",
    )
