"""Addresses of requests: the server to connect to, the proxy on the way, and what to request from the server."""

import base64
import os
import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import nipsys
from nipsys.effects.web.transport import FetchError

_LONGEST_LABEL, _LONGEST_HOST = 63, 253
"""Characters of a part of a host name, and of the whole name (RFC 1035)."""
find_forbidden = re.compile(r"[\x00-\x20\x7f-\U0010ffff]").search
"""Finds characters that no address may have: they would end the request line, or be read differently by different servers."""

Headers = tuple[tuple[str, str], ...]


class Proxy(NamedTuple):
    """A proxy that the environment names."""

    host: str
    port: int
    headers: Headers
    """Its credentials."""


class Route(NamedTuple):
    """Where a connection leads, and what every request on it has in common: equal routes share connections."""

    scheme: str
    host: str
    port: int
    proxy: Proxy | None
    prefix: str
    """What precedes the path in the request line: scheme and host when a proxy reads it, else nothing."""
    headers: Headers
    """Headers of every request."""


def split_address(url: str) -> tuple[str, str]:
    """Split an address into scheme with host, and what is requested there; ``FetchError`` when it is not valid."""
    if find_forbidden(url):
        raise FetchError("bad-address", "the address has characters that must be percent-encoded")
    start = url.find("/", url.find("://") + 3)
    base = url if start < 0 else url[:start]
    if start < 0 or "?" in base or "#" in base:
        parts = _split(url)
        return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return base, url[start:].partition("#")[0]


def find_route(base: str) -> Route:
    """Return the route to the server of ``scheme://host``; ``FetchError`` when host, port or the proxy's address is not valid."""
    parts = _split(base)
    host, port = _place_of(parts, 443 if parts.scheme == "https" else 80)
    proxy = None if _is_bypassed(host, port) else _find_proxy(parts.scheme)
    named = bracket_host(host) + ("" if port == (443 if parts.scheme == "https" else 80) else f":{port}")
    common = (("Host", named), ("Accept-Encoding", "identity"), ("User-Agent", f"nipsys/{nipsys.__version__}"))
    headers = common + _credentials_of(parts, "Authorization")
    if proxy is not None and parts.scheme == "http":
        return Route(parts.scheme, host, port, proxy, f"http://{named}", headers + proxy.headers)
    return Route(parts.scheme, host, port, proxy, "", headers)


def bracket_host(host: str) -> str:
    """Put an IPv6 address in brackets, as URLs have it."""
    return f"[{host}]" if ":" in host else host


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:  # `http://[::1/`
        raise FetchError("bad-address", "the address is not valid") from error


def _place_of(parts: SplitResult, usual: int) -> tuple[str, int]:
    """Return host and port of an address; ``usual`` is the port when it names none."""
    host = parts.hostname or ""
    if not host:
        raise FetchError("bad-address", "the address has no host")
    labels = host.removesuffix(".").split(".")
    if ":" not in host and (len(host) > _LONGEST_HOST or not all(0 < len(label) <= _LONGEST_LABEL for label in labels)):
        raise FetchError("bad-address", "the host name of the address is not valid")
    try:
        return host, parts.port or usual
    except ValueError as error:
        raise FetchError("bad-address", "the port of the address is invalid") from error


def _find_proxy(scheme: str) -> Proxy | None:
    """Return the proxy that the environment names for a scheme; ``HTTP_PROXY`` in capitals is ignored, as a CGI client can set it."""
    names = (f"{scheme}_proxy", "HTTPS_PROXY" if scheme == "https" else "", "all_proxy", "ALL_PROXY")
    found = next((name for name in names if os.environ.get(name)), "")
    if not found:
        return None
    text = os.environ[found]
    try:
        parts = _split(text if "://" in text else f"http://{text}")
        return Proxy(*_place_of(parts, 8080), _credentials_of(parts, "Proxy-Authorization"))
    except FetchError as error:
        raise FetchError("bad-address", f"the environment variable `{found}` does not name a proxy", error.reason) from error


def _is_bypassed(host: str, port: int) -> bool:
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for entry in filter(None, (word.strip().lower().lstrip("*").lstrip(".") for word in listed.split(","))):
        name, _, only = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if (not only or only == str(port)) and (host == name or host.endswith(f".{name}")):
            return True
    return any(word.strip() == "*" for word in listed.split(","))


def _credentials_of(parts: SplitResult, header: str) -> Headers:
    """Turn ``user:password@`` of an address into a header; none when there are no credentials."""
    if parts.username is None:
        return ()
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return ((header, f"Basic {base64.b64encode(pair.encode()).decode()}"),)
