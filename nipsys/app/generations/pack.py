"""Write a generation, or its difference from another, to one file that another machine can unpack offline."""

import os
from contextlib import suppress
from typing import BinaryIO

from nipsys.app.context import Site
from nipsys.effects.disk.port import RealDisk
from nipsys.effects.filelock import guard
from nipsys.generation.catalog import Generations
from nipsys.generation.retention import roots
from nipsys.model.digest import canonical
from nipsys.model.problem import reject
from nipsys.model.value import Frozen
from nipsys.store.errors import telling
from nipsys.store.pack.write import Packed, Sign, pack
from nipsys.store.trees import Store


class Made(Frozen):
    """A pack file that was written."""

    path: str
    size: int
    header: Packed
    number: int | None
    """Number of the generation in it; ``None`` when it holds only trees."""


def packed(
    context: Site, path: str, *, number: int | None = None, base: int | None = None, trees: tuple[str, ...] = (), key: str | None = None
) -> Made:
    """Write generation ``number`` (default: the current one), or only the closure ``trees`` (store directories), to ``path``.

    ``base`` is a generation that the receiver already has: its trees are left out. ``key`` is the path of an Ed25519 private key in PEM.
    The file is written atomically.
    """
    with guard(context.layout.lock, command=context.command, clock=context.clock, report=context.report), telling(f"`{path}`"):
        store, generations = Store(context.root), Generations(context.root, clock=context.clock)
        chosen = None if trees else number or generations.current_number()
        if not trees and chosen is None:
            raise reject("request", "no-generation", "no generation exists to pack")
        wanted = frozenset(trees) if chosen is None else _held(generations, chosen)
        text = b"" if chosen is None else canonical(generations.read(chosen).system.value())
        less = _held(generations, base) if base is not None else frozenset()
        sign = _signer(key) if key else None
        new = f"{path}.new"
        try:
            with suppress(FileNotFoundError):
                os.unlink(new)  # left by a killed process
            with open(new, "xb") as out:
                header = pack(store, out, wanted, generation=text, base=less, sign=sign, report=context.report)
                out.flush()
                os.fsync(out.fileno())
            os.rename(new, path)
            with RealDisk(os.path.dirname(os.path.abspath(path))) as directory:
                directory.sync_directory()
        finally:
            if os.path.lexists(new):
                os.unlink(new)
        return Made(path, os.stat(path).st_size, header, chosen)


def _held(generations: Generations, number: int) -> frozenset[str]:
    generations.summary(number)
    return roots(generations, without=[other for other in generations.numbers() if other != number])


def _signer(path: str) -> Sign:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - heavy, only here
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - heavy, only here

    with open(path, "rb") as file:
        key = _loaded(file, path, load_pem_private_key)
    if not isinstance(key, Ed25519PrivateKey):
        raise reject(
            "request", "bad-key", f"`{path}` is not an Ed25519 private key", hint="create one with `openssl genpkey -algorithm ed25519`"
        )
    return lambda text: (key.public_key().public_bytes_raw().hex(), key.sign(text).hex())


def _loaded(file: BinaryIO, path: str, load: object) -> object:
    assert callable(load)
    try:
        return load(file.read(), None)
    except (ValueError, TypeError) as error:
        raise reject("request", "bad-key", f"`{path}` is not a private key in PEM format without a passphrase", str(error)) from error
