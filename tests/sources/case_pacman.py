"""Two repositories made by makepkg and repo-add, on a flat mirror."""

import io
import sys
import tarfile
from pathlib import Path

from conformance import Case

from nipsys.effects.web.fake import CannedResponse

sys.path.insert(0, str(Path(__file__).parent / "worlds"))

import pacman_maker
from tools import plain


def make(where: Path) -> Case:
    repository = pacman_maker.once(where / "shop")
    names = [path for folder in ("core", "extra") for path in sorted((repository.path / folder).iterdir())]
    files = {path.name: path.read_bytes() for path in names if ".tar.gz" not in path.name and ".db.tar" not in path.name}

    def signed(content: bytes, home: str) -> dict[str, bytes]:
        (repository.path / "lie").write_bytes(content)
        (repository.path / "lie").chmod(0o644)
        argv = ["gpg", "--homedir", f"{repository.path}/{home}", "--batch", "--yes", "-o", "lie.sig", "--detach-sign", "lie"]
        plain(argv, repository.path)
        plain(["gpgconf", "--homedir", f"{repository.path}/{home}", "--kill", "all"], repository.path)
        return {"core.db": content, "core.db.sig": (repository.path / "lie.sig").read_bytes()}

    entry = "%NAME%\nold\n\n%VERSION%\n1-1\n\n%ARCH%\nany\n\n%CSIZE%\n9\n\n%BUILDDATE%\n1500000000\n\n%FILENAME%\n"
    return Case(
        "pacman",
        files,
        lambda base: {"mirror": base, "repos": "core extra", "keyring": repository.keyring},
        frozenset({("glibc", "2.36-1"), ("libgreet", "1:2.1-3"), ("hello", "1.0rc1-1"), ("greet-data", "1:0.1+r7-1.1")}),
        older={
            "older packages": signed(_database(entry + "old-1-1-any.pkg.tar.zst\n\n"), "gnupg"),
            "its signature taken off": {"core.db.sig": CannedResponse(status=404)},
        },
        beyond={
            "unsigned": "Arch signs packages, not databases: refused once it was seen signed (older), and for packages in test_pacman_tools",
            "swapped package": "the package says which it is, and is signed: test_pacman_tools",
        },
        refused={
            "dropped reference": ({"core.db": _database(entry + "old-1-1-any.pkg.tar.zst\n\n")}, "bad-signature"),
            "wrong key": (signed(files["core.db"], "other"), "bad-signature"),
            "signature of something else": ({"core.db.sig": files["extra.db.sig"]}, "bad-signature"),
            "no database": (signed(b"<html>", "gnupg"), "bad-index"),
            "a package elsewhere": (signed(_database(entry + "../../evil.pkg.tar.zst\n\n"), "gnupg"), "bad-index"),
            "a package without size": (signed(_database(entry.replace("9", "many") + "x\n\n"), "gnupg"), "bad-index"),
        },
    )


def _database(text: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        info = tarfile.TarInfo("old-1-1/desc")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()
