"""Values and events as text: plain lines, progress bars, JSON, problems. The only package that prints."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.cli.render.comparison import format_side
    from nipsys.cli.render.plan import diff_locks, format_plan
    from nipsys.cli.render.problems import show_problems
    from nipsys.cli.render.progress import make_listener
    from nipsys.cli.render.prompt import ask_for_tool
    from nipsys.cli.render.text import format_count, format_size, format_table
    from nipsys.cli.render.what_if import show_what_if
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "comparison": ("format_side",),
            "plan": ("diff_locks", "format_plan"),
            "problems": ("show_problems",),
            "progress": ("make_listener",),
            "prompt": ("ask_for_tool",),
            "text": ("format_count", "format_size", "format_table"),
            "what_if": ("show_what_if",),
        },
    )

__all__ = [
    "ask_for_tool",
    "diff_locks",
    "format_count",
    "format_plan",
    "format_side",
    "format_size",
    "format_table",
    "make_listener",
    "show_problems",
    "show_what_if",
]
