"""Edit a profile's text and keep everything else as its author wrote it: comments, order, layout.

How the app calls this (``format`` is ``kdl`` or ``toml``)::

    wanted = requests(["vim>=2:9", "+python", "ripgrep", "source=nix"])      # words of `nipsys install`
    text = add(text, format, wanted)
    text = remove(text, format, ["vim"])
    text = set_flag(text, format, "vim", flag("-X"))

Each returns the new text, which was read again to check that the change took effect, or raises ``Rejected``.
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
