"""Make ``docs/reference/problems.md`` from the catalogue of problem codes."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).resolve().parents[2] / "nipsys/model/problems.toml"

KINDS = {
    "profile": ("The profile", "Something in the text of a profile or of its lock is wrong; the message shows the place."),
    "request": ("The request", "What was asked for cannot be done."),
    "source": ("Sources and packages", "A mirror, an index or a package is at fault."),
    "build": ("Builds", "A recipe is wrong, or a build failed."),
    "store": ("The store", "The root on the disk is at fault."),
    "host": ("This machine", "The host lacks something, or refuses something."),
    "bug": ("nipsys", "nipsys itself is at fault."),
}
"""Kinds in the order of the page, with heading and meaning."""

HEAD = """# Problem codes

Every error has a code. `--json` prints it as `code` of a problem, next to the `kind` of what is at fault ([the form](json.md#error)). A script
matches on the code; the text of a message may change.

A code keeps its meaning. Codes that meant the same were merged before the first release: see [merged codes](#merged-codes).
"""


def read_catalogue(text: str) -> dict[str, dict[str, Any]]:
    """Read the catalogue: code to ``kinds``, ``means``, ``fix``, and perhaps ``replaces``."""
    return tomllib.loads(text)


def make_page(catalogue: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page: one section for each kind, then the merged codes."""
    parts = [HEAD]
    for kind, (title, meaning) in KINDS.items():
        codes = sorted(code for code, entry in catalogue.items() if entry["kinds"][0] == kind)
        parts.append(f"## {title}\n\n`kind` is `{kind}`. {meaning}\n")
        parts += [_section(code, catalogue[code]) for code in codes]
    parts.append("## Merged codes\n\n| before | now |\n|---|---|\n" + "".join(_merged(catalogue)))
    return "\n".join(parts)


def _section(code: str, entry: Mapping[str, Any]) -> str:
    others = entry["kinds"][1:]
    also = f" (`kind` may also be {' or '.join(f'`{kind}`' for kind in others)}.)" if others else ""
    return f"### `{code}`\n\n{entry['means']}{also}\n\n**Fix:** {entry['fix']}\n"


def _merged(catalogue: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    pairs: dict[str, list[str]] = {}
    for code, entry in catalogue.items():
        for old in entry.get("replaces", ()):
            pairs.setdefault(old, []).append(f"[`{code}`](#{code})")
    for old, new in sorted(pairs.items()):
        yield f"| `{old}` | {' or '.join(new)} |\n"
