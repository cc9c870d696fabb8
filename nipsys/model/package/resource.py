"""Bytes that somebody needs from elsewhere, described so that any fetcher can get and check them."""

from nipsys.model.value import Frozen


class Seal(Frozen):
    """An OpenPGP signature that must hold before anyone reads the bytes."""

    keyrings: tuple[str, ...]
    """Paths of the keyrings whose keys are trusted (binary or armoured)."""
    keys: tuple[str, ...] = ()
    """Trusted keys given as armoured text, beside those of the keyrings."""
    fingerprints: tuple[str, ...] = ()
    """When given, only these keys (40 or 64 hex digits, of the key or its primary key) count."""
    detached: tuple[str, ...] = ()
    """Addresses of the detached signature, tried in order; empty for a clear-signed text, of which the reader gets the plain text."""


class Resource(Frozen):
    """One thing to fetch."""

    role: str
    """What it is to the one who asked (``release``, ``packages:main``); unique among what one asker asks for."""
    urls: tuple[str, ...]
    """Addresses (``http``, ``https``, ``file``), tried in order."""
    limit: int
    """Refuse more bytes than this."""
    digest: str | None = None
    """``algorithm:hex`` the bytes must have."""
    size: int | None = None
    """Bytes it must have, when known."""
    seal: Seal | None = None
    optional: bool = False
    """When the server says it does not exist, that is an answer: the reader gets no bytes."""
    headers: tuple[tuple[str, str], ...] = ()


def shown(url: str) -> str:
    """Return an address as messages may show it: without a password."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
