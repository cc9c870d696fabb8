"""What a package or generation rests on."""

import os
import platform

from nipsys import __version__
from nipsys.app.build import build_folder
from nipsys.audit.closure import path_to_seed
from nipsys.audit.picture import draw
from nipsys.audit.trust import audit_trust
from nipsys.build.records import Record, Records
from nipsys.model.problem import reject
from nipsys.model.trust import Trust


def host_base() -> tuple[tuple[str, str], ...]:
    """Name what stands outside every graph and is trusted with it."""
    system = os.uname()
    return (
        ("kernel", f"{system.sysname} {system.release} {system.machine}"),
        ("python", platform.python_version()),
        ("nipsys", __version__),
        ("sandbox", "user, mount, pid, net, ipc and uts namespaces"),
    )


def find_build(root: str, name: str) -> tuple[Record, Records]:
    """Give the latest build of ``name`` (with its flags, as `build` was told); ``Rejected`` when nothing of that name was built."""
    records = Records(f"{build_folder(root)}/records")
    record = records.find(name)
    if record is None:
        known = ", ".join(f"`{label}`" for label in records.labels())
        hint = f"built so far: {known}" if known else f"build it first: `nipsys build {name}`"
        raise reject("request", "nothing-built", f"nothing called `{name}` was built in this root", hint=hint)
    return record, records


def trust(root: str, name: str) -> Trust:
    """Audit the build ``name``."""
    record, records = find_build(root, name)
    return audit_trust(record, records.get, host_base())


def seed_path(root: str, name: str) -> tuple[str, ...]:
    """Give the shortest way from ``name`` to a seed."""
    record, records = find_build(root, name)
    return path_to_seed(record, records.get)


def picture(root: str, name: str) -> str:
    """Give the closure of ``name`` as SVG."""
    record, records = find_build(root, name)
    return draw(audit_trust(record, records.get, host_base()), record, records.get)
