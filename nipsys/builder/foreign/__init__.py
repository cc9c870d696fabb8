"""Source builds with the tools of other distributions: each driver turns a package and its flags into a directory that becomes a tree."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.foreign.build_tools import AUTO_ORDER, BUILD_TOOLS, BuildTool, build_tool_of
    from nipsys.builder.foreign.driver import BuildRequest, BuiltImage, Driver, ForeignRecipe, compute_variant_hash, distfiles_path
    from nipsys.builder.foreign.mapping import DEFAULT_MAPPINGS, FlagMappings, parse_mappings, translate_flags
    from nipsys.builder.foreign.provided import find_provided
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "driver": ("BuildRequest", "BuiltImage", "Driver", "ForeignRecipe", "compute_variant_hash", "distfiles_path"),
            "mapping": ("DEFAULT_MAPPINGS", "FlagMappings", "parse_mappings", "translate_flags"),
            "provided": ("find_provided",),
            "build_tools": ("AUTO_ORDER", "BUILD_TOOLS", "BuildTool", "build_tool_of"),
        },
    )

__all__ = [
    "AUTO_ORDER",
    "BUILD_TOOLS",
    "DEFAULT_MAPPINGS",
    "BuildRequest",
    "BuildTool",
    "BuiltImage",
    "Driver",
    "FlagMappings",
    "ForeignRecipe",
    "build_tool_of",
    "compute_variant_hash",
    "distfiles_path",
    "find_provided",
    "parse_mappings",
    "translate_flags",
]
