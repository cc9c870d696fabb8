"""Edit a profile's text and keep everything else as its author wrote it: comments, order, layout.

``format`` is ``kdl`` or ``toml``, the words are those of `nipsys install`::

    >>> from nipsys.profile.edit import add_requests, parse_requests, remove_requests
    >>> text = 'source "debian" suite="trixie"; packages { ripgrep; }'
    >>> text = add_requests(text, "kdl", parse_requests(["vim", "+python"]))
    >>> text
    'source "debian" suite="trixie"; packages { ripgrep; vim +python; }'
    >>> remove_requests(text, "kdl", ["ripgrep"])
    'source "debian" suite="trixie"; packages { vim +python; }'

Each function reads the new text again to check that the change took effect, or raises ``Rejected``.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.edit.changes import Format, add_requests, remove_requests, set_flag
    from nipsys.profile.edit.words import parse_requests
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "changes": ("Format", "add_requests", "remove_requests", "set_flag"),
            "words": ("parse_requests",),
        },
    )

__all__ = ["Format", "add_requests", "parse_requests", "remove_requests", "set_flag"]
