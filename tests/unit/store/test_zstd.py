"""The part of ``zstandard`` in C: loaded alone, and the whole package where there is no such part."""

import subprocess
import sys

import pytest
import zstandard

from nipsys.store import zstd

ALONE = """
import sys
before = set(sys.modules)
from nipsys.store.zstd import backend
packed = backend().ZstdCompressor().compress(b"some text")
assert not {"typing", "re", "platform", "zstandard"} & (sys.modules.keys() - before), sorted(sys.modules)
import zstandard
assert zstandard.ZstdError is backend().ZstdError
assert zstandard.ZstdDecompressor().decompress(packed) == b"some text"
"""


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="another Python has another part")
def test_the_part_in_c_brings_nothing_along_and_is_the_packages_own() -> None:
    subprocess.run([sys.executable, "-c", ALONE], check=True)


def test_the_package_does_where_its_part_in_c_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "zstandard.backend_c", raising=False)
    monkeypatch.setattr(zstd, "_PART", "zstandard.no_such_part")
    assert zstd.backend() is zstandard
