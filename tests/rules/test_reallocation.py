"""Promising anew what is due: each line after those before it, from where it may come alone."""

from core.execution.reallocation import Supply, reallocate
from core.inventory.ranking import AllocationPolicy, Candidate, StockedLot
from core.kernel.ids import ItemId, LotId
from tests.support.given import a_location, an_id

ITEM = ItemId(an_id(1))
POLICY = AllocationPolicy()


def supply(*available: int, lots: tuple[StockedLot, ...] = ()) -> dict[ItemId, Supply]:
    places = tuple(
        Candidate(location=a_location(101 + number), available=units, lots=lots)
        for number, units in enumerate(available)
    )
    return {ITEM: Supply(candidates=places, backorder_limit=0)}


def test_two_lines_of_one_item_see_what_the_other_took() -> None:
    done = reallocate({(1, ITEM): 2, (2, ITEM): 2}, supply(3), POLICY, country=None, channel=None)
    assert [(line, part.quantity) for line, _, part in done.promised] == [(1, 2), (2, 1)]
    assert done.short == 1


def test_lots_are_used_up_one_after_the_other() -> None:
    lots = tuple(StockedLot(lot=LotId(an_id(number)), available=2) for number in (31, 32))
    done = reallocate({(1, ITEM): 3, (2, ITEM): 1}, supply(4, lots=lots), POLICY, country=None, channel=None)
    assert [(line, part.lot, part.quantity) for line, _, part in done.promised] == [
        (1, an_id(31), 2),
        (1, an_id(32), 1),
        (2, an_id(32), 1),
    ]


def test_only_those_that_are_asked_and_none_that_refused() -> None:
    first, second = (candidate.location.id for candidate in supply(5, 5)[ITEM].candidates)
    wanted = {(1, ITEM): 1}
    for narrowed in ({"among": [second]}, {"without": [first]}):
        done = reallocate(wanted, supply(5, 5), POLICY, country=None, channel=None, **narrowed)
        assert [part.location for _, _, part in done.promised] == [second]
    assert reallocate(wanted, supply(5, 5), POLICY, country=None, channel=None, without=[first, second]).short == 1
