"""The values that every room shares: frozen, without input or output; standard library and blake3 only."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.model.digest import Digest, Hasher, blake3_of, digest_of, make_hasher, make_json_quoter, shorten_digest, to_canonical_json
    from nipsys.model.event import Advanced, Began, Ended, Event, Reporter, Waiting, Warned, ignore_event
    from nipsys.model.host import DefaultRegistry, HostFacts, HostNeeds, HostText
    from nipsys.model.layout import Layout
    from nipsys.model.problem import Problem, Rejected, join_names, reject
    from nipsys.model.span import Span
    from nipsys.model.suggest import suggest_names, suggest_or_list
    from nipsys.model.value import Frozen, asdict, field, replace
else:
    __getattr__ = lazy_face(
        __name__,
        {
            "digest": (
                "Digest",
                "Hasher",
                "blake3_of",
                "digest_of",
                "make_hasher",
                "make_json_quoter",
                "shorten_digest",
                "to_canonical_json",
            ),
            "event": (
                "Advanced",
                "Began",
                "Ended",
                "Event",
                "Reporter",
                "Waiting",
                "Warned",
                "ignore_event",
            ),
            "host": ("DefaultRegistry", "HostFacts", "HostNeeds", "HostText"),
            "layout": ("Layout",),
            "problem": (
                "Problem",
                "Rejected",
                "join_names",
                "reject",
            ),
            "span": ("Span",),
            "suggest": ("suggest_names", "suggest_or_list"),
            "value": (
                "Frozen",
                "asdict",
                "field",
                "replace",
            ),
        },
    )

__all__ = [
    "Advanced",
    "Began",
    "DefaultRegistry",
    "Digest",
    "Ended",
    "Event",
    "Frozen",
    "Hasher",
    "HostFacts",
    "HostNeeds",
    "HostText",
    "Layout",
    "Problem",
    "Rejected",
    "Reporter",
    "Span",
    "Waiting",
    "Warned",
    "asdict",
    "blake3_of",
    "digest_of",
    "field",
    "ignore_event",
    "join_names",
    "make_hasher",
    "make_json_quoter",
    "reject",
    "replace",
    "shorten_digest",
    "suggest_names",
    "suggest_or_list",
    "to_canonical_json",
]
