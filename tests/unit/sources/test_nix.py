"""What the Nix source reads, without nix: digests, keys, signatures, indexes, relocation."""

import hashlib
import io
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nipsys.model.host import HostFacts
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.common.signatures import is_valid_in_python, is_valid_signature
from nipsys.sources.nix.index import IndexRow, from_evaluator, from_store_paths, read_index, write_index
from nipsys.sources.nix.narinfo import from_base32, read_digest, read_key, read_narinfo, to_base32
from nipsys.sources.nix.rewrite import plan_relocation
from nipsys.sources.nix.source import Nix, open_source

KEY = "cache.example-1:" + "A" * 43 + "="
HASH = "0123456789abcdfghijklmnpqrsvwxyz"


def opened(**settings: object) -> Nix:
    return open_source(SourceSpec("nix", "nix", settings=tuple(sorted(settings.items()))), HostFacts(), "")  # type: ignore[arg-type]


def test_the_digest_of_no_bytes_in_base_32_is_known() -> None:
    raw = hashlib.sha256(b"").digest()
    assert to_base32(raw) == "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"
    assert from_base32(to_base32(raw)) == raw


@given(st.binary(min_size=32, max_size=32))
def test_base_32_round_trips(raw: bytes) -> None:
    assert from_base32(to_base32(raw)) == raw
    assert read_digest(f"sha256:{to_base32(raw)}") == read_digest(f"sha256:{raw.hex()}") == f"sha256:{raw.hex()}"


@pytest.mark.parametrize("text", ["sha256:" + "e" * 52, "sha256:" + "z" * 52, "md5:" + "0" * 32, "sha256:00", "0" * 64])
def test_an_invalid_digest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_digest(text)


def test_both_signature_implementations_agree() -> None:
    chance = random.Random(7)
    for number in range(12):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), chance.randbytes(number * 9)
        signature = bytearray(private.sign(message))
        assert is_valid_signature(public, bytes(signature), message)
        assert is_valid_in_python(public, bytes(signature), message)
        signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not is_valid_signature(public, bytes(signature), message)
        assert not is_valid_in_python(public, bytes(signature), message)
        assert not is_valid_in_python(public, private.sign(message), message + b".")


