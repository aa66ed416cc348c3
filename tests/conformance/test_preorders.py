"""An item's day over a storage: kept, told to whoever reads, asked for when goods leave and not when orders come."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.acceptance.queues import AcceptOrders
from core.catalogue.item import AmendItem, CreateItem, CreateItems
from core.catalogue.use_cases.amend_item import amend_item
from core.catalogue.use_cases.create_items import create_items
from core.kernel.ids import ItemId, OrderId
from core.orders.changing import AcceptFulfilment, ShipFulfilment
from core.orders.order import Order
from core.orders.releasing import NotReleased
from tests.conformance.shop import a_shop, accept_all, an_order, change, receive
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, an_id, numbered_ids

DAY = date(2026, 5, 1)
ITEM = ItemId(an_id(1))


async def amended(storage: Storage, day: date) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        await amend_item(AmendItem(id=ITEM, available_on=day), a_context(), tx)


async def test_the_day_is_kept_and_read_where_it_is_asked_for(storage: Storage) -> None:
    await a_shop(storage)
    new = (CreateItem(sku="NEW", name="new", available_on=DAY), CreateItem(sku="OLD", name="old"))
    async with storage.transactions.begin(a_context()) as tx:
        created = await create_items(CreateItems(items=new), a_context(), tx, new_id=numbered_ids(500))
    for day in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        await amended(storage, day)
    listed = await storage.catalogue.items(TENANT, sku=None, after="", limit=9)
    assert {item.sku: item.available_on for item in listed} == {
        "NEW": DAY,
        "OLD": None,
        "SKU-1": DAY + timedelta(days=1),
    }
    ids = [item.id for item in created] + [ITEM]
    found = {created[0].id: DAY, ITEM: DAY + timedelta(days=1)}
    assert await storage.catalogue.available_on(TENANT, ids) == found
    assert await storage.catalogue.available_on(OTHER_TENANT, ids) == {}
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.ledger.available_on(ids) == found
        assert (await tx.items.lock(ITEM)).available_on == DAY + timedelta(days=1)
        assert (await tx.items.by_sku(["NEW"]))["NEW"].available_on == DAY
    assert (await storage.supply.prospect(TENANT, "SKU-1")).available_on == DAY + timedelta(days=1)


async def test_what_else_changes_of_it_leaves_the_day_alone(storage: Storage) -> None:
    await a_shop(storage)
    await amended(storage, DAY)
    async with storage.transactions.begin(a_context()) as tx:
        await amend_item(AmendItem(id=ITEM, name="other", backorder_limit=7), a_context(), tx)
    assert (await storage.catalogue.item(TENANT, ITEM)).available_on == DAY


async def test_it_is_promised_and_not_sent_before_its_day(storage: Storage) -> None:
    item = await a_shop(storage, stock=2, backorder_limit=10)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.change(replace(item, available_on=DAY, version=2))
    submission = an_order(201, quantity=5)
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    order: Order = await storage.orders.order(TENANT, OrderId(submission.order_id))
    assert (order.accepted_at is not None, order.facts.lines[0].backordered) == (True, 3)
    (one,) = await storage.dossiers.fulfilments(TENANT, order.facts.order_id)
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 3, group=9)
        await change(AcceptFulfilment(fulfilment=one.id), a_context(), tx)

    async def sent(day: date) -> None:
        context = replace(a_context(), now=NOW + (day - NOW.date()))
        async with storage.transactions.begin(context) as tx:
            await change(ShipFulfilment(fulfilment=one.id), context, tx)

    with pytest.raises(NotReleased, match="2026-05-01"):
        await sent(DAY - timedelta(days=1))
    assert (await storage.dossiers.fulfilment(TENANT, one.id)).fulfilment.shipped == 0
    await sent(DAY)
    assert (await storage.dossiers.fulfilment(TENANT, one.id)).fulfilment.shipped == 5
    assert await storage.invariants.violations() == []
