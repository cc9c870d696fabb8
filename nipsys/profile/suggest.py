"""Suggest a known word for an unknown one: a typing error, or the term of another tool."""

from collections.abc import Iterable

from nipsys.profile.nearest import find_closest

_SYNONYMS = {
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
_SYNONYM_OF = {word: known for known, words in _SYNONYMS.items() for word in words.split()}


def suggest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that ``word`` probably means, ``None`` when nothing is close."""
    known = tuple(known)
    other = _SYNONYM_OF.get(word.casefold())
    return other if other in known else find_closest(word, known)
