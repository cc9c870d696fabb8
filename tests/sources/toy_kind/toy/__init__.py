"""Toys: a kind of source for tests, in one folder."""

from nipsys.model.face import lazy_face

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nipsys.sources.toy.source import open_source
    from nipsys.sources.toy.traits import TRAITS
else:
    __getattr__ = lazy_face(__name__, {"source": ("open_source",), "traits": ("TRAITS",)})

__all__ = ["TRAITS", "open_source"]
