"""The past once more, on both storages."""

from dataclasses import replace
from datetime import timedelta

from adapters.toolkit.codec import encode
from core.acceptance.queues import AcceptOrders
from core.acceptance.what_if import Decided, Happening, Supplied
from core.intake.submission import Address, OrderRequest
from core.inventory.balance import EntryKind
from core.kernel.event import START, Cursor
from core.kernel.ids import TenantId
from tests.conformance.shop import a_shop, accept_all, an_order
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_line, an_id

SECOND = timedelta(seconds=1)


async def furnished(storage: Storage) -> None:
    """Three units received, two promised to an order to Germany; then one that is short, one that is held."""
    await a_shop(storage, stock=3)
    request = OrderRequest(items=(a_line("SKU-1", 2),), ship_to=Address(country="DE"))
    orders = [
        replace(an_order(201), body=encode(request)),
        an_order(202, quantity=9),
        an_order(203, text="two of the usual"),
    ]
    await storage.intake_log.append(orders)
    for number in (201, 202, 203):
        async with storage.transactions.begin(a_context()) as tx:
            batch = await tx.acceptance.submissions([an_id(number)])
            await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)


async def happened(storage: Storage, since: timedelta, until: timedelta, tenant: TenantId = TENANT) -> list[Happening]:
    """All of it, a page of two at a time."""
    found: list[Happening] = []
    after: Cursor | None = START
    while after is not None:
        page = await storage.past.happened(tenant, NOW + since, NOW + until, after=after, limit=2)
        found += page.happenings
        after = page.next
    return found


async def test_decisions_and_supply_come_in_the_order_they_happened(storage: Storage) -> None:
    await furnished(storage)
    supplied, accepted, rejected = await happened(storage, -SECOND, timedelta(0))
    assert isinstance(supplied, Supplied)
    assert [(one.kind, one.quantity) for one in supplied.movements] == [(EntryKind.RECEIVE, 3)]
    assert isinstance(accepted, Decided)
    assert (accepted.facts.order_id, accepted.country, accepted.refusals) == (an_id(100_201), "DE", ())
    assert [part.quantity for part in accepted.facts.lines[0].parts] == [2]
    assert isinstance(rejected, Decided)
    assert (rejected.facts.order_id, rejected.country) == (an_id(100_202), None)
    assert rejected.refusals == ("insufficient_stock",)
    assert {supplied.at, accepted.at, rejected.at} == {NOW}


async def test_a_time_begins_after_its_first_moment_and_ends_with_its_last(storage: Storage) -> None:
    await furnished(storage)
    assert await happened(storage, timedelta(0), SECOND) == []
    assert await happened(storage, -2 * SECOND, -SECOND) == []
    assert await happened(storage, -SECOND, SECOND, OTHER_TENANT) == []
