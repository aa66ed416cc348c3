"""Who waits for stock and who gets it: the oldest order first, and no more than has come."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.execution.covering import Backlog, Waiting, due_to
from core.inventory.balance import BalanceKey
from core.kernel.decider import replay
from core.kernel.ids import ItemId, LocationId, OrderId
from core.orders.changes import CoveredUnits
from core.orders.changing import AmendLine, CancelLine
from core.orders.dossier import Dossier, evolve
from core.orders.lifecycle import missing, propose
from core.orders.order import AllocatedPart, Phase
from core.orders.waiting import Share, cover
from tests.support.given import NOW, a_key, an_id
from tests.support.orders import a_dossier, a_part, after, an_order_line, events

ITEM, PLACE = ItemId(an_id(1)), LocationId(an_id(101))
SHELF = (ITEM, PLACE, None)


def waits(order: int, quantity: int, *, hours: int = 0, shelf: BalanceKey | None = None) -> Waiting:
    accepted_at = NOW + timedelta(hours=hours)
    return Waiting(order=OrderId(an_id(order)), accepted_at=accepted_at, shelf=shelf or a_key(), quantity=quantity)


def shares(available: int, *waiting: Waiting) -> dict[str, list[int]]:
    found = due_to(Backlog(waiting=waiting, available={one.shelf: available for one in waiting}))
    return {order: list(share.values()) for order, share in found.items()}


def test_nothing_is_due_while_all_that_waits_is_owed() -> None:
    assert shares(-5, waits(301, 3), waits(302, 2)) == {}


def test_a_shelf_that_owes_more_than_orders_wait_for_gives_nothing() -> None:
    assert shares(-9, waits(301, 3)) == {}


def test_what_has_come_is_the_oldest_orders() -> None:
    assert shares(-3, waits(301, 3, hours=1), waits(302, 2)) == {an_id(302): [2]}
    assert shares(-1, waits(301, 3, hours=1), waits(302, 2)) == {an_id(302): [2], an_id(301): [2]}


def test_of_two_accepted_at_once_the_one_with_the_lesser_id_is_first() -> None:
    assert shares(-3, waits(302, 2), waits(301, 3)) == {an_id(301): [2]}


def test_all_of_it_is_due_once_the_shelf_owes_nothing() -> None:
    assert shares(4, waits(301, 3), waits(302, 2)) == {an_id(301): [3], an_id(302): [2]}


def test_each_shelf_is_looked_at_by_itself() -> None:
    elsewhere = a_key(location=102)
    here, there = waits(301, 3), waits(301, 2, shelf=elsewhere)
    found = due_to(Backlog(waiting=(here, there), available={a_key(): -3, elsewhere: -1}))
    assert found == {an_id(301): {(ITEM, elsewhere.location, None): 1}}


def given(dossier: Dossier, share: Share) -> Dossier:
    return replay(evolve, dossier, cover(dossier, share))


def test_an_order_that_waits_for_nothing_more_is_allocated() -> None:
    waiting = a_dossier(an_order_line(a_part(5, backordered=3)))
    assert waiting.order.phase is Phase.AWAITING_STOCK
    less = given(waiting, {SHELF: 2})
    assert (less.order.facts.lines[0].backordered, less.order.phase) == (1, Phase.AWAITING_STOCK)
    none = given(less, {SHELF: 1})
    assert (none.order.facts.lines[0].backordered, none.order.phase) == (0, Phase.ALLOCATED)
    assert (none.version, cover(none, {SHELF: 9})) == (3, ())


def test_it_says_which_lines_were_covered_and_from_where() -> None:
    second = replace(an_order_line(a_part(3, backordered=3), number=2), item=ITEM)
    (covered,) = cover(a_dossier(an_order_line(a_part(2, backordered=2)), second), {SHELF: 4})
    assert covered.units == (
        CoveredUnits(line=1, item=ITEM, location=PLACE, quantity=2),
        CoveredUnits(line=2, item=ITEM, location=PLACE, quantity=2),
    )


def test_what_another_location_has_covers_nothing_here() -> None:
    waiting = a_dossier(an_order_line(a_part(5, backordered=3)))
    assert cover(waiting, {(ITEM, LocationId(an_id(102)), None): 3}) == ()


def test_what_waits_is_called_back_once_though_two_fulfilment_orders_are_of_it() -> None:
    waiting = a_dossier(an_order_line(a_part(5, backordered=1)))
    more = after(waiting, AmendLine(order=waiting.order.facts.order_id, line=1, quantity=Decimal(6), reason="more"))
    ((key, units),) = missing(more).items()
    part = AllocatedPart(location=PLACE, quantity=units)
    more = replay(evolve, more, propose(more, [(*key, part)]))
    less = CancelLine(order=more.order.facts.order_id, line=1, quantity=Decimal(3), reason="less")
    (cancelled,) = events(more, less)
    assert sum(some.backordered for some in cancelled.units) == 1  # type: ignore[union-attr]
    assert after(more, less).order.facts.lines[0].backordered == 0
