"""Hints about unknown words in a profile: a typing error, another spelling, or the term of another tool."""

from collections.abc import Iterable

from nipsys.model import suggest_or_list
from nipsys.profile.schema import LoadKinds, load_no_kinds

_WORDS = {
    "x86_64": "amd64 x64 x86-64",
    "aarch64": "arm64",
    "armv7": "armhf",
    "i686": "i386 i586",
    "ppc64le": "ppc64el",
    "glibc": "gnu",
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


def suggest_term(word: str, known: Iterable[str], intro: str, load_kinds: LoadKinds = load_no_kinds) -> str:
    """Return a hint about an unknown ``word``: the known one it probably means, else ``intro`` and all known ones.

    ``load_kinds`` returns the kinds of sources, when the word may mean one of them.
    """
    meant = {synonym: kind for kind, traits in load_kinds().items() for synonym in traits.synonyms}
    return suggest_or_list(word, known, intro, _SYNONYMS | meant)
