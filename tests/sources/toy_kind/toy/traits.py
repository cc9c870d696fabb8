from nipsys.model import HostNeeds, HostText
from nipsys.model.system import Traits

TRAITS = Traits(
    help="toys for tests",
    settings={"mirror": "address of the toys", "channel": "which toys"},
    synonyms=("plaything",),
    libc="musl",
    prefix="/usr/toy",
    purl="toy/land",
    formats=("tar",),
    version_order="toy makers",
    programs=("toymaker",),
    host=HostNeeds(texts=(HostText("~/.toys", "mirror "),)),
)
