"""Turn a lock into a system: fetch, build, unpack, plan the views, and publish the next generation."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.realize.desired import DesiredSystem
    from nipsys.app.realize.fetch import fetch_artifacts, fetch_trees, find_trees, opener_of, place_trees, read_trees
    from nipsys.app.realize.publish import realize
    from nipsys.app.realize.recipe_builds import BuildResult, build_path, build_recipe, find_recipe, find_recipe_folders, open_workspace
    from nipsys.app.realize.recipe_index import build_recipe_index, update_recipes
    from nipsys.app.realize.services import unit_path
    from nipsys.app.realize.views import check_views, describe_unscripted, plan_views
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "desired": ("DesiredSystem",),
            "publish": ("realize",),
            "recipe_builds": (
                "BuildResult",
                "build_path",
                "build_recipe",
                "find_recipe",
                "find_recipe_folders",
                "open_workspace",
            ),
            "recipe_index": (
                "build_recipe_index",
                "update_recipes",
            ),
            "services": ("unit_path",),
            "fetch": (
                "fetch_artifacts",
                "fetch_trees",
                "find_trees",
                "opener_of",
                "place_trees",
                "read_trees",
            ),
            "views": (
                "check_views",
                "describe_unscripted",
                "plan_views",
            ),
        },
    )

__all__ = [
    "BuildResult",
    "DesiredSystem",
    "build_path",
    "build_recipe",
    "build_recipe_index",
    "check_views",
    "describe_unscripted",
    "fetch_artifacts",
    "fetch_trees",
    "find_recipe",
    "find_recipe_folders",
    "find_trees",
    "open_workspace",
    "opener_of",
    "place_trees",
    "plan_views",
    "read_trees",
    "realize",
    "unit_path",
    "update_recipes",
]
