"""Source builds with the tools of other distributions: each driver turns a package and its flags into a directory that becomes a tree."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.foreign.driver import BuildRequest, BuiltImage, Driver, ForeignRecipe, compute_variant_hash, distfiles_path
    from nipsys.builder.foreign.gentoo import Portage
    from nipsys.builder.foreign.mapping import DEFAULT_MAPPINGS, FlagMappings, parse_mappings, translate_flags
    from nipsys.builder.foreign.nix import Nix
    from nipsys.builder.foreign.pkgsrc import Bmake
    from nipsys.builder.foreign.provided import find_provided
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "driver": ("BuildRequest", "BuiltImage", "Driver", "ForeignRecipe", "compute_variant_hash", "distfiles_path"),
            "gentoo": ("Portage",),
            "mapping": ("DEFAULT_MAPPINGS", "FlagMappings", "parse_mappings", "translate_flags"),
            "nix": ("Nix",),
            "pkgsrc": ("Bmake",),
            "provided": ("find_provided",),
        },
    )

__all__ = [
    "DEFAULT_MAPPINGS",
    "Bmake",
    "BuildRequest",
    "BuiltImage",
    "Driver",
    "FlagMappings",
    "ForeignRecipe",
    "Nix",
    "Portage",
    "compute_variant_hash",
    "distfiles_path",
    "find_provided",
    "parse_mappings",
    "translate_flags",
]
