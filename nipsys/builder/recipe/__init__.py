"""Recipes: KDL text parsed and checked, variants decided, and recipe files found by name."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.recipe.concretize import ConcreteRecipe, concretize_recipe
    from nipsys.builder.recipe.parse import parse_recipe
    from nipsys.builder.recipe.search_path import RecipePath
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "concretize": ("ConcreteRecipe", "concretize_recipe"),
            "parse": ("parse_recipe",),
            "search_path": ("RecipePath",),
        },
    )

__all__ = ["ConcreteRecipe", "RecipePath", "concretize_recipe", "parse_recipe"]
