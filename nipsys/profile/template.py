"""The profile that ``nipsys init`` writes: small, true, and with the next steps as comments."""

from nipsys.profile.spell import quoted

_TEXT = """\
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


def template(name: str, *, suite: str = "trixie") -> str:
    """Give a first profile called ``name``, with packages of the Debian release ``suite``."""
    return _TEXT.format(name=quoted(name), file=f"{name}.kdl", suite=quoted(suite))
