"""Build packages from source: a recipe run in a sandbox becomes a tree, and a record says what it was made of.

``nipsys.app.realize.recipe_builds`` shows how a caller puts the parts together.

    recipe/       recipe text to a value, every mistake with its place; variants decided; where recipes are found
    materials/    sources and seeds: fetched, unpacked, patched, classified
    sandbox/      the namespaces (or the container) and the steps that run inside
    output/       the result as a tree, the checks it must pass, the record of the build, the report of a failure
    foreign/      Portage, bmake and nix-build as builders
    build         one build, its repetitions and its record
    chain         dependencies first, fixpoints, diverse seeds
"""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.build import BuildOptions, Workspace, choose_variation
    from nipsys.builder.chain import RecipeBuilder, parse_flag_word
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "build": ("BuildOptions", "Workspace", "choose_variation"),
            "chain": ("RecipeBuilder", "parse_flag_word"),
        },
    )

__all__ = ["BuildOptions", "RecipeBuilder", "Workspace", "choose_variation", "parse_flag_word"]
