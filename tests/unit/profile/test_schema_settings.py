"""The schema knows exactly the settings that the sources take."""

import pytest

from nipsys.profile.schema import read_schema
from nipsys.sources.kinds import KINDS


def test_the_kinds_are_the_sources() -> None:
    assert set(read_schema().kinds) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_settings_are_the_sources(kind: str) -> None:
    assert set(read_schema().settings_of(kind)) - {"priority", "run"} == set(KINDS[kind].settings)
