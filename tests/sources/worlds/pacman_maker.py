"""A small Arch-like repository made by makepkg, gpg and repo-add themselves."""

from dataclasses import dataclass
from pathlib import Path

from tools import need, plain, reachable, workshop, write

GLIBC = r"""
pkgname=glibc pkgver=2.36 pkgrel=1 pkgdesc='the C library of the machine the tests run on' arch=(x86_64) license=(LGPL)
package() {
    mkdir -p "$pkgdir"/usr/{bin,lib}
    cp -L /lib64/ld-linux-x86-64.so.2 "$(gcc -print-file-name=libc.so.6)" "$pkgdir"/usr/lib/
    ln -s usr/lib "$pkgdir"/lib; ln -s usr/lib "$pkgdir"/lib64; ln -s usr/bin "$pkgdir"/bin; ln -s lib "$pkgdir"/usr/lib64
}
"""
LIBGREET = r"""
pkgname=libgreet epoch=1 pkgver=2.1 pkgrel=3 pkgdesc='greets' arch=(x86_64) license=(Apache) url=https://example.org/greet
depends=(glibc) provides=(greeter=2 libgreet.so) conflicts=('oldgreet<2') replaces=(oldgreet) groups=(greeting) options=(!strip)
build() {
    printf 'const char *greet(void) { return "Hello from Arch"; }\n' > greet.c
    gcc -shared -fPIC -Wl,-soname,libgreet.so.2 -o libgreet.so.2 greet.c
}
package() { install -D libgreet.so.2 "$pkgdir"/usr/lib/libgreet.so.2; ln -s libgreet.so.2 "$pkgdir"/usr/lib/libgreet.so; }
"""
HELLO = r"""
pkgname=hello pkgver=1.0rc1 pkgrel=1 pkgdesc='says hello: now' arch=(x86_64) license=(Apache) install=hello.install backup=(etc/hello.conf)
depends=(libgreet.so 'greeter>=2' greet-data) optdepends=('greet-data>=1:0.1: more words' 'nothing: at all') groups=(greeting)
build() {
    printf 'const char *greet(void); int puts(const char *); int main(void) { return puts(greet()) < 0; }\n' > hello.c
    gcc -o hello hello.c "$startdir"/../stage/usr/lib/libgreet.so.2
}
package() {
    install -D hello "$pkgdir"/usr/bin/hello-arch
    install -Dm644 hello.c "$pkgdir/usr/share/hello/a file with spaces and ünïcode"
    mkdir -p "$pkgdir"/etc "$pkgdir"/var/empty; echo polite=yes > "$pkgdir"/etc/hello.conf
}
"""
DATA = r"""
pkgname=greet-data epoch=1 pkgver=0.1+r7 pkgrel=1.1 pkgdesc='words' arch=(any) license=(CC0)
package() { mkdir -p "$pkgdir"/usr/share/greet; echo hello > "$pkgdir"/usr/share/greet/words; ln "$pkgdir"/usr/share/greet/{words,again}; }
"""
INSTALL = "post_install() { systemctl enable hello; }\n"


@dataclass(frozen=True)
class Repository:
    """What was made."""

    path: Path
    """Of the workshop: ``core/`` and ``extra/`` are repositories."""
    keyring: str
    stranger: str
    """A keyring that holds another key."""
    arch: str = "x86_64"

    @property
    def mirror(self) -> str:
        """Address of the repositories, with ``$repo``."""
        return f"file://{self.path}/$repo"


def make(path: Path) -> Repository:
    """Build four packages, sign them, and put them into two signed databases."""
    need(
        makepkg="makepkg",
        repo_add="pacman-package-manager",
        pacman="pacman-package-manager",
        gpg="gnupg",
        gpgv="gpgv",
        fakeroot="fakeroot",
        gcc="gcc",
        zstd="zstd",
    )
    shop = workshop(reachable(path))
    for name in ("gnupg", "other"):
        workshop(shop / name).chmod(0o700)
        plain(
            [
                "gpg",
                "--homedir",
                f"{shop}/{name}",
                "--batch",
                "--passphrase",
                "",
                "--quick-generate-key",
                f"{name} <{name}@example.org>",
                "ed25519",
                "sign",
                "never",
            ],
            shop,
        )
        plain(["gpg", "--homedir", f"{shop}/{name}", "--batch", "--yes", "-o", f"{shop}/{name}.gpg", "--export"], shop)
        plain(["gpgconf", "--homedir", f"{shop}/{name}", "--kill", "all"], shop)
    for repository, builds in (("core", {"glibc": GLIBC, "libgreet": LIBGREET}), ("extra", {"greet-data": DATA, "hello": HELLO})):
        workshop(shop / repository)
        for name, text in builds.items():
            _build(shop, repository, name, text)
        packages = sorted(str(file) for file in (shop / repository).glob("*.pkg.tar.zst"))
        kind = "gz" if repository == "core" else "zst"
        sign = {"GNUPGHOME": f"{shop}/gnupg"}
        plain(["repo-add", "--sign", f"{shop}/{repository}/{repository}.db.tar.{kind}", *packages], shop, sign)
    plain(["gpgconf", "--homedir", f"{shop}/gnupg", "--kill", "all"], shop)
    return Repository(shop, f"{shop}/gnupg.gpg", f"{shop}/other.gpg")


def _build(shop: Path, repository: str, name: str, text: str) -> None:
    where = workshop(shop / name)
    write(where / "PKGBUILD", text)
    write(where / "hello.install", INSTALL)
    environment = {
        "PKGDEST": f"{shop}/{repository}", "PKGEXT": ".pkg.tar.zst", "PACKAGER": "Some Body <some@example.org>", "SOURCE_DATE_EPOCH": str(1_700_000_000 + len(name)),
        "GNUPGHOME": f"{shop}/gnupg", "CARCH": "x86_64",
    }  # fmt: skip
    plain(["makepkg", "-d", "-f", "--nocheck", "--sign", "--noconfirm"], where, environment)
    if name == "libgreet":
        plain(["bash", "-c", f"mkdir -p '{shop}/stage' && cd '{shop}/stage' && bsdtar -xf '{shop}/{repository}/'libgreet-*.zst usr"], shop)


def install(repository: Repository, root: Path, *names: str) -> Path:
    """Let pacman itself install packages into ``root``."""
    root = workshop(reachable(root))
    for name in ("root", "db", "cache", "gpg", "hooks"):
        workshop(root / name)
    configuration = write(
        root / "pacman.conf",
        f"[options]\nRootDir = {root}/root\nDBPath = {root}/db\nCacheDir = {root}/cache\nGPGDir = {root}/gpg\nLogFile = {root}/log\nHookDir = {root}/hooks\n"
        f"Architecture = x86_64\nSigLevel = Never\n[core]\nServer = file://{repository.path}/core\n[extra]\nServer = file://{repository.path}/extra\n",
    )
    plain(["fakeroot", "pacman", "--config", str(configuration), "-Sy", "--noconfirm", "--noscriptlet", *names], root)
    return root / "root"


_MADE: list[Repository] = []


def once(path: Path) -> Repository:
    """Make it below ``path`` unless this run has made it already."""
    if not _MADE:
        _MADE.append(make(path))
    return _MADE[0]
