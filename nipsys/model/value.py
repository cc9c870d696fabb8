"""Frozen value classes that are cheap to define.

Like ``@dataclass(frozen=True, slots=True)``, and type checkers treat them the same (PEP 681), but without ``dataclasses``: that module
loads ``inspect`` and generates, compiles and runs source text for every class, which in a quick command takes longer than the command
itself. Here a class is slots and a table, and all classes share the methods of this module.

Values that exist by the ten thousand (records, picks, entries of trees) are a ``NamedTuple``: faster to create, slower to define.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, dataclass_transform

if TYPE_CHECKING:
    from typing import TypeVar

    _F = TypeVar("_F", bound="Frozen")


class _Field(NamedTuple):
    """What a class declares about a field in addition to its type; see ``field``."""

    default: object
    factory: Callable[[], object] | None
    compare: bool
    hash: bool
    repr: bool


_MISSING = object()
_PLAIN = _Field(_MISSING, None, compare=True, hash=True, repr=True)


def field(  # the signature that type checkers know from the standard library
    *,
    default: Any = _MISSING,  # noqa: ANN401 - the type of the field, which cannot be written here
    default_factory: Callable[[], Any] | None = None,
    compare: bool = True,
    hash: bool = True,  # noqa: A002 - the name in the standard library
    repr: bool = True,  # noqa: A002 - the same
) -> Any:  # noqa: ANN401 - the same
    """Declare a default, or exclude a field from equality (and the hash), from the hash only, or from ``repr``."""
    return _Field(default, default_factory, compare, hash and compare, repr)


class _Shape(NamedTuple):
    """The fields of a class and the functions that read and write them."""

    fields: dict[str, _Field]
    """In order, inherited ones first."""
    setters: tuple[Callable[[object, object], None], ...]
    """One per field: they write a slot directly, past the class's ``__setattr__``."""
    compared: Callable[[object], object]
    """Returns the fields that equality compares."""
    hashed: Callable[[object], object]

    def fill_in(self, given: tuple[object, ...], named: dict[str, object]) -> list[object]:
        """Return the arguments in field order with defaults filled in; raise ``TypeError`` for missing or unknown names."""
        values = list(given)
        wrong = [f"{len(given)} values for {len(self.fields)} fields"] if len(given) > len(self.fields) else []
        for name, known in tuple(self.fields.items())[len(given) :]:
            if name in named:
                values.append(named.pop(name))
            elif known.factory is not None:
                values.append(known.factory())
            elif known.default is not _MISSING:
                values.append(known.default)
            else:
                wrong.append(f"no `{name}`")
        wrong += [f"an unknown or second `{name}`" for name in named]
        if wrong:
            raise TypeError(f"given {', '.join(wrong)}")
        return values


class _FrozenMeta(type):
    """The metaclass of value classes: turns annotations into slots."""

    _shape: _Shape

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> "_FrozenMeta":
        """Create the class."""
        own = tuple(_annotations_of(namespace))
        fields = {field: known for base in bases if isinstance(base, _FrozenMeta) for field, known in base._shape.fields.items()}
        for one in own:
            given = namespace.pop(one, _MISSING)
            fields[one] = given if isinstance(given, _Field) else _PLAIN._replace(default=given)
        namespace["__slots__"] = own
        namespace["__match_args__"] = tuple(fields)
        made = super().__new__(cls, name, bases, namespace)
        made._shape = _Shape(
            fields,
            tuple(getattr(made, one).__set__ for one in fields),
            _make_getter(one for one, known in fields.items() if known.compare),
            _make_getter(one for one, known in fields.items() if known.hash),
        )
        return made


def _annotations_of(namespace: Mapping[str, object]) -> Iterable[str]:
    """Return the names that a class body annotates, in order; since Python 3.14 annotations are a function (PEP 649)."""
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - new in Python 3.14

        if function := annotationlib.get_annotate_from_class_namespace(namespace):
            return annotationlib.call_annotate_function(function, annotationlib.Format.FORWARDREF)
    found = namespace.get("__annotations__", ())
    assert isinstance(found, Iterable)
    return found


def _make_getter(names: Iterable[str]) -> Callable[[object], object]:
    fields = tuple(names)
    return attrgetter(*fields) if fields else lambda _: ()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Frozen(metaclass=_FrozenMeta):
    """A frozen value. Fields are the annotations of the class, passed by position or by name; equal if class and fields are equal."""

    def __init__(self, *given: object, **named: object) -> None:
        shape = type(self)._shape
        values = shape.fill_in(given, named) if named or len(given) != len(shape.setters) else given
        for setter, value in zip(shape.setters, values, strict=True):
            setter(self, value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        compared = type(self)._shape.compared
        return compared(self) == compared(other)

    def __hash__(self) -> int:
        return hash(type(self)._shape.hashed(self))

    def __repr__(self) -> str:
        fields = type(self)._shape.fields
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields if fields[name].repr)})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"`{name}` of a {type(self).__name__} is frozen; use `replace` to get a changed copy")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"`{name}` of a {type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in type(self)._shape.fields)


def replace(value: "_F", /, **changes: object) -> "_F":
    """Return a copy of ``value`` with some fields changed; raise ``TypeError`` for an unknown field."""
    kind = type(value)
    kept = [changes.pop(name) if name in changes else getattr(value, name) for name in kind._shape.fields]
    if changes:
        raise TypeError(f"{kind.__name__} has no {', '.join(f'`{name}`' for name in changes)}")
    return kind(*kept)


def asdict(value: Frozen) -> dict[str, Any]:
    """Return the fields of ``value`` by name; nested values, also in tuples, lists and dictionaries, become dictionaries too."""
    return {name: _to_plain(getattr(value, name)) for name in type(value)._shape.fields}


def _to_plain(value: object) -> object:
    match value:
        case Frozen():
            return asdict(value)
        case tuple() if hasattr(value, "_make"):
            return value._make(map(_to_plain, value))
        case tuple() | list():
            return type(value)(map(_to_plain, value))
        case dict():
            return {key: _to_plain(each) for key, each in value.items()}
        case _:
            return value
