"""Unpack a packed generation, without a network, and switch to it."""

import os
import shutil

from nipsys.app.apply import activate, targets_of
from nipsys.app.context import Context
from nipsys.app.root import hold_root
from nipsys.generation import Generations, Summary, parse_system
from nipsys.model import Frozen, reject
from nipsys.model.system import Directory, File, Link, WorldView
from nipsys.store import Store, attribute_errors, translate_errors
from nipsys.store.pack import Trusted, Unpacked, read_pack


class UnpackResult(Frozen):
    """What a pack contained, and the generation that is current after it."""

    unpacked: Unpacked
    summary: Summary | None
    """The generation that is now current; ``None`` when the pack held only trees."""


def unpack_generation(context: Context, path: str, *, trusted: tuple[str, ...] = ()) -> UnpackResult:
    """Unpack the file ``path`` and switch to the generation in it, if any; its digest is the same as where it was packed.

    ``trusted`` are paths of Ed25519 public keys (PEM). If any are given, a pack that none of them signed is ``Rejected``.
    """
    check = _signature_checker(trusted) if trusted else None
    with (
        hold_root(context),
        translate_errors(f"`{path}`"),
        attribute_errors(path),
        open(path, "rb") as stream,
    ):
        store, generations = Store(context.root, report=context.report), Generations(context.root, clock=context.clock)
        store.remove_debris()
        generations.sweep()
        done = read_pack(store, stream, trusted=check, report=context.report)
        if not done.generation:
            return UnpackResult(done, None)
        system, placed = parse_system(done.generation), generations.find_placed()
        number = generations.current_number()
        summary = generations.summary(number) if number is not None else None
        if summary is None or summary.digest != done.header.generation:
            for view in system.views:
                _fill_state(store, context, view)
            summary = generations.commit(generations.stage(system, reason=f"unpack {os.path.basename(path)}"))
        activate(context, placed, targets_of(system))  # also when it is current already: a process may have been killed before this
        return UnpackResult(done, summary)


def _fill_state(store: Store, context: Context, view: WorldView) -> None:
    """Fill the writable ``/var`` and ``/run`` of a world with what its view has and the state lacks; existing files stay."""
    if view.mode == "prefix":
        return
    state, here = f"{context.layout.state}/{view.world}", store.path(view.directory)
    tree = store.read_manifest(view.directory)
    for name in ("run/lock", "var"):
        os.makedirs(f"{state}/{name}", exist_ok=True)
    for entry in tree.entries if tree else ():
        at = f"{state}/{entry.path}"
        if not entry.path.startswith("var/") or os.path.lexists(at):
            continue
        match entry:
            case Directory():
                os.makedirs(at)
            case Link():
                os.symlink(entry.target, at)
            case File():
                shutil.copyfile(f"{here}/{entry.path}", at)


def _signature_checker(paths: tuple[str, ...]) -> Trusted:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy, only here
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - heavy, only here
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - heavy, only here

    keys = {}
    for path in paths:
        try:
            with open(path, "rb") as file:
                key = load_pem_public_key(file.read())
        except ValueError as error:
            raise reject("request", "bad-key", f"`{path}` is not a public key in PEM format", str(error)) from error
        if not isinstance(key, Ed25519PublicKey):
            raise reject("request", "bad-key", f"`{path}` is not an Ed25519 public key")
        keys[key.public_bytes_raw().hex()] = key

    def trusted(text: bytes, key: str, signature: str) -> bool:
        if key not in keys:
            return False
        try:
            keys[key].verify(bytes.fromhex(signature), text)
        except (InvalidSignature, ValueError):
            return False
        return True

    return trusted
