"""The words of ``typing`` for modules that quick commands load.

``typing`` brings ``re``, ``enum`` and ``contextlib``: together dearer than the start of an interpreter, for words that only type checkers
read. They see the real ones here (every checker takes ``TYPE_CHECKING`` for true). At run time the words mean nothing, but for
``NamedTuple``, which makes the same classes as ``typing``'s.
"""

import sys
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "TYPE_CHECKING",
    "Any",
    "BinaryIO",
    "Literal",
    "NamedTuple",
    "NoReturn",
    "Protocol",
    "Self",
    "TextIO",
    "annotated",
    "dataclass_transform",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Literal, NamedTuple, NoReturn, Protocol, Self, TextIO, dataclass_transform


def annotated(namespace: Mapping[str, object]) -> Iterable[str]:
    """Give the names that the body of a class annotates, in order; from Python 3.14 on annotations are a function (PEP 649)."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - there only

        if function := annotationlib.get_annotate_from_class_namespace(namespace):
            return annotationlib.call_annotate_function(function, annotationlib.Format.FORWARDREF)
    found = namespace.get("__annotations__", ())
    assert isinstance(found, Iterable)
    return found


if not TYPE_CHECKING:

    class Any:
        """Anything."""

    class Literal:
        """One of some values."""

        def __class_getitem__(cls, values: object) -> type:
            return cls

    class Protocol:
        """What something must offer."""

    BinaryIO = NoReturn = Self = TextIO = Any

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Tell checkers that subclasses take their fields as arguments."""
        return lambda kind: kind

    class _Row(type):
        """The type of ``NamedTuple`` alone: a class below it becomes a tuple with names."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(annotated(namespace))
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])  # noqa: PYI024 - typing's is what checkers see
            for word in namespace.keys() - {"__module__", "__qualname__", "__slots__", "__classcell__"}:
                setattr(made, word, namespace[word])
            return made

    class NamedTuple(metaclass=_Row):
        """A tuple whose fields are the annotations of the class."""
