"""Read a profile's text, KDL v2 or TOML, checked by one schema; all errors are reported together.

How the app calls this::

    profile = read("workstation.kdl", read_bytes, host=None, arch="x86_64")   # Rejected(kind="profile") with all errors
    profile.digest                                                            # a lock is up to date when its profile_digest is this
    text = template("workstation")                                            # `nipsys init`

``nipsys.profile.edit`` edits a profile's text for ``nipsys install`` and ``remove``.
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.profile.merge import ReadFile, read_profile
    from nipsys.profile.ranges import parse_range, require_range
    from nipsys.profile.template import make_template
else:
    __getattr__ = lazy_face(
        __name__, {"merge": ("ReadFile", "read_profile"), "ranges": ("parse_range", "require_range"), "template": ("make_template",)}
    )

__all__ = ["ReadFile", "make_template", "parse_range", "read_profile", "require_range"]
