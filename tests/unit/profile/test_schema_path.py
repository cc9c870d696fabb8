"""The schema is found where a wheel puts it and where a checkout has it."""

import pytest

from nipsys.profile.schema import read_schema, read_shipped


def reader(files: dict[str, bytes]) -> object:
    def get_data(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return get_data


@pytest.mark.parametrize("place", ["/site/nipsys/schemas/profile.json", "/site/nipsys/../schemas/profile.json"])
def test_the_schema_is_found_in_a_wheel_and_in_a_checkout(place: str) -> None:
    assert read_shipped("profile.json", "/site/nipsys", reader({place: b"{}"})) == b"{}"


def test_the_installed_schema_comes_first() -> None:
    both = {"/site/nipsys/schemas/profile.json": b"1", "/site/nipsys/../schemas/profile.json": b"2"}
    assert read_shipped("profile.json", "/site/nipsys", reader(both)) == b"1"


def test_a_missing_schema_is_reported() -> None:
    with pytest.raises(FileNotFoundError):
        read_shipped("profile.json", "/site/nipsys", reader({}))


def test_this_checkout_has_the_schema() -> None:
    assert read_schema().rules["title"] == "a nipsys profile"
