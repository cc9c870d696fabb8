"""The lock file: a resolution to its one canonical text and back.

Equal locks have equal bytes::

    >>> from nipsys.lock import add_digest, format_lock, read_lock
    >>> from nipsys.model.system import Lock
    >>> lock = Lock("laptop", "blake3:" + "0" * 64, "x86_64", (), ())
    >>> read_lock(format_lock(lock), "laptop.lock.kdl") == add_digest(lock)
    True

``add_digest`` sets the digest without parsing text. ``read_lock`` raises ``Rejected`` (kind ``profile``) with line numbers when the
text was edited. A lock is up to date when its ``profile_digest`` is that of the profile.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.lock.alternatives import carry_over, record_choices
    from nipsys.lock.read import read_lock
    from nipsys.lock.write import add_digest, format_lock
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "alternatives": ("carry_over", "record_choices"),
            "read": ("read_lock",),
            "write": ("add_digest", "format_lock"),
        },
    )

__all__ = ["add_digest", "carry_over", "format_lock", "read_lock", "record_choices"]
