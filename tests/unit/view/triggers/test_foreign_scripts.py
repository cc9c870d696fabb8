"""What the scripts of pacman and Alpine packages do that no trigger covers is named."""

import pytest

from nipsys.view.triggers.scripts import find_commands, find_uncovered

INSTALL = (
    "post_install() { systemd-sysusers; }\n\npost_upgrade() {\n  useradd -r daemon && install-info x\n}\n# setcap would be a comment\n"
)


class Package:
    """As much of a member as scripts look at."""

    def __init__(self, path: str, text: str) -> None:
        self.id, self.texts = "world/package", {path: text}


def test_commands_inside_functions_are_found() -> None:
    assert {"systemd-sysusers", "useradd", "install-info"} <= find_commands(INSTALL)
    assert "setcap" not in find_commands(INSTALL)


@pytest.mark.parametrize("path", [".package/.INSTALL", ".package/.post-install", ".package/postinst"])
def test_scripts_of_every_ecosystem_are_examined(path: str) -> None:
    found = find_uncovered([Package(path, INSTALL)])  # type: ignore[list-item]
    assert found == (("world/package", "install-info"), ("world/package", "useradd"))
    assert find_uncovered([Package(".package/CHANGELOG", INSTALL)]) == ()  # type: ignore[list-item]
