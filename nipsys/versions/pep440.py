"""Names and versions of Python packages (PEP 503, PEP 440). The order is implemented here because an index needs it as bytes."""

import re

from nipsys.versions.sort_bytes import encode_number, encode_word

_VERSION = re.compile(
    r"""\s*v?
    (?:(?P<epoch>\d+)!)?
    (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d+)?)?
    (?:-(?P<post_implicit>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d+)?)?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d+)?)?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_STAGES = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
"""Pre-release stages in order; every other spelling is a release candidate."""


def normalize_name(name: str) -> str:
    """Return the normalised name of a project (PEP 503): ``Foo_Bar`` becomes ``foo-bar``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_prerelease(version: str) -> bool:
    """Return whether a version is a pre-release or a development release; raise ``ValueError`` for an invalid version."""
    found = _match(version)
    return bool(found["pre"] or found["dev"])


def has_prerelease_bound(span: str) -> bool:
    """Return whether any part of a range, except ``!=``, has a pre-release as its bound."""
    return any(_is_prerelease_bound(part.strip()) for part in span.split(","))


def _is_prerelease_bound(part: str) -> bool:
    bound = part.lstrip("=<>~!").strip().removesuffix(".*")
    try:
        return bool(bound) and not part.startswith("!=") and is_prerelease(bound)
    except ValueError:
        return False


def sort_key_of(version: str) -> bytes:
    """Return bytes that sort in the order of PEP 440; raise ``ValueError`` for an invalid version."""
    found = _match(version)
    release = [int(part) for part in found["release"].split(".")]
    while len(release) > 1 and not release[-1]:
        release.pop()
    parts = [encode_number(int(found["epoch"] or 0)), *(encode_number(part) for part in release), b"\0"]
    post = found["post_implicit"] or found["post"]
    if found["pre"]:
        parts += [_STAGES.get(found["pre"].lower(), b"\x03"), encode_number(int(found["pre_number"] or 0))]
    else:
        # 1.0.dev1 comes before 1.0a1, 1.0 and 1.0.post1.dev1 after every pre-release
        parts.append(b"\0" if found["dev"] and not post else b"\x7f")
    parts.append(b"\x01" + encode_number(int(found["post_implicit"] or found["post_number"] or 0)) if post else b"\0")
    parts.append(b"\x01" + encode_number(int(found["dev_number"] or 0)) if found["dev"] else b"\xff")
    parts.append(b"\x01" + _encode_local(found["local"]) if found["local"] else b"\0")
    return b"".join(parts)


def _match(version: str) -> re.Match[str]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"`{version}` is not a valid PEP 440 version")
    return found


def _encode_local(text: str) -> bytes:
    """Return the sort key of a local version label: words come before numbers, a prefix before the longer label."""
    parts = re.split(r"[-_.]", text.lower())
    return b"".join(b"\x02" + encode_number(int(part)) if part.isdecimal() else b"\x01" + encode_word(part) for part in parts) + b"\0"