def test_a_known_signature_holds() -> None:
    """RFC 8032, 7.1, test 2."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert is_valid_signature(public, signature, b"\x72")
    assert is_valid_in_python(public, signature, b"\x72")
    assert not is_valid_signature(public[:-1], signature, b"\x72")
    assert not is_valid_in_python(public, signature[:32] + b"\xff" * 32, b"\x72")


@pytest.mark.parametrize("text", ["", "name", "name:AAAA", ":" + "A" * 43 + "=", "secret:" + "A" * 86 + "=="])
def test_an_invalid_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a Nix public key"):
        read_key(text)


def narinfo(**changes: str) -> str:
    fields = {
        "StorePath": f"/nix/store/{HASH}-a-1",
        "URL": "nar/a.nar.xz",
        "Compression": "xz",
        "NarHash": "sha256:" + "0" * 52,
        "NarSize": "9",
        "References": "",
        **changes,
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


def test_missing_fields_of_a_narinfo_have_defaults() -> None:
    info = read_narinfo(narinfo(Compression="").replace("Compression: \n", ""))
    assert (info.compression, info.file_digest, info.file_size, info.references) == ("bzip2", "", 0, ())
    assert info.fingerprint() == f"1;/nix/store/{HASH}-a-1;sha256:{'0' * 52};9;".encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"URL": "/etc/passwd"},
        {"URL": "nar/../../x"},
        {"URL": "https://evil.example/x"},
        {"URL": "nar//x"},
        {"References": "short"},
        {"References": f"{HASH}-a/b"},
        {"StorePath": "nix/store/x"},
        {"NarSize": "-1"},
    ],
)
def test_a_narinfo_with_invalid_fields_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_narinfo(narinfo(**changes))


def test_a_packed_index_reads_back_and_one_changed_byte_is_refused() -> None:
    import lzma

    rows = list(from_store_paths(f"/nix/store/{HASH}-hello-2.12\n/nix/store/{HASH[::-1]}-hello-2.9-dev\n".encode()))
    text = write_index(rows, "x86_64-linux", "2026-11-20T08:00:00Z")
    assert read_index(lzma.compress(text)).rows["hello"][0].version == "2.12"
    assert set(read_index(text, frozenset({"hello.dev"})).rows) == {"hello.dev"}
    for place in range(0, len(text), 7):
        with pytest.raises(ValueError, match=r"."):
            read_index(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        with pytest.raises(ValueError, match=r"."):
            read_index(text[:place])


def test_rows_with_invalid_characters_are_left_out_or_refused() -> None:
    good = IndexRow("hello", "2 .12", f"{HASH}-hello", "", "says\thello\nto all")
    text = write_index([good, good._replace(name="two words"), good._replace(name="a\tb"), good._replace(name="")], "x86_64-linux", "")
    assert read_index(text).rows == {"hello": [IndexRow("hello", "2.12", f"{HASH}-hello", "", "says hello to all")]}
    for wrong in (good._replace(base_name="../etc"), good._replace(cache="here")):
        with pytest.raises(ValueError, match="invalid"):
            read_index(write_index([wrong], "x86_64-linux", ""))


def test_the_output_of_an_evaluator_must_be_valid() -> None:
    for wrong in (b"[]", b"hello", b'{"a": {"outputs": {"out": "/etc/passwd"}}}'):
        with pytest.raises(ValueError, match=r"."):
            list(from_evaluator(wrong, "x86_64-linux"))
    channel = f'{{"nixpkgs.hello": {{"name": "hello-2.12", "outputs": {{"out": "/nix/store/{HASH}-hello-2.12"}}}}}}'.encode()
    assert [(row.name, row.version) for row in from_evaluator(channel, "x86_64-linux")] == [("hello", "2.12")]


BASES = st.lists(
    st.builds("{}-{}".format, st.text(st.sampled_from(HASH), min_size=32, max_size=32), st.sampled_from(("a", "lib-1.0", "x.y"))),
    min_size=1,
    max_size=4,
    unique=True,
)


@given(BASES, st.integers(min_value=2, max_value=30), st.binary(max_size=40), st.integers(min_value=1, max_value=60))
def test_moved_paths_keep_every_length_however_the_file_is_cut(bases: list[str], length: int, noise: bytes, step: int) -> None:
    prefix = "/" + "p" * (length - 1)
    try:
        moved = plan_relocation(bases, prefix)
    except ValueError:
        return  # two of them would become one
    text = noise.join(f"/nix/store/{base}/bin".encode() for base in bases) + noise
    new = moved.rewrite(text)
    assert len(new) == len(text)
    assert new.count(f"{prefix}/".encode()) == len(bases) or noise
    assert all(f"/nix/store/{base}".encode() not in new for base in bases)
    assert b"".join(moved.rewrite_stream([text[at : at + step] for at in range(0, len(text), step)])) == new


def test_a_prefix_too_long_is_refused() -> None:
    plan_relocation([f"{HASH}-a"], "/" + "x" * 29)
    for wrong in ("/" + "x" * 30, "relative", ""):
        with pytest.raises(ValueError, match="absolute path"):
            plan_relocation([f"{HASH}-a"], wrong)
    with pytest.raises(ValueError, match="two store paths"):
        plan_relocation([f"{HASH}-a", f"{HASH[:-1]}a-a"], "/" + "x" * 25)


def test_invalid_settings_are_reported() -> None:
    assert opened().caches == ("https://cache.nixos.org",)
    assert opened().keys[0][0] == "cache.nixos.org-1"
    for settings, code in (
        ({"cache": "https://x.example"}, "no-keyring"),
        ({"key": "x"}, "bad-setting"),
        ({"key": KEY, "needed": 2}, "bad-setting"),
        ({"colour": "red"}, "unknown-setting"),
        ({"cache": "x"}, "bad-address"),
    ):
        with pytest.raises(Rejected) as caught:
            opened(**settings)
        assert code in {problem.code for problem in caught.value.problems}


def test_without_an_index_only_store_paths_can_be_requested() -> None:
    source = opened(cache="https://x.example", signatures="none")
    (info,) = source.ask(("hello",))
    assert "only store paths" in source.read(info, None).warnings[0]
    (path,) = source.ask((f"{HASH}-hello-1",))
    assert path.urls == (f"https://x.example/{HASH}.narinfo",)
    (record,) = source.read(path, io.BytesIO(narinfo().encode())).records
    assert (record.name, record.version, record.digest) == (f"{HASH}-a-1", "1", "")
    assert source.artifact(record).limit > 9
