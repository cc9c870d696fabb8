"""A Debian suite with a security pocket and every compression dpkg-deb writes."""

from pathlib import Path

from conformance import Case
from debian_maker import Deb, Repository, Signer, need_tools

GREET = Deb("libgreet2", "1:2.1-3+deb12u1", fields={"Provides": "greet-api (= 2)", "Multi-Arch": "same"}, compression="zstd")
HELLO = Deb("np-hello", "1.0~rc1-1", fields={"Depends": "libgreet2 (>= 1:2), libc6 | musl", "Recommends": "greet-doc", "Essential": "yes"})
DOC = Deb("greet-doc", "2.1", "all", fields={"Section": "doc", "Breaks": "np-hello (<< 0.9)", "Conflicts": "greet-old"}, compression="gzip")
FIXED = Deb("libgreet2", "1:2.1-3+deb12u2", fields={"Provides": "greet-api (= 2)"})


def make(where: Path) -> Case:
    need_tools()
    signer, other = Signer(where), Signer(where, "other")
    repository = Repository(where / "mirror", signer)

    def served(**options: object) -> dict[str, bytes]:
        repository.publish("test", [GREET, HELLO, DOC], **options)
        return repository.files()

    repository.publish("test-security", [FIXED])
    older = served(date="2026-10-01T00:00:00Z")
    refused = {
        "wrong key": (served(signer=other), "bad-signature"),
        "expired": (served(until="2026-11-20T21:00:00Z"), "expired-release"),
        "from the future": (served(date="2027-01-01T00:00:00Z"), "future-release"),
        "another suite": (served(fields={"Suite": "elsewhere", "Codename": "elsewhere"}), "wrong-suite"),
        "no digests": ({"dists/test/InRelease": signer.clear("Suite: test\nCodename: test\n")}, "bad-index"),
        "no lists": ({"dists/test/InRelease": signer.clear(f"Suite: test\nSHA256:\n {'0' * 64} 1 other\n")}, "no-packages"),
        "dropped reference": (_without_needs(repository.files()), "wrong-digest"),
        "unsigned": ({"dists/test/InRelease": (repository.root / "dists/test/Release").read_bytes()}, "bad-signature"),
    }
    files = served()
    for signature in (signer, other):
        signature.close()
    expect = frozenset((deb.name, deb.version) for deb in (GREET, HELLO, DOC, FIXED))
    return Case(
        "debian",
        files,
        lambda base: {"mirror": base, "suite": "test", "keyring": str(signer.keyring)},
        expect,
        older={"dated": older},
        refused=refused,
        beyond={"swapped package": "its digest is in the signed index: test_hostile_artifacts"},
    )


def _without_needs(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return every list as one in which nothing depends on anything, as large as before."""
    return {path: b"Package: np-hello\n".ljust(len(body), b"\n") for path, body in files.items() if "/binary-" in path}
