"""The schema knows exactly the settings that the sources take."""

from importlib import import_module
from importlib.util import find_spec

import pytest

from nipsys.profile.schema import read_schema, settings_of
from nipsys.sources.kinds import KINDS


def test_the_kinds_are_the_sources() -> None:
    assert set(read_schema()["$defs"]["kind"]["enum"]) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_settings_are_the_sources(kind: str) -> None:
    name = f"nipsys.sources.{kind}.source"
    if find_spec(name) is None:
        pytest.skip(f"nothing reads `{kind}` sources yet")
    assert set(settings_of(kind)) - {"priority", "run"} == set(import_module(name).SETTINGS)
