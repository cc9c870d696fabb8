"""Threads: a small thread pool, parallel work with events in a fixed order, and a join with a time limit."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.effects.threads.parallel import join_all, run_all
    from nipsys.effects.threads.pool import shorten_switch_interval, start_pool
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "parallel": (
                "join_all",
                "run_all",
            ),
            "pool": (
                "shorten_switch_interval",
                "start_pool",
            ),
        },
    )

__all__ = ["join_all", "run_all", "shorten_switch_interval", "start_pool"]
