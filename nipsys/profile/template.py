"""The profile that ``nipsys init`` writes: small, valid, and with the next steps as comments."""

from typing import Literal

from nipsys.profile.kdl import quote

_KDL = """\
// The software of this machine. `nipsys apply {file}` installs it; `nipsys rollback` goes back.

profile {name}

// Where packages come from. The mirror and its keys are taken from this machine's own apt configuration;
// set mirror="https://…" and keyring="…" to use others.
source "debian" suite={suite}

packages {{
    jq
    ripgrep
    tree
    // vim ">=2:9"              a version range, in the source's own syntax
    // git recommends=#true     with recommended packages
}}

// env {{
//     EDITOR "vim"
// }}

// files {{
//     file "~/.config/git/config" from="dotfiles/gitconfig"
// }}
"""

_TOML = """\
# The software of this machine. `nipsys apply {file}` installs it; `nipsys rollback` goes back.

profile = {name}

# Where packages come from. The mirror and its keys are taken from this machine's own apt configuration;
# set mirror = "https://…" and keyring = "…" to use others.
[source.debian]
suite = {suite}

[packages]
jq = true
ripgrep = true
tree = true
# vim = ">=2:9"                   a version range, in the source's own syntax
# git = {{ recommends = true }}     with recommended packages

# [env]
# EDITOR = "vim"

# [files]
# "~/.config/git/config" = "dotfiles/gitconfig"
"""


def make_template(name: str, *, suite: str = "trixie", format: Literal["kdl", "toml"] = "kdl") -> str:  # noqa: A002 - the word for it
    """Return the text of a first profile called ``name``, with packages of the Debian release ``suite``."""
    text = _KDL if format == "kdl" else _TOML
    return text.format(name=quote(name), file=f"{name}.{format}", suite=quote(suite))
