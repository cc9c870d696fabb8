"""OpenPGP signatures, verified with ``gpgv`` by the rules of apt: at least one good signature of a trusted key, and no bad one.

The result is read from gpgv's status lines (https://github.com/gpg/gnupg/blob/master/doc/DETAILS), never from its exit code, which is
also nonzero when a second signature is by an unknown key. Signatures over MD5, SHA-1 or RIPEMD-160 do not count.
"""

import base64
import binascii
import os
import re
import subprocess
import tempfile

from nipsys.model import Frozen, reject
from nipsys.model.package import SignaturePolicy

_WEAK_HASHES = frozenset({"1", "2", "3"})
_BLOCK = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)
_REASONS = {
    "BADSIG": "the signature does not match the text",
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "the key that signed it has expired",
    "REVKEYSIG": "the key that signed it was revoked",
    "ERRSIG": "a signature could not be verified",
    "NO_PUBKEY": "it is signed by a key that is not in the keyring",
    "NODATA": "it has no signature",
    "UNEXPECTED": "it is not a signed text",
}


class VerifiedSignature(Frozen):
    """A valid signature."""

    fingerprints: tuple[str, ...]
    """Fingerprints of the primary keys whose signatures are good."""


def verify_clearsigned(signed: str, plain: str, policy: SignaturePolicy, name: str) -> VerifiedSignature:
    """Verify the clear-signed file ``signed`` and write the signed text, and nothing outside of it, to ``plain``.

    ``name`` is its name in messages. Raises ``Rejected`` (kind ``source``; ``host`` when gpgv or a keyring is missing).
    """
    return _run_gpgv(policy, ("--output", plain), (signed,), name)


def verify_detached(signature: str, data: str, policy: SignaturePolicy, name: str) -> VerifiedSignature:
    """Verify that the file ``signature`` signs the file ``data``.

    ``name`` is its name in messages. Raises ``Rejected`` (kind ``source``; ``host`` when gpgv or a keyring is missing).
    """
    return _run_gpgv(policy, (), (signature, data), name)


def _run_gpgv(policy: SignaturePolicy, options: tuple[str, ...], files: tuple[str, ...], name: str) -> VerifiedSignature:
    with tempfile.TemporaryDirectory(prefix="nipsys-gpgv-") as home:
        rings = _prepare_keyrings(policy, home)
        trust = [word for ring in rings for word in ("--keyring", ring)]
        command = ["gpgv", "--homedir", home, "--status-fd", "1", *trust, *options, "--", *files]
        try:
            ran = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"})
        except FileNotFoundError as error:
            raise reject(
                "host", "missing-program", "`gpgv` is not installed, so signatures cannot be verified", hint="install the package `gpgv`"
            ) from error
    return _check_status(ran.stdout.decode("utf-8", "replace"), policy, name)


def _check_status(status: str, policy: SignaturePolicy, name: str) -> VerifiedSignature:
    lines = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    states = [words[0] for words in lines if words]
    valid = [words for words in lines if words[:1] == ["VALIDSIG"] and len(words) > 8]
    strong = [words for words in valid if words[8] not in _WEAK_HASHES]
    keys = {words[1]: words[10] if len(words) > 10 else words[1] for words in strong}
    wanted = {fingerprint.replace(" ", "").upper() for fingerprint in policy.fingerprints}
    fingerprints = tuple(sorted({primary for key, primary in keys.items() if not wanted or wanted & {key, primary}}))
    good = states.count("GOODSIG")
    if fingerprints and good and "BADSIG" not in states:
        return VerifiedSignature(fingerprints)
    if strong and not fingerprints:
        reasons = ["it is signed by a trusted key, but not by one of those required for it"]
    elif valid and not strong:
        reasons = ["its signature uses a broken hash (MD5, SHA-1 or RIPEMD-160)"]
    else:
        reasons = list(dict.fromkeys(_REASONS[state] for state in states if state in _REASONS)) or ["it has no readable signature"]
    unknown = sorted({words[1] for words in lines if words[0] == "NO_PUBKEY"})
    notes = [*reasons, *(f"key {key} is not trusted" for key in unknown), "trusted: " + _describe_trusted(policy)]
    raise reject(
        "source", "bad-signature", f"the signature of `{name}` is invalid", *notes, hint="check `mirror` and `keyring`; nothing was kept"
    )


def _describe_trusted(policy: SignaturePolicy) -> str:
    return ", ".join([*(f"`{path}`" for path in policy.keyrings), *(["the key in the configuration"] if policy.keys else [])]) or "nothing"


def _prepare_keyrings(policy: SignaturePolicy, home: str) -> list[str]:
    """Return the paths of keyrings that gpgv can read: armoured ones are decoded into ``home``."""
    rings: list[str] = []
    for path in policy.keyrings:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            hint = "set `keyring=` to an existing keyring"
            raise reject("host", "no-keyring", f"the keyring `{path}` cannot be read: {error.strerror}", hint=hint) from error
        rings.append(
            _write_keyring(home, len(rings), decode_armor(content, path))
            if content.lstrip().startswith(b"-----BEGIN")
            else os.path.abspath(path)
        )
    rings.extend(
        _write_keyring(home, len(rings) + place, decode_armor(key.encode(), "the configuration")) for place, key in enumerate(policy.keys)
    )
    if not rings:
        message = "no trusted keyring is configured, so signatures cannot be verified"
        raise reject("host", "no-keyring", message, hint="set `keyring=` to a keyring")
    return rings


def decode_armor(text: bytes, name: str) -> bytes:
    """Decode every armoured public key block of ``text`` (RFC 9580, 6.2) into one binary keyring.

    ``name`` is where the text is from. Raises ``Rejected`` (kind ``host``) when it has no such block or one is damaged.
    """
    blocks = []
    for block in _BLOCK.findall(text):
        _, _, coded = block.replace(b"\r\n", b"\n").partition(b"\n\n") if not block.startswith((b"\n", b"\r\n")) else (b"", b"", block)
        lines = [line for line in coded.split() if not line.startswith(b"=")]
        try:
            blocks.append(base64.b64decode(b"".join(lines), validate=True))
        except binascii.Error:
            blocks = []
            break
    if not blocks:
        raise reject(
            "host", "bad-key", f"the keyring in {name} is not a public key", hint="set `keyring=` to an existing keyring"
        ) from None
    return b"".join(blocks)


def _write_keyring(home: str, place: int, content: bytes) -> str:
    path = os.path.join(home, f"ring{place}.gpg")
    with open(path, "wb") as file:
        file.write(content)
    return path
