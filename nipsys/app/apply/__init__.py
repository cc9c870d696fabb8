"""Plan and apply: compare a lock with the current generation, prove the plan, carry it out, and activate the result."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.app.apply.execute import PreparedPlan, apply, prepare_plan
    from nipsys.app.apply.home_files import targets_of
    from nipsys.app.apply.post_switch import activate
    from nipsys.app.apply.preflight import check_plan
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "execute": ("PreparedPlan", "apply", "prepare_plan"),
            "home_files": ("targets_of",),
            "post_switch": ("activate",),
            "preflight": ("check_plan",),
        },
    )

__all__ = ["PreparedPlan", "activate", "apply", "check_plan", "prepare_plan", "targets_of"]
