"""The sandbox of a build: namespaces or a container, the worker inside it, and the steps it can carry out."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.builder.sandbox.job import Job, Mount, Outcome, Variation, read_last_lines, run_in_sandbox
    from nipsys.builder.sandbox.podman import find_engine
    from nipsys.builder.sandbox.steps import StepFailed, apply_replacements
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "job": ("Job", "Mount", "Outcome", "Variation", "read_last_lines", "run_in_sandbox"),
            "podman": ("find_engine",),
            "steps": ("StepFailed", "apply_replacements"),
        },
    )

__all__ = ["Job", "Mount", "Outcome", "StepFailed", "Variation", "apply_replacements", "find_engine", "read_last_lines", "run_in_sandbox"]
