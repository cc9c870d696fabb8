"""What npm itself says of a registry's signatures, and what we say: they agree on the good and on the spoilt."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import Server
from npm_signer import Signer, listed
from registry_maker import npm_package, packument, tarball_name

from nipsys.app.sync.indexes import sync_names
from nipsys.effects.web.fetcher import Fetcher
from nipsys.model.host import HostFacts
from nipsys.model.problem import Rejected
from nipsys.model.system.profile import SourceSpec
from nipsys.sources.kinds import open_source

VERIFY = """
const [pacote, registry, cache] = [require(process.argv[2]), process.argv[3], process.argv[4]];
(async () => {
  const listed = await (await fetch(registry + '-/npm/v1/keys')).json();
  const keys = listed.keys.map(key => ({...key, pemkey: '-----BEGIN PUBLIC KEY-----\\n' + key.key + '\\n-----END PUBLIC KEY-----'}));
  const options = {registry, cache, verifySignatures: true, ['//' + new URL(registry).host + '/:_keys']: keys, fullMetadata: true};
  try {
    const found = await pacote.manifest('hello@1.0.0', options);
    console.log(found._signatures && found._signatures.length ? 'good' : 'missing');
  } catch (fault) { console.log(fault.code || fault.stack); }
})();
"""


def serve(server: Server, sign: Callable[[str], list[dict[str, str]]], signers: list[Signer]) -> None:
    made = npm_package("hello", "1.0.0", {"index.js": "module.exports='hello'\n"})
    server.root.joinpath("-/npm/v1").mkdir(parents=True, exist_ok=True)
    server.root.joinpath("-/npm/v1/keys").write_bytes(listed(signers))
    server.root.joinpath(tarball_name("hello", "1.0.0")).write_bytes(made[1])
    server.root.joinpath("hello").write_bytes(packument([made], f"{server.url}/", times={"1.0.0": "2026-07-01T00:00:00.000Z"}, sign=sign))


def theirs(server: Server, where: Path) -> bool:
    """Let npm's own library verify the version, as ``npm audit signatures`` has it do; the command itself must reach sigstore first."""
    where.mkdir()
    (where / "verify.js").write_text(VERIFY)
    own = Path(os.path.realpath(shutil.which("npm") or "")).parents[1] / "node_modules"
    words = ("node", "verify.js", str(own / "pacote"), f"{server.url}/", str(where / "cache"))
    ran = subprocess.run(words, cwd=where, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    answer = ran.stdout.strip()
    assert answer in {"good", "EINTEGRITYSIGNATURE", "EMISSINGSIGNATUREKEY", "EEXPIREDSIGNATUREKEY", "missing"}, answer
    return answer == "good"


def ours(server: Server, where: Path) -> bool:
    settings = (("keyring", f"{server.url}/-/npm/v1/keys"), ("mirror", server.url))
    source = open_source(SourceSpec("npm", "npm", settings=settings), HostFacts(), "2026-11-20T08:00:00Z")
    try:
        synced = sync_names(source, ("hello",), Fetcher(), str(where / "indexes"))
    except Rejected as refused:
        if {problem.code for problem in refused.problems} == {"bad-signature"}:
            return False
        raise
    return [record.version for record in synced.to_batch().records] == ["1.0.0"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "registry").mkdir()
    with Server(tmp_path / "registry") as running:
        yield running


@pytest.mark.parametrize(
    ("label", "good"), [("honest", True), ("another text", False), ("unsigned", False), ("a stranger", False), ("an expired key", False)]
)
def test_npm_and_we_agree(server: Server, tmp_path: Path, label: str, good: object) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    signer = Signer("2026-06-01T00:00:00.000Z" if label == "an expired key" else None)
    ways = {"another text": lambda text: signer.sign(text + "!"), "unsigned": lambda text: [], "a stranger": Signer().sign}
    serve(server, ways.get(label, signer.sign), [signer])
    assert theirs(server, tmp_path / "theirs") is good
    assert ours(server, tmp_path) is good
