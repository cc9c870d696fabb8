"""Map flags to the names they have in each source: a table shipped with nipsys, and one of the user that takes precedence.

The user's table is JSON at ``~/.config/nipsys/variant-mappings.json``: ``{package: {flag: {source: text}}}``, with ``*`` for every
package; an empty text says that the flag does not exist there.
"""

import json
from collections.abc import Mapping

from nipsys.model import Problem, Rejected, reject
from nipsys.model.system import Flag

FlagMappings = Mapping[str, Mapping[str, Mapping[str, str]]]

DEFAULT_MAPPINGS: FlagMappings = {
    "*": {
        "x": {"gentoo": "X", "pkgsrc": "x11", "nix": "withX"},
        "X": {"gentoo": "X", "pkgsrc": "x11", "nix": "withX"},
        "wayland": {"gentoo": "wayland", "pkgsrc": "wayland", "nix": "waylandSupport"},
        "vulkan": {"gentoo": "vulkan", "pkgsrc": "vulkan", "nix": "vulkanSupport"},
        "pulseaudio": {"gentoo": "pulseaudio", "pkgsrc": "pulseaudio", "nix": "pulseaudioSupport"},
        "pipewire": {"gentoo": "pipewire", "pkgsrc": "pipewire", "nix": "pipewireSupport"},
        "alsa": {"gentoo": "alsa", "pkgsrc": "alsa", "nix": "alsaSupport"},
        "python": {"gentoo": "python", "pkgsrc": "python", "nix": "pythonSupport"},
        "ruby": {"gentoo": "ruby", "pkgsrc": "ruby", "nix": "rubySupport"},
        "lua": {"gentoo": "lua", "pkgsrc": "lua", "nix": "luaSupport"},
        "ssl": {"gentoo": "ssl", "pkgsrc": "ssl", "nix": "sslSupport"},
        "http2": {"gentoo": "http2", "pkgsrc": "http2", "nix": "http2Support"},
        "ipv6": {"gentoo": "ipv6", "pkgsrc": "inet6", "nix": "enableIpv6"},
        "vaapi": {"gentoo": "vaapi", "pkgsrc": "vaapi", "nix": "withVaapi"},
        "doc": {"gentoo": "doc", "pkgsrc": "doc", "nix": "withDoc"},
        "lto": {"gentoo": "lto", "pkgsrc": "", "nix": ""},
    },
    "vim": {"python": {"gentoo": "python", "pkgsrc": "python", "nix": "pythonSupport"}},
    "ffmpeg": {"vaapi": {"gentoo": "vaapi", "pkgsrc": "vaapi", "nix": "withVaapi"}},
}


def parse_mappings(file: str, text: str) -> FlagMappings:
    """Parse a user's table; ``Rejected`` (kind ``profile``) when it is invalid."""
    try:
        value = json.loads(text)
        return {
            str(package): {str(flag): {str(source): str(name) for source, name in names.items()} for flag, names in flags.items()}
            for package, flags in value.items()
        }
    except (ValueError, AttributeError) as error:
        raise reject("profile", "bad-mappings", f"`{file}` is not a table of variant mappings: {error}") from None


def translate_flags(package: str, flags: tuple[Flag, ...], source: str, tables: tuple[FlagMappings, ...]) -> tuple[Flag, ...]:
    """Return the flags with the names of ``source``; a flag in no table keeps its name. ``Rejected`` for flags that do not exist there."""
    found: list[Flag] = []
    problems: list[Problem] = []
    for flag in flags:
        name = _find_name(package, flag.name, source, tables)
        if name:
            found.append(Flag(name, flag.value, flag.span))
        else:
            message = f"`{flag}` does not exist in `{source}`"
            problems.append(Problem("unknown-flag", message, flag.span, (), "map it to a name of that source in variant-mappings.json"))
    if problems:
        raise Rejected(problems, "request")
    return tuple(found)


def _find_name(package: str, flag: str, source: str, tables: tuple[FlagMappings, ...]) -> str:
    short = package.rpartition("/")[2]
    for table in tables:
        for owner in (package, short, "*"):
            names = table.get(owner, {}).get(flag, {})
            if source in names:
                return names[source]
    return flag
