"""The settings that most kinds share, each with its line of help."""

COMMON_SETTINGS = {
    "mirror": "addresses (http, https, file), tried in order",
    "keyring": "paths of the keyrings whose keys are trusted",
    "signatures": "`required` or `none`; every plan mentions `none`",
    "snapshot": "a date: the source as it was then",
    "min-age": "ignore releases younger than this (`7d`, `12h`, `2w`) when choosing",
}
