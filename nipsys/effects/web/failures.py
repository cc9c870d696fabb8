"""The failures of a fetch as problems: the most important one, with the reasons of the other addresses and without their passwords."""

import errno
from collections.abc import Mapping

from nipsys.effects.web.transport import FetchError
from nipsys.model import Problem, Rejected, reject
from nipsys.model.package import Resource, hide_password

_HINTS = {
    "unreachable": "check the network and the mirror's address, or set another with `mirror=`",
    "not-found": "the mirror may have removed it since the lock was made: `nipsys update` locks the versions it has now",
    "never-found": "the address is built from the source's settings: check `mirror=` and the other settings",
    "wrong-digest": "nothing was kept; try another mirror, or `nipsys update` if the archive has changed",
    "too-slow": "try another mirror",
    "offline": "run once without `--offline`",
}
_GRAVEST = (
    "wrong-digest", "wrong-size", "too-large", "bad-signature", "redirect-loop", "too-slow", "truncated", "bad-answer", "not-found",
    "unreachable",
)  # fmt: skip
"""Of several failures, the first in this order is reported: bad bytes before no response."""


def describe_failures(resource: Resource, failures: Mapping[str, FetchError]) -> Problem:
    """Return the problem of the most important failure (bad bytes before no response), with the reasons of the other addresses as notes."""
    if not failures:
        return Problem("no-address", f"no address is known for `{display_name_of(resource)}`")
    url, chosen = min(failures.items(), key=lambda pair: _GRAVEST.index(pair[1].code) if pair[1].code in _GRAVEST else len(_GRAVEST))
    locked = resource.digest or resource.size
    hint = _HINTS.get("never-found" if chosen.code == "not-found" and not locked else chosen.code)
    notes = list(chosen.notes)
    notes += [f"`{hide_password(other)}`: {refused.reason}" for other, refused in failures.items() if other != url]
    return Problem(
        chosen.code, f"`{display_name_of(resource)}` from `{hide_password(url)}` is refused: {chosen.reason}", notes=tuple(notes), hint=hint
    )


def display_name_of(resource: Resource) -> str:
    """Return a resource's role for messages, shortened: some sources put whole keys into it."""
    return resource.role if len(resource.role) <= 80 else f"{resource.role[:60]}..."


def reject_unwritable(directory: str, error: OSError) -> Rejected:
    """Return the rejection for a directory of this machine that cannot be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    hint = "free some space: `nipsys gc` removes what no generation needs" if full else "choose another root with `--root DIR`"
    return reject(
        "host", "disk-full" if full else "not-writable", f"`{directory}` cannot be written: {(error.strerror or '').lower()}", hint=hint
    )
