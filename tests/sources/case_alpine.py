"""An Alpine branch with two repositories, written by the format's description."""

import gzip
import re
import sys
from pathlib import Path

from conformance import Case

from nipsys.sources.common.archives import split_gzip_members

sys.path.insert(0, str(Path(__file__).parent / "worlds"))

import alpine_maker
from alpine_maker import Package, build, index


def make(where: Path) -> Case:
    repository = alpine_maker.once(where)
    files = {str(path.relative_to(repository.path)): path.read_bytes() for path in sorted(repository.path.rglob("*")) if path.is_file()}
    _, old = build(Package("old", "1-r0", built=1_500_000_000), repository.signer)
    key = "".join(line for line in repository.signer.public.read_text().splitlines() if "---" not in line)
    place = "v1/main/x86_64/APKINDEX.tar.gz"
    return Case(
        "alpine",
        files,
        lambda base: {"mirror": base, "branch": "v1", "repos": "main community", "key": f"{repository.signer.name}:{key}"},
        frozenset({("docs", "0.2-r0"), ("hello", "1.0.0-r3"), ("hello-doc", "1.0.0-r3"), ("libgreet", "2.1_rc2-r0"), ("musl", "1.2.3-r5")}),
        older={"older packages": {place: index([old], repository.signer)}},
        refused={
            "unsigned": ({place: index([old], None)}, "bad-signature"),
            "wrong key": ({place: index([old], repository.stranger)}, "bad-signature"),
            "dropped reference": ({place: _without_needs(files[place])}, "bad-signature"),
            "version 3": ({place: b"ADBd" + bytes(64)}, "bad-index"),
            "no index": ({place: b"<html>"}, "bad-index"),
            "a package elsewhere": ({place: index([old.replace("P:old", "P:../old")], repository.signer)}, "bad-index"),
            "a broken checksum": ({place: index([old.replace("C:Q1", "C:Q9")], repository.signer)}, "bad-index"),
        },
        beyond={"swapped package": "the signed index has the digest of its control member: test_alpine_repository"},
        digests=False,  # of the control member only: the reader of packages checks it
    )


def _without_needs(signed: bytes) -> bytes:
    """Leave the signature as it is, and take every dependency out of what it signs."""
    (first, _), *rest = split_gzip_members(signed, 1 << 24)
    text = b"".join(text for _, text in rest)
    return first + gzip.compress(re.sub(rb"(?m)^D:.*$", lambda found: b"m:" + b"x" * (len(found[0]) - 2), text), mtime=0)
