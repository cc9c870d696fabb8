"""Traits of Debian, its derivatives and other apt repositories."""

from nipsys.model import HostFacts, HostNeeds, HostText
from nipsys.model.system import SourceSpec, Traits
from nipsys.sources.common import APT_TEXTS


def _find_host_source(host: HostFacts) -> SourceSpec | None:
    """Return the release that os-release(5) names, on Debian itself."""
    lines = (line.partition("=") for line in (host.get_text("/etc/os-release") or "").splitlines())
    facts = {key: value.strip().strip('"') for key, _, value in lines}
    if facts.get("ID") != "debian":
        return None
    return SourceSpec("debian", "debian", settings=(("suite", facts.get("VERSION_CODENAME", "stable")),))


TRAITS = Traits(
    help="Debian, its derivatives and any signed apt repository",
    synonyms=("apt", "deb", "ubuntu"),
    purl="deb/debian",
    formats=("deb",),
    version_order="dpkg",
    programs=("gpgv",),
    find_host_source=_find_host_source,
    host=HostNeeds(
        texts=(HostText("/etc/os-release"), *APT_TEXTS),
        keyrings=(
            "/etc/apt/trusted.gpg",
            "/etc/apt/trusted.gpg.d/*.gpg",
            "/etc/apt/trusted.gpg.d/*.asc",
            "/etc/apt/keyrings/*",
            "/usr/share/keyrings/*",
        ),
    ),
    settings={
        "suite": "release or pocket (`bookworm`, `sid`), or a directory ending in `/` for a flat repository",
        "mirror": "addresses tried in order; the host's apt configuration when not given",
        "security": "addresses of the security archive, when it is not on the mirror",
        "components": "`main contrib non-free`; the host's, else `main`",
        "pockets": "`updates security`: which pockets belong to the world",
        "keyring": "paths of the keyrings whose keys are trusted",
        "signatures": "`required` or `none`",
        "snapshot": "a date: the archive as it was then",
        "valid-until": "`#false` accepts an expired index, for a mirror that is known not to be updated",
        "min-age": "use the suite as it was that long ago (`7d`), with today's security pocket",
        "recommends": "install recommended packages too",
    },
)
