"""Write a Unix archive (``ar``) of ELF objects; equal members give equal bytes.

The format is the System V one that GNU ``ar`` writes: a symbol index (big-endian offsets and names), a table of long names, the members
with time, owner and group 0 and mode 644. Only the standard library is used: the sandbox runs this before any other tool exists.
"""

import struct

_MAGIC = b"!<arch>\n"
_GLOBAL_OR_WEAK = (1, 2)
_SYMBOL_TABLE = 2
_UNDEFINED = 0


def write_archive(members: list[tuple[str, bytes]]) -> bytes:
    """Return the bytes of an archive whose members are (name, content), in the order given."""
    symbols = [(number, name) for number, (_, body) in enumerate(members) for name in find_global_symbols(body)]
    long_names = bytearray()
    headers: list[bytes] = []
    for name, body in members:
        encoded = name.encode() + b"/"
        if len(encoded) > 16:
            headers.append(_format_header(b"/%d" % len(long_names), len(body), mode=b"644"))
            long_names += encoded + b"\n"
        else:
            headers.append(_format_header(encoded, len(body), mode=b"644"))
    if len(long_names) % 2:
        long_names += b"\n"
    names = b"".join(name + b"\0" for _, name in symbols)
    index_size = 4 + 4 * len(symbols) + len(names)
    offset = len(_MAGIC) + 60 + index_size + index_size % 2 + (60 + len(long_names) if long_names else 0)
    places = []
    for _, body in members:
        places.append(offset)
        offset += 60 + len(body) + len(body) % 2
    index = struct.pack(">I", len(symbols)) + b"".join(struct.pack(">I", places[number]) for number, _ in symbols) + names
    out = [_MAGIC, _format_header(b"/", index_size), _pad_to_even(index)]
    if long_names:
        out += [_format_header(b"//", len(long_names)), bytes(long_names)]
    for header, (_, body) in zip(headers, members, strict=True):
        out += [header, _pad_to_even(body)]
    return b"".join(out)


def find_global_symbols(body: bytes) -> list[bytes]:
    """Return the global and weak symbols that a 64-bit little-endian ELF object defines; empty for any other content."""
    if body[:6] != b"\x7fELF\x02\x01" or len(body) < 64:
        return []
    table_offset, entry_size, count = struct.unpack_from("<Q", body, 40)[0], *struct.unpack_from("<HH", body, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", body, table_offset + number * entry_size) for number in range(count)]
    found = []
    for _, kind, _, _, offset, size, link, _, _, each in sections:
        if kind != _SYMBOL_TABLE or not each:
            continue
        texts = sections[link][4]
        for at in range(offset, offset + size, each):
            name, info, _, section = struct.unpack_from("<IBBH", body, at)
            if name and info >> 4 in _GLOBAL_OR_WEAK and section != _UNDEFINED:
                found.append(body[texts + name : body.index(b"\0", texts + name)])
    return found


def _format_header(name: bytes, size: int, mode: bytes = b"0") -> bytes:
    return b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, mode, size)


def _pad_to_even(body: bytes) -> bytes:
    return body + b"\n" if len(body) % 2 else body
