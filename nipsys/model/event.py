"""Events that the library reports while it works; the listener renders them, the library prints nothing."""

from collections.abc import Callable

from nipsys.model.value import Frozen


class Began(Frozen):
    """A stage of work starts."""

    stage: str
    """``sync``, ``resolve``, ``fetch``, ``unpack``, ``compose``, ``trigger``, ``build``, ``stage``, ``switch``, ``verify``, ..."""
    total: int = 0
    """Expected units (bytes for ``fetch``, items elsewhere); 0 when unknown."""
    detail: str = ""


class Advanced(Frozen):
    """A stage has advanced by ``amount`` units."""

    stage: str
    amount: int
    detail: str = ""


class Ended(Frozen):
    """A stage is over."""

    stage: str
    detail: str = ""


class Waiting(Frozen):
    """Another process holds the lock of the root."""

    holder: str
    """The process that holds it: id, command, since when."""


class Warned(Frozen):
    """A warning; the work goes on."""

    message: str
    hint: str | None = None


Event = Began | Advanced | Ended | Waiting | Warned
Reporter = Callable[[Event], None]


def ignore_event(event: Event) -> None:
    """Ignore the event; the default listener of every function that reports."""
