"""A download, described so that any fetcher can fetch and verify it."""

from nipsys.model.value import Frozen


class SignaturePolicy(Frozen):
    """The OpenPGP signature that must be verified before the bytes are used."""

    keyrings: tuple[str, ...]
    """Paths of the keyrings whose keys are trusted (binary or armoured)."""
    keys: tuple[str, ...] = ()
    """Trusted keys as armoured text, in addition to those of the keyrings."""
    fingerprints: tuple[str, ...] = ()
    """When given, only these keys (40 or 64 hex digits, of the key or its primary key) are accepted."""
    detached: tuple[str, ...] = ()
    """URLs of the detached signature, tried in order; empty for a clear-signed text, of which the caller gets the plain text."""


class Resource(Frozen):
    """One file to fetch."""

    role: str
    """What it is for the caller (``release``, ``packages:main``); unique within one request."""
    urls: tuple[str, ...]
    """URLs (``http``, ``https``, ``file``), tried in order."""
    limit: int
    """Maximum size in bytes; more is refused."""
    digest: str | None = None
    """Expected digest, ``algorithm:hex``."""
    size: int | None = None
    """Expected size in bytes, when known."""
    signature_policy: SignaturePolicy | None = None
    optional: bool = False
    """A file that the server does not have is not an error: the caller gets no bytes."""
    headers: tuple[tuple[str, str], ...] = ()


def hide_password(url: str) -> str:
    """Return a URL without its credentials, for messages."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    port = host.rpartition("]")[2].partition(":")[2]
    if "@" in path and "@" not in host and port and not port.isdigit():  # a `/` in the password, which belongs percent-encoded
        host, slash, path = path.rpartition("@")[2].partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
