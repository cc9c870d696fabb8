"""Edit the profile as the user would, keeping comments and layout. An edit is undone when the new profile cannot be locked."""

import os
from collections.abc import Callable
from typing import Literal

from nipsys.app.context import Context
from nipsys.app.lock.declaration import last_applied_path, load_kinds, load_profile
from nipsys.app.lock.file import LockResult
from nipsys.app.lock.make import lock_profile
from nipsys.effects import read_bytes, replace_file
from nipsys.model import Frozen, reject
from nipsys.model.system import Profile, Request
from nipsys.profile.edit import add_requests, remove_requests

ProfileFormat = Literal["kdl", "toml"]


class EditResult(Frozen):
    """A profile that was edited and locked."""

    profile: Profile
    lock_result: LockResult
    changed: bool
    """The text of the profile changed."""


def applied_profile_path(context: Context, given: str | None) -> str:
    """Return the path of the profile to edit: ``given``, else the one applied last. Raise ``Rejected`` when neither exists."""
    if given:
        return given
    if applied := last_applied_path(context):
        return applied
    hint = "pass `--profile FILE`, or create a profile with `nipsys init`"
    raise reject("request", "no-profile", f"no profile to edit: nothing has been applied in `{context.root}` yet", hint=hint)


def add_packages(context: Context, path: str, requests: tuple[Request, ...]) -> EditResult:
    """Add ``requests`` to the profile at ``path`` and lock it. ``Rejected`` leaves profile and lock unchanged."""
    return _edit_and_lock(context, path, lambda text, form: add_requests(text, form, requests, load_kinds))


def remove_packages(context: Context, path: str, names: tuple[str, ...]) -> EditResult:
    """Remove packages from the profile at ``path`` and lock it. ``Rejected`` leaves profile and lock unchanged."""
    return _edit_and_lock(context, path, lambda text, form: remove_requests(text, form, names, load_kinds))


def _edit_and_lock(context: Context, path: str, change: Callable[[str, ProfileFormat], str]) -> EditResult:
    try:
        before = read_bytes(path)
    except OSError as error:
        raise reject("host", "no-profile", f"cannot read the profile `{path}`: {(error.strerror or str(error)).lower()}") from error
    load_profile(path)
    after = change(before.decode(), "toml" if path.endswith(".toml") else "kdl").encode()
    if after != before:
        _write(path, after)
    try:
        profile = load_profile(path)
        return EditResult(profile, lock_profile(context, profile), after != before)
    except BaseException:
        if after != before:
            _write(path, before)
        raise


def _write(path: str, text: bytes) -> None:
    try:
        replace_file(os.path.realpath(path), text)
    except OSError as error:
        raise reject("host", "not-writable", f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
