"""Addresses in messages: without credentials, and otherwise as they are."""

import pytest

from nipsys.model.package import hide_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/a@b/c", "https://h.example/a@b/c"),
        ("https://h.example:8080/@scope/x", "https://h.example:8080/@scope/x"),
        ("https://[::1]:80/@x", "https://[::1]:80/@x"),
        ("https://me:s3cret@h.example/x", "https://h.example/x"),
        ("https://me:s3@cret@h.example/x", "https://h.example/x"),
        ("https://token@h.example", "https://h.example"),
        ("https://me:s3/cret@h.example/x", "https://h.example/x"),
        ("https://me:s3/cr/et@h.example", "https://h.example"),
        ("file:///srv/a@b", "file:///srv/a@b"),
    ],
)
def test_credentials_are_left_out(url: str, shown: str) -> None:
    assert hide_password(url) == shown
