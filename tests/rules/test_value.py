"""Values: frozen, slotted, keyword-only, equal by content."""

from dataclasses import FrozenInstanceError, field, replace

import pytest

from core.kernel.value import maker, value


@value
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)


@value
class Positive:
    number: int

    def __post_init__(self) -> None:
        if self.number <= 0:
            raise ValueError("not positive")


@value
class Nothing:
    pass


def test_a_value_is_made_by_keyword_with_its_defaults() -> None:
    assert (Point(x=1).x, Point(x=1).y, Point(x=1).tags) == (1, 2, [])
    with pytest.raises(TypeError, match="positional"):
        Point(1)  # type: ignore[misc]
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="z"):
        Point(x=1, z=2)  # type: ignore[call-arg]


def test_each_value_gets_a_default_of_its_own() -> None:
    assert Point(x=1).tags is not Point(x=1).tags


def test_values_with_the_same_content_are_the_same() -> None:
    assert Point(x=1) == Point(x=1, y=2) != Point(x=2)
    assert Nothing() == Nothing()
    assert replace(Point(x=1), y=5) == Point(x=1, y=5)


def test_nothing_can_be_assigned_afterwards() -> None:
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 3  # type: ignore[misc]
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        point.other = 3  # type: ignore[attr-defined]


def test_a_rule_of_the_value_holds_from_the_first_moment() -> None:
    assert Positive(number=1).number == 1
    with pytest.raises(ValueError, match="not positive"):
        Positive(number=0)


def test_a_maker_makes_what_the_class_makes() -> None:
    point = maker(Point)(x=1, tags=["a"])
    assert type(point) is Point
    assert point == Point(x=1, tags=["a"]) != maker(Point)(x=1)
    assert maker(Point)(x=1).tags is not maker(Point)(x=1).tags
    assert maker(Nothing)() == Nothing()
    with pytest.raises(FrozenInstanceError):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="z"):
        maker(Point)(x=1, z=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="not positive"):
        maker(Positive)(number=0)


def test_a_value_is_not_extended() -> None:
    with pytest.raises(TypeError, match="extends a value"):

        @value
        class Longer(Point):
            z: int
