"""Numbers and words encoded as bytes that sort like them: the building blocks of the sort keys in this room.

Keys are compared from the left, so no part may be a prefix of another: numbers carry their length, words end in a zero byte.
"""


def encode_number(value: int) -> bytes:
    """Return bytes that sort like ``value`` (0 or more, up to 250 bytes); no encoding is a prefix of another.

    The first byte is the length plus 1, so that a zero byte can end a list of numbers.
    """
    length = (value.bit_length() + 7) // 8
    return bytes((length + 1,)) + value.to_bytes(length)


def encode_word(text: str) -> bytes:
    """Return bytes that sort like ``text`` (without zero characters), a prefix before the longer word."""
    return text.encode() + b"\0"
