"""Hints about unknown words in a profile: a typing error, another spelling, or the term of another tool."""

from collections.abc import Iterable

from nipsys.model import suggest_or_list

_WORDS = {
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
_SYNONYMS = {word: known for known, words in _WORDS.items() for word in words.split()}


def suggest_term(word: str, known: Iterable[str], intro: str) -> str:
    """Return a hint about an unknown ``word``: the known one it probably means, else ``intro`` and all known ones."""
    return suggest_or_list(word, known, intro, _SYNONYMS)
