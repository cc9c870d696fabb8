"""The schema has exactly the settings that the sources accept."""

import pytest

from nipsys.profile.schema import read_schema
from nipsys.sources.kinds import KINDS


def test_the_schema_has_every_kind_of_source() -> None:
    assert set(read_schema().kinds) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_schema_has_every_setting_of_every_kind(kind: str) -> None:
    assert set(read_schema().settings_of(kind)) - {"priority", "run"} == set(KINDS[kind].settings)
