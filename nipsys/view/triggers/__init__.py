"""Triggers: what maintainer scripts would do, computed, run by tools in the root, or run confined."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.view.triggers.builtin import AlternativeChoices, add_computed
    from nipsys.view.triggers.script_sandbox import DERIVED, run_scripts
    from nipsys.view.triggers.scripts import find_uncovered
    from nipsys.view.triggers.table import choose_steps
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "builtin": ("AlternativeChoices", "add_computed"),
            "script_sandbox": ("DERIVED", "run_scripts"),
            "scripts": ("find_uncovered",),
            "table": ("choose_steps",),
        },
    )

__all__ = ["DERIVED", "AlternativeChoices", "add_computed", "choose_steps", "find_uncovered", "run_scripts"]
