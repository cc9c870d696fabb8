"""Find the commands of maintainer scripts that no trigger covers, so that the user can decide.

The script is parsed, not run. A command counts when it is where a shell would run it and is in the table below; services,
users and permissions are declared in the profile, and such commands are reported too.
"""

import re
from collections.abc import Iterable

from nipsys.view.model import PackageInput

UNCOVERED_COMMANDS = frozenset((
    "adduser", "addgroup", "useradd", "groupadd", "usermod", "setcap", "dpkg-statoverride", "update-inetd", "update-xmlcatalog",
    "update-catalog", "install-info", "pam-auth-update", "locale-gen", "update-locale", "update-initramfs", "update-grub",
    "a2enmod", "a2ensite", "lighty-enable-mod", "dkms", "depmod", "ghc-pkg", "update-default-aspell", "update-default-wordlist",
    "update-default-ispell", "update-default-hunspell", "select-default-wordlist", "emacs-package-install", "install-sgmlcatalog",
    "update-shells", "add-shell", "pg_createcluster", "make-ssl-cert", "newaliases", "chsh", "mkfontdir",
))  # fmt: skip
"""Commands whose effect no trigger has."""

_SCRIPTS = (".package/postinst", ".package/.INSTALL", ".package/.post-install")
"""Debian's, pacman's (functions in one file), Alpine's."""
_COMMAND = re.compile(r"(?:^|[;&|({]|\bthen|\bdo|\belse|\bif|!)\s*(?:/usr)?(?:/s?bin/)?([a-z][\w.-]+)\b", re.MULTILINE)


def find_uncovered(members: Iterable[PackageInput]) -> tuple[tuple[str, str], ...]:
    """Return (package id, command), sorted, for every command of the table that a package runs after it is unpacked."""
    return tuple(
        sorted(
            {
                (member.id, name)
                for member in members
                for script in _SCRIPTS
                for name in find_commands(member.texts.get(script, "")) & UNCOVERED_COMMANDS
            }
        )
    )


def find_commands(script: str) -> frozenset[str]:
    """Return the words of a shell script that are in command position."""
    text = re.sub(r"^\s*#.*$", "", script.replace("\\\n", " "), flags=re.MULTILINE)
    return frozenset(match[1] for match in _COMMAND.finditer(text))
