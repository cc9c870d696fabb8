"""Signatures, verified by the rules of apt."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from debian_maker import Signer, need_tools

from nipsys.effects.openpgp import VerifiedSignature, decode_armor, verify_clearsigned, verify_detached
from nipsys.model.package.resource import SignaturePolicy
from nipsys.model.problem import Rejected

TEXT = "Suite: test\n- a line with a dash\nDate: today\n"


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signer, Signer]]:
    need_tools()
    home = tmp_path_factory.mktemp("keys")
    pair = Signer(home, "good"), Signer(home, "other")
    yield pair
    for signer in pair:
        signer.close()


def opened(tmp_path: Path, content: bytes, *keyrings: Path, **more: tuple[str, ...]) -> tuple[str, VerifiedSignature]:
    (tmp_path / "signed").write_bytes(content)
    signed = verify_clearsigned(
        str(tmp_path / "signed"), str(tmp_path / "plain"), SignaturePolicy(tuple(map(str, keyrings)), **more), "https://m.example/InRelease"
    )
    return (tmp_path / "plain").read_text(), signed


def refusal(tmp_path: Path, content: bytes, *keyrings: Path, **more: tuple[str, ...]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        opened(tmp_path, content, *keyrings, **more)
    return caught.value


def test_a_clearsigned_file_gives_its_text(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    text, signed = opened(tmp_path, signers[0].clear(TEXT), signers[0].keyring)
    assert text == TEXT
    assert signed.fingerprints == (signers[0].fingerprint,)


def test_armoured_keyrings_and_keys_as_text(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    good, other = signers
    assert opened(tmp_path, good.clear(TEXT), good.armoured)[0] == TEXT
    assert opened(tmp_path, good.clear(TEXT), other.keyring, keys=(good.armoured.read_text(),))[0] == TEXT
    both = tmp_path / "both.asc"
    both.write_text(other.armoured.read_text() + good.armoured.read_text().replace("\n", "\r\n"))
    assert opened(tmp_path, good.clear(TEXT), both)[0] == TEXT


def test_one_good_signature_is_enough(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    """A text signed by several keys, one of them known: as a new release is on a host with an older keyring."""
    good, other = signers
    both = tmp_path / "both"
    shutil.copytree(good.home, both, ignore=shutil.ignore_patterns("S.*"))
    joint = Signer.__new__(Signer)
    joint.home = both
    joint._run("--import", stdin=other._run("--export-secret-keys").stdout)
    signed = joint.clear(TEXT, "--local-user", good.fingerprint, "--local-user", other.fingerprint)
    joint.close()
    assert opened(tmp_path, signed, other.keyring)[1].fingerprints == (other.fingerprint,)
    assert opened(tmp_path, signed, good.keyring)[1].fingerprints == (good.fingerprint,)


def test_an_unknown_key_is_named(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    found = refusal(tmp_path, signers[1].clear(TEXT), signers[0].keyring)
    assert found.kind == "source"
    (problem,) = found.problems
    assert problem.code == "bad-signature"
    assert "https://m.example/InRelease" in problem.message
    assert any(signers[1].fingerprint[-16:] in note for note in problem.notes)
    assert any(str(signers[0].keyring) in note for note in problem.notes)


def test_a_changed_text_is_refused(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    found = refusal(tmp_path, signers[0].clear(TEXT).replace(b"today", b"never"), signers[0].keyring)
    assert "does not match" in found.problems[0].notes[0]


@pytest.mark.parametrize("content", [TEXT.encode(), b"", b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"\x00" * 100])
def test_what_is_not_signed_is_refused(tmp_path: Path, signers: tuple[Signer, Signer], content: bytes) -> None:
    assert refusal(tmp_path, content, signers[0].keyring).problems[0].code == "bad-signature"


@pytest.mark.parametrize("place", ["around", "before", "after"])
def test_nothing_but_the_signed_text_is_ever_given(tmp_path: Path, signers: tuple[Signer, Signer], place: str) -> None:
    good, other = signers
    evil = other.clear("Suite: evil\n")
    content = {
        "around": b"Suite: evil\n" + good.clear(TEXT) + b"Suite: evil\n",
        "before": evil + good.clear(TEXT),
        "after": good.clear(TEXT) + evil,
    }[place]
    assert taken(tmp_path, content, good.keyring) in {TEXT, None}


def taken(tmp_path: Path, content: bytes, keyring: Path) -> str | None:
    """Return the text, or ``None`` when it is refused (gpgv's own strictness has grown over its versions)."""
    try:
        return opened(tmp_path, content, keyring)[0]
    except Rejected:
        return None


def test_a_weak_hash_does_not_count(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    weak = signers[0].clear(TEXT, "--digest-algo", "SHA1", "--allow-weak-digest-algos")
    if b"Hash: SHA1" not in weak:
        pytest.skip("this gpg signs nothing with SHA-1")
    assert refusal(tmp_path, weak, signers[0].keyring).problems[0].code == "bad-signature"


def test_only_the_named_key_counts(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    good, other = signers
    assert opened(tmp_path, good.clear(TEXT), good.keyring, fingerprints=(good.fingerprint,))[0] == TEXT
    found = refusal(tmp_path, good.clear(TEXT), good.keyring, other.keyring, fingerprints=(other.fingerprint,))
    assert "not by one of those required" in found.problems[0].notes[0]


def test_detached_signatures_are_verified(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    (tmp_path / "data").write_bytes(TEXT.encode())
    (tmp_path / "sig").write_bytes(signers[0].detached(TEXT.encode()))
    seal = SignaturePolicy((str(signers[0].keyring),), detached=("x",))
    assert verify_detached(str(tmp_path / "sig"), str(tmp_path / "data"), seal, "data").fingerprints == (signers[0].fingerprint,)
    (tmp_path / "data").write_bytes(TEXT.encode() + b"!")
    with pytest.raises(Rejected):
        verify_detached(str(tmp_path / "sig"), str(tmp_path / "data"), seal, "data")


def test_a_missing_keyring_is_the_hosts_fault(tmp_path: Path, signers: tuple[Signer, Signer]) -> None:
    found = refusal(tmp_path, signers[0].clear(TEXT), tmp_path / "nowhere.gpg")
    assert (found.kind, found.problems[0].code) == ("host", "no-keyring")
    assert refusal(tmp_path, signers[0].clear(TEXT)).problems[0].code == "no-keyring"


def test_a_missing_gpgv_is_the_hosts_fault(tmp_path: Path, signers: tuple[Signer, Signer], monkeypatch: pytest.MonkeyPatch) -> None:
    signed = signers[0].clear(TEXT)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = refusal(tmp_path, signed, signers[0].keyring)
    assert (found.kind, found.problems[0].code) == ("host", "missing-program")
    assert "gpgv" in str(found.problems[0].hint)


@pytest.mark.parametrize(
    "text", [b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----", b"-----BEGIN nonsense", b""]
)
def test_an_invalid_keyring_is_refused(text: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        decode_armor(text, "here")
    assert caught.value.problems[0].code == "bad-key"
