"""How many of an order's lines a location covers whole."""

from core.inventory.covering import covering, telling
from core.inventory.ranking import AllocationPolicy, Candidate
from core.kernel.ids import ItemId, LocationId
from tests.support.given import a_location, an_id

TEA, POT = ItemId(an_id(1)), ItemId(an_id(2))
LEEDS, PARIS = a_location(101), a_location(102)
FEW = AllocationPolicy(rules=("fewest_splits",))


def stock(**units: int) -> list[Candidate]:
    return [
        Candidate(location=place, available=units[name])
        for name, place in (("leeds", LEEDS), ("paris", PARIS))
        if name in units
    ]


def covers(*lines: list[tuple[ItemId, int]], policy: AllocationPolicy = FEW, channel: str | None = None) -> list[int]:
    shelves = {TEA: stock(leeds=5, paris=3), POT: stock(leeds=1)}
    found = covering(lines, shelves, policy, channel)
    return [found.get(LocationId(place.id), -1) for place in (LEEDS, PARIS)]


def test_each_line_is_covered_after_what_those_before_it_took() -> None:
    assert covers([(TEA, 3)], [(TEA, 2)], [(POT, 1)]) == [3, 1]
    assert covers([(TEA, 3)], [(TEA, 3)]) == [1, 1]
    assert covers([(TEA, 9)], [(TEA, 3)]) == [1, 1]


def test_a_kit_is_covered_with_all_its_components() -> None:
    assert covers([(TEA, 1), (POT, 1)]) == [1, 0]
    assert covers([(TEA, 1), (POT, 2)]) == [0, 0]


def test_where_the_channel_is_not_known_nothing_is_kept_from_it() -> None:
    policy = AllocationPolicy(rules=FEW.rules, kept={"web": {"W101": 4, "W102": 3}})
    assert covers([(TEA, 3)], policy=policy) == [1, 1]


def test_what_a_channel_may_not_have_covers_nothing() -> None:
    policy = AllocationPolicy(rules=FEW.rules, excluded={"till": ("W101",)}, kept={"web": {"W102": 1}})
    assert covers([(TEA, 3)], policy=policy, channel="till") == [-1, 0]
    assert covers([(TEA, 3)], policy=policy, channel="web") == [1, 1]


def test_nothing_is_counted_unless_a_rule_asks() -> None:
    assert covering([[(TEA, 1)]], {TEA: stock(leeds=5)}, AllocationPolicy(), None) == {}
    candidates = stock(leeds=5)
    assert telling(candidates, {}) is candidates
    assert [one.covers for one in telling(stock(leeds=5, paris=1), {LocationId(PARIS.id): 2})] == [0, 2]
