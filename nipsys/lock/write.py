"""The canonical text of a lock.

KDL v2, UTF-8. First a header with the digest of everything below it, then the profile, the sources by name, the packages by id: one node
each, with properties in a fixed order and empty ones left out. Equal locks have equal bytes; one changed package changes one node.
"""

from nipsys.model import blake3_of, replace
from nipsys.model.system import Lock, LockedPackage, LockedSource

FORMAT = 1
"""The format number in the header; the reader refuses any other."""

NOTICE = "// Written by nipsys. Do not edit: change the profile and run `nipsys lock`.\n"

_BARE = str.maketrans("", "", "_.:-")
_SPECIAL = (range(0x20), range(0x7F, 0xA0), (0x200E, 0x200F), range(0x2028, 0x202F), range(0x2066, 0x206A), (0xFEFF,))
"""Characters that KDL does not allow unescaped, and those that are invisible or change the text direction."""
_ESCAPES = {
    **{code: f"\\u{{{code:x}}}" for codes in _SPECIAL for code in codes},
    **{ord(sign): f"\\{letter}" for sign, letter in zip('"\\\n\r\t\b\f', '"\\nrtbf', strict=True)},
}


def format_lock(lock: Lock) -> str:
    """Return the canonical text with its own digest; ``lock.digest`` is ignored."""
    body = _format_body(lock)
    return f'{NOTICE}lock {FORMAT} digest="{blake3_of(body.encode())}"\n{body}'


def add_digest(lock: Lock) -> Lock:
    """Return the lock with the digest of its canonical text."""
    return replace(lock, digest=blake3_of(_format_body(lock).encode()))


def _format_body(lock: Lock) -> str:
    head = f"profile {quote_string(lock.profile)} arch={quote_string(lock.arch)} digest={quote_string(lock.profile_digest)}\n"
    sources = sorted(lock.sources, key=lambda source: source.name)
    packages = sorted(lock.packages, key=lambda package: package.id)
    return head + "".join(map(format_source, sources)) + "\n" + "".join(map(format_package, packages))


def quote_string(text: str) -> str:
    """Return ``text`` as a KDL string."""
    return f'"{text if _is_plain(text) else text.translate(_ESCAPES)}"'


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _format_key(prefix: str, key: str) -> str:
    """Return the name of a property, quoted unless it consists of letters, digits and ``_.:-``; ``prefix`` is made of letters."""
    bare = key.isascii() and (key.isidentifier() or (key.translate(_BARE) or "a").isalnum())
    return f"{prefix}.{key}" if bare else quote_string(f"{prefix}.{key}")


def _format_pairs(prefix: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Return facts or settings as properties ``prefix.key``, sorted; raise ``ValueError`` for a duplicate key."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"duplicate key in {pairs!r}")
    return " ".join([f"{_format_key(prefix, key)}={quote_string(value)}" for key, value in sorted(pairs)])


def format_source(source: LockedSource) -> str:
    """Return the node of a source, preceded by an empty line."""
    snapshot = source.snapshot
    line = f"\nsource {quote_string(source.name)} kind={quote_string(source.kind)} snapshot={quote_string(snapshot.digest)}"
    if snapshot.date:
        line += f" date={quote_string(snapshot.date)}"
    if snapshot.source != source.name:
        line += f" of={quote_string(snapshot.source)}"
    for prefix, pairs in (("setting", source.settings), ("fact", snapshot.facts)):
        if pairs:
            line += f" \\\n    {_format_pairs(prefix, pairs)}"
    return f"{line}\n"


def format_package(package: LockedPackage) -> str:
    """Return the node of a package."""
    source, name, version, arch, form, location, size, digest, purl, requested, essential, flags, needs, facts = package
    flagged, needed = _join_words(flags), _join_words(needs)
    if not _is_plain(f"{source}{name}{version}{arch}{form}{location}{digest}{purl}{flagged}{needed}"):
        texts = (source, name, version, arch, form, location, digest, purl, flagged, needed)
        source, name, version, arch, form, location, digest, purl, flagged, needed = (text.translate(_ESCAPES) for text in texts)
    line = f'package "{source}/{name}" version="{version}"'
    if arch:
        line += f' arch="{arch}"'
    if form:
        line += f' format="{form}"'
    if size:
        line += f" size={size}"
    if requested:
        line += " requested=#true"
    if essential:
        line += " essential=#true"
    if location:
        line += f' \\\n    location="{location}"'
    if digest:
        line += f' \\\n    digest="{digest}"'
    if purl:
        line += f' \\\n    purl="{purl}"'
    if flags:
        line += f' \\\n    flags="{flagged}"'
    if needs:
        line += f' \\\n    needs="{needed}"'
    if facts:
        line += f" \\\n    {_format_pairs('fact', facts)}"
    return f"{line}\n"


def _join_words(words: tuple[str, ...]) -> str:
    """Return the words sorted and joined by spaces; raise ``ValueError`` for one that is empty or contains a space."""
    if not words:
        return ""
    joined = " ".join(sorted(words))
    if joined.count(" ") != len(words) - 1 or "" in words:
        raise ValueError(f"a name in {words!r} is empty or contains a space")
    return joined
