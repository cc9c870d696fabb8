"""What the library tells a listener while it works; the listener renders, the library is silent."""

from collections.abc import Callable

from nipsys.model.value import Frozen


class Began(Frozen):
    """A stage of work starts."""

    stage: str
    """``sync``, ``resolve``, ``fetch``, ``unpack``, ``compose``, ``trigger``, ``build``, ``stage``, ``switch``, ``verify``, ..."""
    total: int = 0
    """Units to come (bytes for ``fetch``, items elsewhere); 0 when unknown."""
    detail: str = ""


class Advanced(Frozen):
    """A stage has come on by ``amount`` units."""

    stage: str
    amount: int
    detail: str = ""


class Ended(Frozen):
    """A stage is over."""

    stage: str
    detail: str = ""


class Waiting(Frozen):
    """Another process holds the root's lock."""

    holder: str
    """Who: process id, command, since when."""


class Warned(Frozen):
    """Something worth knowing that does not stop the work."""

    message: str
    hint: str | None = None


Event = Began | Advanced | Ended | Waiting | Warned
Report = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing: the default of every function that reports."""
