"""Change the profile as the user would, comments and layout kept; the change stands only when the new profile can be locked."""

import os
from collections.abc import Callable
from typing import Literal

from nipsys.app.context import Site
from nipsys.app.lock.load_profile import applied_last, declared
from nipsys.app.lock.make import Locked, locked
from nipsys.effects.files import read_bytes, replace
from nipsys.model.problem import reject
from nipsys.model.system.profile import Profile, Request
from nipsys.model.value import Frozen
from nipsys.profile import edit

Format = Literal["kdl", "toml"]


class Edited(Frozen):
    """A profile that was changed and locked."""

    profile: Profile
    done: Locked
    changed: bool
    """The text of the profile is another one now."""


def profile_of(site: Site, given: str | None) -> str:
    """Return the profile to change: the one named, else the one applied last; ``Rejected`` when there is none."""
    if given:
        return given
    if applied := applied_last(site):
        return applied
    hint = "name it: `--profile FILE`; `nipsys init` writes a first one"
    raise reject("request", "no-profile", f"nothing was applied in `{site.root}` yet, so there is no profile to change", hint=hint)


def install(site: Site, path: str, requests: tuple[Request, ...]) -> Edited:
    """Write ``requests`` into the profile at ``path`` and lock it; ``Rejected`` leaves profile and lock as they were."""
    return _edited(site, path, lambda text, form: edit.add(text, form, requests))


def remove(site: Site, path: str, names: tuple[str, ...]) -> Edited:
    """Take packages out of the profile at ``path`` and lock it; ``Rejected`` leaves profile and lock as they were."""
    return _edited(site, path, lambda text, form: edit.remove(text, form, names))


def _edited(site: Site, path: str, change: Callable[[str, Format], str]) -> Edited:
    try:
        before = read_bytes(path)
    except OSError as error:
        raise reject("host", "no-profile", f"cannot read the profile `{path}`: {(error.strerror or str(error)).lower()}") from error
    declared(path)
    after = change(before.decode(), "toml" if path.endswith(".toml") else "kdl").encode()
    if after != before:
        _write(path, after)
    try:
        profile = declared(path)
        return Edited(profile, locked(site, profile), after != before)
    except BaseException:
        if after != before:
            _write(path, before)
        raise


def _write(path: str, text: bytes) -> None:
    try:
        replace(os.path.realpath(path), text)
    except OSError as error:
        raise reject("host", "profile-not-written", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
