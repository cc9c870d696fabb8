"""The table of triggers: which tool creates which cache, and when it has something to do.

A trigger runs inside the root, as the user, without network, when the view is built; it writes to the view's own copies.
Tools and directories are found by pattern because distributions place them differently.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nipsys.view.exposure import ExposedPackage
from nipsys.view.model import MergedEntry, TriggerStep

_PLAIN = re.compile(r"\(?(?:[\w/-](?![?*])|\\\.)*")
"""The literal beginning of a pattern."""

_LIBRARIES = r"usr/lib(?:64)?(?:/[^/]+-linux-[^/]+)?"


def _pattern_of(library: str, name: str) -> str:
    """Return the pattern of a tool that Debian keeps next to its library and others in ``/usr/bin``."""
    return rf"{_LIBRARIES}/{re.escape(library)}/{re.escape(name)}|usr/bin/{re.escape(name)}"


class Trigger(NamedTuple):
    """One row: run ``tool`` with ``arguments`` when both the tool and the material are in the root."""

    name: str
    tool: str
    """Pattern of the tool's path."""
    material: str
    """Pattern of a path that it processes; the first group is the directory named ``{here}``."""
    arguments: tuple[str, ...]
    writes: tuple[str, ...]
    each: bool = False
    """Run once for every ``{here}``, not only for the first."""
    desktop: bool = False
    """Run only when an exposed package is a desktop application or ``unless`` matches: the cache is large and rarely used."""
    unless: str = ""
    """Pattern of a path that requires the trigger's output even without a desktop application."""
    as_root: bool = False
    optional: bool = False
    view_only: bool = False
    dated: bool = False


TABLE = (
    Trigger("ldconfig", r"usr/s?bin/ldconfig", r"(etc)/ld\.so\.conf", ("-X",), ("etc", "var/cache/ldconfig"), view_only=True),
    Trigger("ca-hashes", r"usr/bin/openssl", r"(etc/ssl/certs)/.+\.pem", ("rehash", "/{here}"), ("{here}",)),
    Trigger(
        "glib-schemas", _pattern_of("glib-2.0", "glib-compile-schemas"), r"(usr/share/glib-2\.0/schemas)/.+\.xml", ("/{here}",), ("{here}",)
    ),
    Trigger("gio-modules", _pattern_of("glib-2.0", "gio-querymodules"), rf"({_LIBRARIES}/gio/modules)/.+\.so", ("/{here}",), ("{here}",)),
    Trigger(
        "gdk-pixbuf",
        _pattern_of("gdk-pixbuf-2.0", "gdk-pixbuf-query-loaders"),
        rf"({_LIBRARIES}/gdk-pixbuf-2\.0/[^/]+)/loaders/.+\.so",
        ("--update-cache",),
        ("{here}",),
    ),
    Trigger(
        "gtk3-immodules",
        _pattern_of("libgtk-3-0t64", "gtk-query-immodules-3.0"),
        rf"({_LIBRARIES}/gtk-3\.0/3\.0\.0)/immodules/.+\.so",
        ("--update-cache",),
        ("{here}",),
    ),
    Trigger(
        "gtk2-immodules",
        _pattern_of("libgtk2.0-0t64", "gtk-query-immodules-2.0"),
        rf"({_LIBRARIES}/gtk-2\.0/2\.10\.0)/immodules/.+\.so",
        ("--update-cache",),
        ("{here}",),
    ),
    Trigger(
        "mime",
        r"usr/bin/update-mime-database",
        r"(usr/share/mime)/packages/.+\.xml",
        ("/{here}",),
        ("{here}",),
        desktop=True,
        unless=rf"{_LIBRARIES}/libgdk_pixbuf-2\.0\.so\.0",
    ),
    Trigger(
        "desktop-files",
        r"usr/bin/update-desktop-database",
        r"(usr/share/applications)/.+\.desktop",
        ("/{here}",),
        ("{here}",),
        desktop=True,
        optional=True,
    ),
    Trigger(
        "icons",
        r"usr/bin/gtk-update-icon-cache|usr/bin/gtk4-update-icon-cache",
        r"(usr/share/icons/[^/]+)/index\.theme",
        ("-f", "-q", "/{here}"),
        ("{here}",),
        each=True,
        desktop=True,
        optional=True,
    ),
    Trigger("fontconfig", r"usr/bin/fc-cache", r"usr/share/(fonts)/.+", ("-s",), ("var/cache/fontconfig",), optional=True, dated=True),
    Trigger("graphviz", r"usr/s?bin/libgvc6-config-update|usr/bin/dot", rf"({_LIBRARIES}/graphviz)/libgvplugin.+", ("-c",), ("{here}",)),
    Trigger(
        "aspell",
        r"usr/sbin/aspell-autobuildhash",
        r"(usr/lib/aspell)/.+",
        ("--force",),
        ("var/lib/aspell", "{here}", "var/cache/dictionaries-common"),
        as_root=True,
    ),
    Trigger("tex-updmap", r"usr/sbin/update-updmap", r"(etc/texmf)/.+", ("--quiet",), ("etc/texmf", "var/lib/texmf")),
    Trigger("tex-language", r"usr/sbin/update-language", r"(etc/texmf)/.+", ("--quiet",), ("etc/texmf", "var/lib/texmf")),
    Trigger("tex-fmtutil", r"usr/sbin/update-fmtutil", r"(etc/texmf)/.+", ("--quiet",), ("etc/texmf", "var/lib/texmf")),
    Trigger(
        "tex-files",
        r"usr/bin/mktexlsr",
        r"(usr/share/texlive)/texmf-dist/.+",
        (),
        ("var/lib/texmf", "usr/share/texlive/texmf-dist", "usr/share/texmf"),
    ),
    Trigger(
        "tex-formats",
        r"usr/bin/fmtutil-sys",
        r"(usr/share/texlive/texmf-dist/tex/latex/base)/latex\.ltx",
        ("--byfmt", "pdflatex"),
        ("var/lib/texmf", "var/cache/texmf"),
    ),
    Trigger(
        "tex-fonts", r"usr/bin/updmap-sys", r"(usr/share/texlive/texmf-dist/fonts/map)/.+", ("--quiet",), ("var/lib/texmf",), optional=True
    ),
)
"""All triggers, in the order in which they run."""


