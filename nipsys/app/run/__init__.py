"""Run programs of the current generation or of packages fetched for one run, and set up the environment of a session."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.run.env import build_variables, list_completions
    from nipsys.app.run.ephemeral import provide_packages
    from nipsys.app.run.start import build_shell_env, find_program, read_current_system, start_in_view, start_provided
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "env": ("build_variables", "list_completions"),
            "ephemeral": ("provide_packages",),
            "start": ("build_shell_env", "find_program", "read_current_system", "start_in_view", "start_provided"),
        },
    )

__all__ = [
    "build_shell_env",
    "build_variables",
    "find_program",
    "list_completions",
    "provide_packages",
    "read_current_system",
    "start_in_view",
    "start_provided",
]
