"""Read a profile's text, KDL v2 or TOML, checked by one schema; all errors are reported together.

The caller reads files, because a profile may include others::

    >>> from nipsys.profile import make_template, read_profile
    >>> files = {"laptop.kdl": b'source "debian" suite="trixie"; packages { vim ">=2:9" +python; }'}
    >>> profile = read_profile("laptop.kdl", files.__getitem__, host=None, arch="x86_64")
    >>> [(request.name, str(request.range)) for request in profile.requests]
    [('vim', '>=2:9')]

``profile.digest`` changes with its meaning, not with its text: a lock is up to date when its ``profile_digest`` is equal. ``Rejected``
(kind ``profile``) has every error with its place. ``make_template`` is the text of `nipsys init`; ``nipsys.profile.edit`` edits the text
of a profile.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.merge import read_profile
    from nipsys.profile.ranges import parse_range, require_range
    from nipsys.profile.template import make_template
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "merge": ("read_profile",),
            "ranges": ("parse_range", "require_range"),
            "template": ("make_template",),
        },
    )

__all__ = ["make_template", "parse_range", "read_profile", "require_range"]