def choose_steps(merged: Mapping[str, MergedEntry], exposed: tuple[ExposedPackage, ...]) -> tuple[TriggerStep, ...]:
    """Return the steps of the triggers that have something to do in this root."""
    desktop = any(entry.path.startswith("usr/share/applications/") for shown in exposed for entry in shown.package.tree.entries)
    paths = sorted(merged)
    steps: list[TriggerStep] = []
    for trigger in TABLE:
        if trigger.desktop and not desktop and not (trigger.unless and _find_first(trigger.unless, paths)):
            continue
        tool = _find_first(trigger.tool, paths)
        if tool is None:
            continue
        found = list(dict.fromkeys(match[1] or "" for match in _iter_matches(trigger.material, paths)))
        for here in found if trigger.each else found[:1]:
            argv = (f"/{tool}", *(word.format(here=here) for word in trigger.arguments))
            writes = tuple(path.format(here=here) for path in trigger.writes)
            steps.append(TriggerStep(trigger.name, argv, writes, trigger.as_root, trigger.optional, trigger.view_only, trigger.dated))
    return tuple(steps)


def _find_first(pattern: str, paths: list[str]) -> str | None:
    return next((match[0] for match in _iter_matches(pattern, paths)), None)


def _iter_matches(pattern: str, paths: list[str]) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern in sorted paths; only paths with the literal beginning of an alternative are tried."""
    for alternative in pattern.split("|"):
        whole = re.compile(alternative)
        plain = _PLAIN.match(alternative)
        begins = plain[0].replace("(", "").replace("\\", "") if plain else ""
        for place in range(bisect_left(paths, begins), len(paths)):
            if not paths[place].startswith(begins):
                break
            if match := whole.fullmatch(paths[place]):
                yield match
