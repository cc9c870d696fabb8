"""Bytes that sort as the numbers they stand for: the bricks of every version key built here.

A key is read from the left and its parts are told apart by construction, so no part may be the beginning of
another: numbers carry their length, words end in a zero byte.
"""


def number(value: int) -> bytes:
    """Return bytes that sort as ``value`` does (0 or more, any size up to 250 bytes), none a beginning of another.

    The first byte is the length plus 1, so that a zero byte can end a list of numbers.
    """
    length = (value.bit_length() + 7) // 8
    return bytes((length + 1,)) + value.to_bytes(length)


def word(text: str) -> bytes:
    """Return bytes that sort as ``text`` (no zero character in it) does, a shorter word before a longer one."""
    return text.encode() + b"\0"
