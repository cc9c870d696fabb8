"""A project's page of a Python package index: JSON (PEP 691, 700, 714) or, from indexes without it, HTML (PEP 503, 592, 658)."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from nipsys.model import Frozen
from nipsys.sources.common import normalize_moment

_WHEEL = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-(?P<build>\d[^-]*))?-(?P<tags>[^-]+-[^-]+-[^-]+)\.whl")


class ProjectFile(Frozen):
    """One file of a project."""

    filename: str
    url: str
    """Absolute, without fragment."""
    digest: str = ""
    """``sha256:<hex>`` or ``sha512:<hex>``; empty when the index has neither."""
    requires_python: str = ""
    yanked: bool = False
    metadata: str | None = None
    """The digest of the METADATA served next to it (may be empty); ``None`` when the index does not serve it."""
    size: int = 0
    uploaded: str = ""
    attested: bool = False
    """The index has attestations of its publisher (PEP 740)."""


class ProjectPage(Frozen):
    """A project's page."""

    files: tuple[ProjectFile, ...]
    serial: int = 0
    """The serial of the project's last change, which only grows; 0 where an index has none (PyPI has it)."""

    @property
    def date(self) -> str:
        """Return the moment of the newest upload; empty when the index has no upload times (PEP 700)."""
        return max((normalize_moment(file.uploaded) for file in self.files), default="")


def read_page(text: str, url: str) -> ProjectPage:
    """Read a page fetched from ``url``; ``ValueError`` when it is neither JSON nor HTML."""
    if text.lstrip()[:1] == "{":
        return _read_json(text, url)
    if "<a" in text.lower() or "<html" in text.lower() or "<!doctype" in text.lower():
        page = _LinkParser(url)
        page.feed(text)
        return ProjectPage(tuple(page.found))
    raise ValueError("it is neither JSON nor HTML")


def parse_wheel_name(filename: str) -> tuple[str, str, str, tuple[str, ...]] | None:
    """Return name, version, build and the tags of a wheel's file name (tag sets expanded); ``None`` for another file."""
    found = _WHEEL.fullmatch(filename)
    if found is None:
        return None
    pythons, abis, platforms = (part.split(".") for part in found["tags"].split("-"))
    tags = tuple(f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms)
    return found["name"], found["version"].replace("_", "-"), found["build"] or "", tags


def _read_json(text: str, url: str) -> ProjectPage:
    try:
        page = json.loads(text)
        if str(page["meta"]["api-version"]).partition(".")[0] != "1":
            raise ValueError(f"it uses version {page['meta']['api-version']} of the simple API; only version 1 is supported")
        serial = page["meta"].get("_last-serial")
        return ProjectPage(
            tuple(_read_file(entry, url) for entry in page["files"]), serial if isinstance(serial, int) and serial > 0 else 0
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as fault:
        raise ValueError(f"it is not a page of the simple API: {fault!r}") from fault


def _read_file(entry: dict[str, Any], url: str) -> ProjectFile:
    offered = entry.get("core-metadata", entry.get("data-dist-info-metadata", entry.get("dist-info-metadata")))
    return ProjectFile(
        filename=str(entry["filename"]),
        url=urljoin(url, str(entry["url"])).partition("#")[0],
        digest=_read_digest(entry.get("hashes") or {}),
        requires_python=str(entry.get("requires-python") or ""),
        yanked=bool(entry.get("yanked")),
        metadata=_read_digest(offered) if isinstance(offered, dict) else ("" if offered else None),
        size=_read_size(entry.get("size")),
        uploaded=str(entry.get("upload-time") or ""),
        attested=bool(entry.get("provenance")),
    )


def _read_size(value: object) -> int:
    """Return a size in bytes; 0, for unknown, when the index states anything but a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _read_digest(hashes: dict[str, str]) -> str:
    for algorithm, digits in (("sha256", 64), ("sha512", 128)):
        value = str(hashes.get(algorithm, ""))
        if len(value) == digits and re.fullmatch(r"[0-9a-fA-F]+", value):
            return f"{algorithm}:{value.lower()}"
    return ""


class _LinkParser(HTMLParser):
    """Collect the links of an HTML page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.found: list[ProjectFile] = []
        self._url = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "base" and given.get("href"):
            self._url = urljoin(self._url, given["href"] or "")
        if tag != "a" or not given.get("href"):
            return
        url, _, fragment = urljoin(self._url, given["href"] or "").partition("#")
        metadata = given.get("data-core-metadata", given.get("data-dist-info-metadata"))
        algorithm, _, value = fragment.partition("=")
        self.found.append(
            ProjectFile(
                filename=unquote(urlsplit(url).path.rpartition("/")[2]),
                url=url,
                digest=_read_digest({algorithm: value}),
                requires_python=given.get("data-requires-python") or "",
                attested=bool(given.get("data-provenance")),
                yanked="data-yanked" in given,
                metadata=None
                if metadata in {None, "false"}
                else _read_digest({(metadata or "").partition("=")[0]: (metadata or "").partition("=")[2]}),
            ),
        )
