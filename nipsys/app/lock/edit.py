"""Edit the profile as the user would, keeping comments and layout. An edit is undone when the new profile cannot be locked."""

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
    """A profile that was edited and locked."""

    profile: Profile
    done: Locked
    changed: bool
    """The text of the profile changed."""


def profile_of(context: Site, given: str | None) -> str:
    """Return the path of the profile to edit: ``given``, else the one applied last. Raise ``Rejected`` when neither exists."""
    if given:
        return given
    if applied := applied_last(context):
        return applied
    hint = "pass `--profile FILE`, or create a profile with `nipsys init`"
    raise reject("request", "no-profile", f"no profile to edit: nothing has been applied in `{context.root}` yet", hint=hint)


def install(context: Site, path: str, requests: tuple[Request, ...]) -> Edited:
    """Add ``requests`` to the profile at ``path`` and lock it. ``Rejected`` leaves profile and lock unchanged."""
    return _edited(context, path, lambda text, form: edit.add(text, form, requests))


def remove(context: Site, path: str, names: tuple[str, ...]) -> Edited:
    """Remove packages from the profile at ``path`` and lock it. ``Rejected`` leaves profile and lock unchanged."""
    return _edited(context, path, lambda text, form: edit.remove(text, form, names))


def _edited(context: Site, path: str, change: Callable[[str, Format], str]) -> Edited:
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
        return Edited(profile, locked(context, profile), after != before)
    except BaseException:
        if after != before:
            _write(path, before)
        raise


def _write(path: str, text: bytes) -> None:
    try:
        replace(os.path.realpath(path), text)
    except OSError as error:
        raise reject("host", "profile-not-written", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
