"""Suggest a known word for an unknown one: a typing error, or the term of another tool."""

from collections.abc import Iterable

from nipsys.profile.nearest import nearest

_ELSEWHERE = {
    "x86_64": "amd64 x64 x86-64",
    "aarch64": "arm64",
    "armv7": "armhf",
    "i686": "i386 i586",
    "ppc64le": "ppc64el",
    "glibc": "gnu",
    "debian": "apt deb ubuntu",
    "pacman": "arch archlinux",
    "nix": "nixpkgs",
    "gentoo": "portage emerge",
    "pypi": "pip python",
    "alpine": "apk",
    "pkgsrc": "netbsd",
    "recipes": "recipe",
    "npm": "node",
    "packages": "package pkgs deps dependencies install",
    "include": "import includes",
    "env": "environment",
    "variants": "use flags",
    "service": "services",
    "source": "sources repository from",
    "host": "hosts",
    "files": "file",
    "arch": "architecture",
    "mirror": "url server",
    "suite": "release distribution codename",
    "version": "v range",
    "pin": "hold",
}
_MEANT = {word: known for known, words in _ELSEWHERE.items() for word in words.split()}


def meant(word: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that ``word`` probably means, ``None`` when nothing is close."""
    known = tuple(known)
    other = _MEANT.get(word.casefold())
    return other if other in known else nearest(word, known)
