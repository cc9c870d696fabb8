"""Frozen values behave as the standard library's would, and cost what they promise."""

import copy
import pickle
from dataclasses import dataclass
from dataclasses import field as stdlib_field
from typing import Any, NamedTuple

import pytest

from nipsys.model.value import Frozen, asdict, field, replace


class Point(Frozen):
    """A place."""

    x: int
    y: int = 0
    marks: tuple[str, ...] = ()
    note: str = field(default="", compare=False)
    seen: dict[str, int] = field(default_factory=dict, hash=False)
    secret: bytes = field(default=b"", repr=False)

    @property
    def both(self) -> int:
        """Their sum."""
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Model:
    """The same, by the standard library."""

    x: int
    y: int = 0
    marks: tuple[str, ...] = ()
    note: str = stdlib_field(default="", compare=False)
    seen: dict[str, int] = stdlib_field(default_factory=dict, hash=False)
    secret: bytes = stdlib_field(default=b"", repr=False)


class Deep(Point):
    """Adds a field to those it inherits."""

    z: int = 3


class Empty(Frozen):
    """Has no field."""


GIVEN: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((1,), {}),
    ((1, 2), {}),
    ((), {"x": 1}),
    ((1,), {"note": "n"}),
    ((1,), {"seen": {"a": 1}}),
    ((1, 0, ("m",)), {"secret": b"s"}),
    ((1, 2, (), "", {}, b""), {}),
)


@pytest.mark.parametrize("one", GIVEN)
@pytest.mark.parametrize("other", GIVEN)
def test_equality_and_hash_are_the_standard_library_s(one: Any, other: Any) -> None:
    mine, yours = Point(*one[0], **one[1]), Point(*other[0], **other[1])
    model, against = Model(*one[0], **one[1]), Model(*other[0], **other[1])
    assert (mine == yours) == (model == against)
    assert (hash(mine) == hash(yours)) == (hash(model) == hash(against))
    assert repr(mine) == repr(model).replace("Model", "Point")


def test_a_value_of_another_class_is_not_equal() -> None:
    assert Point(1) != Model(1)
    assert Point(1) != Deep(1)
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


@pytest.mark.parametrize("given", [((), {}), ((1,), {"w": 2}), ((1,), {"x": 2}), (tuple(range(9)), {})])
def test_wrong_arguments_are_refused(given: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    for kind in (Point, Model):
        with pytest.raises(TypeError):
            kind(*given[0], **given[1])


def test_all_wrong_arguments_are_reported_together() -> None:
    with pytest.raises(TypeError, match=r"no `x`, an unknown or second `w`, an unknown or second `v`"):
        Point(w=1, v=2)  # type: ignore[call-arg]


def test_a_value_cannot_be_changed() -> None:
    point = Point(1)
    for change in (lambda: setattr(point, "x", 2), lambda: delattr(point, "x"), lambda: setattr(point, "new", 2)):
        with pytest.raises(AttributeError):
            change()
    assert not hasattr(point, "__dict__")
    assert point.both == 1


def test_default_factories_are_called_for_every_value() -> None:
    assert Point(1).seen is not Point(1).seen


def test_replace_changes_only_the_given_fields() -> None:
    assert replace(Point(1, 2, note="n"), x=5).note == "n"
    assert replace(Deep(1), z=4) == Deep(1, z=4)
    with pytest.raises(TypeError, match="has no `w`"):
        replace(Point(1), w=1)


def test_inherited_fields_come_first() -> None:
    assert Deep.__match_args__ == (*Point.__match_args__, "z")
    match Deep(1, 2, z=5):
        case Deep(x, y, z=z):
            assert (x, y, z) == (1, 2, 5)
        case other:
            pytest.fail(f"not matched: {other}")


def test_copies_are_equal() -> None:
    point = Point(1, 2, ("a",), "n", {"k": 1}, b"s")
    for twin in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert twin == point
        assert twin.note == "n"


class Row(NamedTuple):
    """One row."""

    name: str
    at: Point | None = None

    def told(self) -> str:
        """Tell it."""
        return f"{self.name}!"


def test_values_within_values_become_dictionaries() -> None:
    assert asdict(Point(1, seen={"k": Point(2)}))["seen"]["k"]["x"] == 2  # type: ignore[dict-item]
    held = asdict(Point(1, marks=(Row("a", Point(3)),)))["marks"]  # type: ignore[arg-type]
    assert held == (Row("a", asdict(Point(3))),)  # type: ignore[arg-type]
