"""The profile that ``nipsys init`` writes: small, true, and with the next steps as comments."""

from typing import Literal

from nipsys.profile.kdl.quote import quoted

_KDL = """\
// What this machine shall be. `nipsys apply {file}` makes it so; `nipsys rollback` takes it back.

profile {name}

// Where packages come from. The mirror and its keys are those of this machine's own apt configuration;
// mirror="https://…" and keyring="…" say otherwise.
source "debian" suite={suite}

packages {{
    jq
    ripgrep
    tree
    // vim ">=2:9"              a version range, as the source writes versions
    // git recommends=#true     with what it recommends
}}

// env {{
//     EDITOR "vim"
// }}

// files {{
//     file "~/.config/git/config" from="dotfiles/gitconfig"
// }}
"""

_TOML = """\
# What this machine shall be. `nipsys apply {file}` makes it so; `nipsys rollback` takes it back.

profile = {name}

# Where packages come from. The mirror and its keys are those of this machine's own apt configuration;
# mirror = "https://…" and keyring = "…" say otherwise.
[source.debian]
suite = {suite}

[packages]
jq = true
ripgrep = true
tree = true
# vim = ">=2:9"                   a version range, as the source writes versions
# git = {{ recommends = true }}     with what it recommends

# [env]
# EDITOR = "vim"

# [files]
# "~/.config/git/config" = "dotfiles/gitconfig"
"""


def template(name: str, *, suite: str = "trixie", format: Literal["kdl", "toml"] = "kdl") -> str:  # noqa: A002 - the word for it
    """Return a first profile called ``name``, with packages of the Debian release ``suite``."""
    text = _KDL if format == "kdl" else _TOML
    return text.format(name=quoted(name), file=f"{name}.{format}", suite=quoted(suite))
