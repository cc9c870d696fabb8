"""The contents of a wheel and their paths in a tree: ``RECORD``, ``WHEEL``, ``entry_points.txt``, ``.data`` (PEP 427, PEP 491).

A tree has ``bin/<script>``, ``lib/pythonX.Y/site-packages/...`` and the files of ``.data/data``. Scripts find their modules relative to
themselves, so the tree works at any path, merged with others or alone.
"""

import base64
import binascii
import configparser
import csv
import re
from collections.abc import Iterable, Mapping

from nipsys.model import Frozen, field
from nipsys.versions.pep440 import normalize_name

_ALGORITHMS = {"sha256": 32, "sha384": 48, "sha512": 64}
_ACCEPTED = frozenset({"sha256", "sha512"})
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_ATTRIBUTE = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>[\w.]+)\s*(?:\[[^\]]*\])?\s*", re.ASCII)
_SCRIPT = re.compile(r"[\w.][\w.-]*", re.ASCII)


class Wheel(Frozen):
    """A wheel as its own files describe it."""

    dist_info: str
    """``name-1.0.dist-info``."""
    pure: bool
    """``Root-Is-Purelib``; pure and platform libraries go to the same directory here."""
    record: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Path to ``sha256:<hex>`` or ``sha512:<hex>`` for every file except those that RECORD cannot list."""
    scripts: tuple[tuple[str, str, str], ...] = ()
    """(name, module, attribute) of every console and window script."""

    @property
    def data_directory(self) -> str:
        """Return the directory whose members are not importable modules: ``name-1.0.data``."""
        return self.dist_info.removesuffix(".dist-info") + ".data"


def find_dist_info(names: Iterable[str]) -> str:
    """Find the ``.dist-info`` directory; ``ValueError`` when there is none or more than one."""
    found = sorted({top for name in names if (top := name.partition("/")[0]).endswith(".dist-info") and "/" in name})
    if len(found) != 1:
        raise ValueError("it has no .dist-info directory" if not found else f"it has several .dist-info directories: {', '.join(found)}")
    return found[0]


def read_wheel(info: str, wheel: str, record: str, entry_points: str, *, name: str = "", version: str = "") -> Wheel:
    """Read a wheel's own files; ``ValueError`` when they are invalid or not those of ``name`` at ``version``."""
    headers = dict(line.partition(":")[::2] for line in wheel.splitlines() if ":" in line)
    major = headers.get("Wheel-Version", "").strip().partition(".")[0]
    if major != "1":
        raise ValueError(f"it has the wheel version `{headers.get('Wheel-Version', '').strip()}`; only version 1 is supported")
    own_name, _, own_version = info.removesuffix(".dist-info").partition("-")
    if name and (normalize_name(own_name) != normalize_name(name) or _normalize_version(own_version) != _normalize_version(version)):
        raise ValueError(f"it is `{own_name}` {own_version}, not `{name}` {version}")
    pure = headers.get("Root-Is-Purelib", "").strip().lower() == "true"
    return Wheel(info, pure, read_record(record, info), read_scripts(entry_points))


def _normalize_version(version: str) -> str:
    return re.sub(r"[-_]", ".", version).lower()


def read_record(text: str, info: str) -> dict[str, str]:
    """Read RECORD: path to digest; ``ValueError`` for a file without an accepted digest, or a duplicate."""
    found: dict[str, str] = {}
    unlisted = {f"{info}/{name}" for name in _UNLISTED}
    for row in csv.reader(f"{line}\n" for line in text.split("\n")):
        if not row or row[0] in unlisted:
            continue
        path, digest = row[0], row[1] if len(row) > 1 else ""
        algorithm, _, value = digest.partition("=")
        if algorithm not in _ACCEPTED:
            raise ValueError(f"its RECORD has no accepted digest for `{path}`")
        try:
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except (ValueError, binascii.Error) as fault:
            raise ValueError(f"its RECORD has an invalid digest for `{path}`") from fault
        if len(raw) != _ALGORITHMS[algorithm]:
            raise ValueError(f"its RECORD has an invalid digest for `{path}`")
        if path in found:
            raise ValueError(f"its RECORD has a duplicate entry for `{path}`")
        found[path] = f"{algorithm}:{raw.hex()}"
    return found


