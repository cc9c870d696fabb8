"""Source builds with foreign tools (Portage, Nix, bmake), source packages, and the challenge of a package by rebuilding it."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.source_builds.challenge import challenge_build, challenge_package
    from nipsys.app.source_builds.drivers import ForeignRequest, list_other_sources, tool_of
    from nipsys.app.source_builds.foreign import build_foreign
    from nipsys.app.source_builds.source_packages import fetch_source, find_packaged_source
    from nipsys.app.source_builds.tools import find_tool, find_tool_home, install_tool, remove_tool
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "challenge": ("challenge_build", "challenge_package"),
            "drivers": ("ForeignRequest", "list_other_sources", "tool_of"),
            "foreign": ("build_foreign",),
            "source_packages": ("fetch_source", "find_packaged_source"),
            "tools": ("find_tool", "find_tool_home", "install_tool", "remove_tool"),
        },
    )

__all__ = [
    "ForeignRequest",
    "build_foreign",
    "challenge_build",
    "challenge_package",
    "fetch_source",
    "find_packaged_source",
    "find_tool",
    "find_tool_home",
    "install_tool",
    "list_other_sources",
    "remove_tool",
    "tool_of",
]
