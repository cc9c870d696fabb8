"""What programs write to `/etc` stays over generations and back; the packages' own files follow each switch."""

import pytest
from debian_maker import Deb
from machine import Archive, Machine, write_profile

from nipsys.effects.host.namespaces import probe


def package(version: str) -> Deb:
    files = {
        "usr/bin/tune": b'#!/bin/sh\necho "$1" > /etc/toy/tuned\n',
        "usr/bin/told": b"#!/bin/sh\ncat /etc/toy/tuned /etc/toy/fixed\n",
        "etc/toy/tuned": f"as packaged {version}\n".encode(),
        "etc/toy/fixed": f"version {version}\n".encode(),
    }
    return Deb("toy", version, files=files)


def test_changes_stay_and_conflicts_are_told(machine: Machine, archive: Archive) -> None:
    if not (found := probe()).open:
        pytest.skip(f"namespaces are closed here: {found.step}: {found.reason}")
    archive.publish(package("1"))
    profile = write_profile(machine.home / "p.kdl", archive, "toy")
    machine("apply", profile)
    assert machine.program("told").out == "as packaged 1\nversion 1\n"
    assert machine.program("tune", "mine").code == 0
    assert machine("verify").code == 0, "nothing of the store was written"

    archive.publish(package("2"))
    machine("update", profile)
    ran = machine("apply", profile)
    assert "warning: `/etc/toy/tuned` of world `debian` was changed both by you and by its package" in ran.err
    assert machine.program("told").out == "mine\nversion 2\n"
    assert (machine.root / "state/debian/etc/toy/tuned.nipsys-new").read_text() == "as packaged 2\n"

    machine("rollback")
    assert machine.program("told").out == "mine\nversion 1\n"