def read_scripts(text: str) -> tuple[tuple[str, str, str], ...]:
    """Read the scripts of ``entry_points.txt``; ``ValueError`` for one that is not a function of a module."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[method-assign, assignment] # names keep their case
    try:
        parser.read_string(text)
    except configparser.Error as fault:
        raise ValueError("its entry_points.txt cannot be read") from fault
    found = []
    for section in ("console_scripts", "gui_scripts"):
        for name, value in parser.items(section) if parser.has_section(section) else ():
            target = _ATTRIBUTE.fullmatch(value.strip())
            if target is None or _SCRIPT.fullmatch(name) is None:
                raise ValueError(f"its entry point `{name}` is `{value}`, which is not a function of a module")
            found.append((name, target["module"], target["attribute"]))
    return tuple(found)


def locate_member(path: str, wheel: Wheel, python: str) -> str | None:
    """Return the path in the tree of a member of the wheel; ``None`` for a directory that is not in the tree."""
    site = f"lib/python{python}/site-packages"
    top, _, rest = path.partition("/")
    if top != wheel.data_directory:
        return f"{site}/{path}"
    scheme, _, inner = rest.partition("/")
    if not inner:
        return None
    match scheme:
        case "purelib" | "platlib":
            return f"{site}/{inner}"
        case "scripts":
            return f"bin/{inner}"
        case "headers":
            return f"include/python{python}/{wheel.dist_info.partition('-')[0]}/{inner}"
        case "data":
            return inner
        case _:
            raise ValueError(f"it has members for the unknown scheme `{scheme}`")


def build_stubs(wheel: Wheel, python: str, origin: str = "path") -> tuple[tuple[str, bytes], ...]:
    """Return (path in the tree, text) of a script for each entry point; ``origin`` as in ``_build_head``."""
    return tuple(
        (f"bin/{name}", _build_stub(module, attribute, _build_head(python, origin), python)) for name, module, attribute in wheel.scripts
    )


def _build_head(python: str, origin: str, words: str = "") -> str:
    """Return the beginning of a script: ``sh`` runs it to find the interpreter, and Python reads it as a string without effect.

    ``origin``: ``path`` uses the interpreter on PATH; ``profile`` only the one that the same generation exposes: it is found relative
    to the tree in a root, next to the link the script was started by, or in the view that runs it.
    """
    if origin == "path":
        return f"#!/bin/sh\n'''exec' python{python} -I {words}\"$0\" \"$@\"\n' '''\n"
    place = "../../../System/Links/Executables"
    return f"""#!/bin/sh
''':'
start() {{ if [ -x "$1/python{python}" ]; then program=$1/python{python}; shift; exec "$program" -I {words}"$@"; fi; }}
here=$(readlink -f "$0" 2>&1)
start "${{here%/*}}/{place}" "$0" "$@"
start "${{0%/*}}" "$0" "$@"
start /.view/{place.removeprefix("../")} "$0" "$@"
echo "nipsys: python{python} of this profile is not exposed" >&2
exit 127
' '''
"""


def _build_bootstrap(python: str) -> str:
    above = "os.path.dirname(os.path.dirname(os.path.realpath(__file__)))"
    path = f'sys.path.insert(0, os.path.join({above}, "lib", "python{python}", "site-packages"))'
    return f"import os, site, sys\n{path}\nsite.addsitedir(sys.path[0])\n"


def _build_stub(module: str, attribute: str, start: str, python: str) -> bytes:
    head, _, rest = attribute.partition(".")
    called = f"{head}.{rest}" if rest else head
    return f"{start}{_build_bootstrap(python)}from {module} import {head}\nsys.exit({called}())\n".encode()


def rewrite_script(script: bytes, python: str, origin: str = "path") -> bytes:
    """Return a script of ``.data/scripts`` with its interpreter filled in (``origin`` as in ``_build_head``).

    Only one whose first line is ``#!python`` or ``#!pythonw`` is changed.
    """
    first, _, rest = script.partition(b"\n")
    if not re.match(rb"#!\s*pythonw?(\s|$)", first):
        return script
    # its own lines are unchanged, as `from __future__` must come first: the path is set by a runner instead
    runner = (
        "import os,runpy,site,sys;f=os.path.realpath(sys.argv[1]);"
        f"p=os.path.join(os.path.dirname(os.path.dirname(f)),'lib','python{python}','site-packages');"
        "sys.path.insert(0,p);site.addsitedir(p);del sys.argv[0];runpy.run_path(f,run_name='__main__')"
    )
    return _build_head(python, origin, f'-c "{runner}" ').encode() + rest
