"""Services of a profile as units of systemd: the words of the command line are those that the profile was read with."""

import pytest

from nipsys.app.realize.services import build_units
from nipsys.model.system import Stub
from nipsys.profile import read_profile


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("redis-server /etc/redis.conf", "/x/redis-server /etc/redis.conf"),
        ("redis-server '/etc/my redis.conf' 100%", '/x/redis-server "/etc/my redis.conf" 100%%'),
        ("/usr/bin/other $HOME", "/usr/bin/other $$HOME"),
    ],
)
def test_a_unit_starts_the_program_with_its_words(command: str, line: str) -> None:
    profile = read_profile("p.kdl", lambda _: f'service "redis" exec="{command}"'.encode(), arch="x86_64")
    (unit,) = build_units(profile, [Stub("redis-server", "debian", "usr/bin/redis-server", "debian/redis")], "/x")
    assert f"\nExecStart={line}\n" in unit.content.decode()
