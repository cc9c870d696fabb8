"""What the traits of several kinds share: settings, each with its line of help, and what they need to know about the host."""

from nipsys.model import HostText

COMMON_SETTINGS = {
    "mirror": "addresses (http, https, file), tried in order",
    "keyring": "paths of the keyrings whose keys are trusted",
    "signatures": "`required` or `none`; every plan mentions `none`",
    "snapshot": "a date: the source as it was then",
    "min-age": "ignore releases younger than this (`7d`, `12h`, `2w`) when choosing",
}
APT_TEXTS = tuple(
    map(
        HostText,
        (
            "/etc/apt/apt.conf.d/*",
            "/etc/apt/apt.conf",
            "/etc/apt/sources.list",
            "/etc/apt/sources.list.d/*.list",
            "/etc/apt/sources.list.d/*.sources",
        ),
    )
)
"""The host's apt configuration, which names mirrors of Debian."""
