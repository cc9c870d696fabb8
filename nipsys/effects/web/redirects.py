"""Redirects: followed up to a limit, never from https to http, never in a loop."""

from collections.abc import Mapping

from nipsys.effects.web.transport import FetchError, Reply, Transport
from nipsys.model.package import hide_password

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STRENGTH = {"http": 0, "https": 1}


class RedirectFollower:
    """Opens addresses and follows their redirects."""

    def __init__(self, transport: Transport, limit: int) -> None:
        """Follow at most ``limit`` redirects for one address."""
        self._transport, self._limit = transport, limit

    def open(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Return the first reply that is not a redirect; ``FetchError`` for a loop, too many redirects, or one from https to http."""
        seen = [url]
        while True:
            reply = self._transport.open(seen[-1], headers)
            if reply.status not in _REDIRECTS:
                return reply
            reply.close()
            seen.append(_target(seen[-1], reply.headers.get("location", "")))
            if seen[-1] in seen[:-1] or len(seen) > self._limit + 1:
                raise FetchError(
                    "redirect-loop", f"it is still redirecting after {len(seen) - 1} redirects", f"last to `{hide_password(seen[-1])}`"
                )


def _target(url: str, location: str) -> str:
    from urllib.parse import urljoin  # noqa: PLC0415 - only for redirects

    if not location:
        raise FetchError("bad-answer", "it redirects without a location")
    try:
        target = urljoin(url, location)
    except ValueError as error:  # `http://[::1/`
        raise FetchError("bad-answer", "it redirects to an address that is not valid") from error
    if not (target.isascii() and target.isprintable()) or " " in target:
        raise FetchError("bad-answer", "it redirects to an address that is not valid")
    before, after = (address.partition(":")[0].lower() for address in (url, target))
    if after not in _STRENGTH or _STRENGTH[after] < _STRENGTH.get(before, 0):
        raise FetchError("weaker-redirect", f"it redirects from `{before}` to `{after}`, which is less secure")
    return target
