"""Threads: a small thread pool, parallel work with events in a fixed order, and a join with a time limit."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.threads.join import join_all
    from nipsys.effects.threads.parallel import run_all
    from nipsys.effects.threads.pool import Pool, Task, shorten_switch_interval
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "join": ("join_all",),
            "parallel": ("run_all",),
            "pool": ("Pool", "Task", "shorten_switch_interval"),
        },
    )

__all__ = ["Pool", "Task", "join_all", "run_all", "shorten_switch_interval"]
