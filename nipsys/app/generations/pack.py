"""Write a generation, or its difference from another, to one file that another machine can unpack offline."""

import os
from contextlib import suppress
from typing import BinaryIO

from nipsys.app.context import Context
from nipsys.app.root import hold_root
from nipsys.effects.disk import RealDisk
from nipsys.generation import Generations, find_roots
from nipsys.model import Frozen, reject, to_canonical_json
from nipsys.store import Store, translate_errors
from nipsys.store.pack import PackHeader, Sign, write_pack


class PackFile(Frozen):
    """A pack file that was written."""

    path: str
    size: int
    header: PackHeader
    number: int | None
    """Number of the generation in it; ``None`` when it holds only trees."""


def pack_generation(
    context: Context, path: str, *, number: int | None = None, base: int | None = None, trees: tuple[str, ...] = (), key: str | None = None
) -> PackFile:
    """Write generation ``number`` (default: the current one), or only the closure ``trees`` (store directories), to ``path``.

    ``base`` is a generation that the receiver already has: its trees are left out. ``key`` is the path of an Ed25519 private key in PEM.
    The file is written atomically.
    """
    with (
        hold_root(context),
        translate_errors(f"`{path}`"),
    ):
        store, generations = Store(context.root), Generations(context.root, clock=context.clock)
        chosen = None if trees else number or generations.current_number()
        if not trees and chosen is None:
            raise reject("request", "no-generation", "no generation exists to pack")
        wanted = frozenset(trees) if chosen is None else _directories_of(generations, chosen)
        text = b"" if chosen is None else to_canonical_json(generations.read(chosen).system.to_dict())
        less = _directories_of(generations, base) if base is not None else frozenset()
        sign = _signer(key) if key else None
        new = f"{path}.new"
        try:
            with suppress(FileNotFoundError):
                os.unlink(new)  # left by a killed process
            with open(new, "xb") as out:
                header = write_pack(store, out, wanted, generation=text, base=less, sign=sign, report=context.report)
                out.flush()
                os.fsync(out.fileno())
            os.rename(new, path)
            with RealDisk(os.path.dirname(os.path.abspath(path))) as directory:
                directory.sync_directory()
        finally:
            if os.path.lexists(new):
                os.unlink(new)
        return PackFile(path, os.stat(path).st_size, header, chosen)


def _directories_of(generations: Generations, number: int) -> frozenset[str]:
    generations.summary(number)
    return find_roots(generations, without=[other for other in generations.numbers() if other != number])


def _signer(path: str) -> Sign:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - heavy, only here
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - heavy, only here

    with open(path, "rb") as file:
        key = _load_key(file, path, load_pem_private_key)
    if not isinstance(key, Ed25519PrivateKey):
        raise reject(
            "request", "bad-key", f"`{path}` is not an Ed25519 private key", hint="create one with `openssl genpkey -algorithm ed25519`"
        )
    return lambda text: (key.public_key().public_bytes_raw().hex(), key.sign(text).hex())


def _load_key(file: BinaryIO, path: str, load: object) -> object:
    assert callable(load)
    try:
        return load(file.read(), None)
    except (ValueError, TypeError) as error:
        raise reject("request", "bad-key", f"`{path}` is not a private key in PEM format without a passphrase", str(error)) from error
