"""A shop in a line: a tenant with items, places and stock, written through the ports."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from core.acceptance.use_cases.accept_orders import accept_orders
from core.catalogue.item import Item
from core.configuration.flag import Flag, FlagSet
from core.execution.use_cases.change_order import change_order
from core.execution.use_cases.change_return import change_return
from core.intake.submission import Lane, OrderRequest, Submission
from core.inventory.balance import Account, Balance, BalanceKey, EntryKind, Movement
from core.inventory.location import Location
from core.inventory.use_cases.entering import end_expired, enter
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, IntakeId, JobId, OrderId, StreamId, TenantId
from core.kernel.job import NewJob
from core.tenants.tenant import Tenant
from ports.inventory import NewEntries
from tests.conformance.storage import Storage
from tests.support.given import NOW, TENANT, a_context, a_key, a_line, a_location, an_id, an_item, numbered_ids

accept_all = partial(accept_orders, end_expired=partial(end_expired, new_id=numbered_ids(800_000)))
"""The hot path as composition binds it."""
change = partial(
    change_order,
    new_id=numbered_ids(700_000),
    enter=enter,
    end_expired=partial(end_expired, new_id=numbered_ids(800_000)),
)
"""Changes of orders as composition binds them."""
change_back = partial(change_return, new_id=numbered_ids(600_000), enter=enter)
"""Changes of returns as composition binds them."""


async def a_tenant(storage: Storage, tenant: TenantId = TENANT) -> None:
    async with storage.transactions.begin(a_context(tenant)) as tx:
        await tx.tenants.add(Tenant(id=tenant, name=f"shop {tenant[-1]}", created_at=NOW))


async def a_shop(
    storage: Storage, *, stock: int = 10, backorder_limit: int = 0, tenant: TenantId = TENANT, number: int = 1
) -> Item:
    """A tenant with item ``number`` at location 100 + ``number``, ``stock`` of it available."""
    await a_tenant(storage, tenant)
    item, place = an_item(number, backorder_limit=backorder_limit), a_location(100 + number)
    async with storage.transactions.begin(a_context(tenant)) as tx:
        await tx.items.add([item])
        await tx.locations.add(place)
        await receive(tx, stock, item=number, location=100 + number, tenant=tenant)
    return item


async def receive(
    tx: Any, quantity: int, *, group: int = 1, item: int = 1, location: int = 101, tenant: TenantId = TENANT
) -> None:
    """Let ``quantity`` arrive at the shelf."""
    key = a_key(item, location)
    locked = await tx.ledger.lock([key])
    if quantity:
        moved = movement(EntryKind.RECEIVE, Account.SUPPLIER, Account.AVAILABLE, quantity, key)
        act = NewEntries(group=GroupId(an_id(group)), movements=(moved,))
        await enter([act], locked, a_context(tenant), tx)
    assert key in locked


def movement(
    kind: EntryKind, source: Account, target: Account, quantity: int, key: BalanceKey | None = None
) -> Movement:
    return Movement(key=key or a_key(), kind=kind, source=source, target=target, quantity=quantity)


def taking(quantity: int, group: int = 2) -> NewEntries:
    """``quantity`` leaves the shelf."""
    moved = movement(EntryKind.ADJUST, Account.AVAILABLE, Account.ADJUSTMENT, quantity)
    return NewEntries(group=GroupId(an_id(group)), movements=(moved,))


async def held(tx: Any, item: int = 1, location: int = 101) -> Balance:
    """The shelf, held."""
    key = a_key(item, location)
    locked = await tx.ledger.lock([key])
    balance: Balance = locked[key].balance
    return balance


async def shelf(storage: Storage, tenant: TenantId = TENANT) -> Balance:
    """The one balance there is."""
    (row,) = await storage.inventory.stock(tenant, sku=None, location=None, after=("", "", ""), limit=9)
    balance: Balance = row.balance
    return balance


def an_event(stream: int = 51, version: int = 1, *, tenant: TenantId = TENANT, enabled: bool = True) -> NewEvent:
    body = FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=enabled)
    return NewEvent(tenant=tenant, stream=StreamId(an_id(stream)), version=version, body=body)


async def recorded(storage: Storage, *events: NewEvent, now: datetime = NOW) -> None:
    tenants = tuple(sorted({event.tenant for event in events}))
    async with storage.transactions.begin(a_context(*tenants, now=now)) as tx:
        await tx.journal.record(events)


def a_job(number: int = 71, *, tenant: TenantId = TENANT, delay: float | None = 0.0, queue: str = "q") -> NewJob:
    return NewJob(
        id=JobId(an_id(number)), tenant=tenant, queue=queue, payload=b"work", correlation="c-1", delay_seconds=delay
    )


async def put(storage: Storage, *jobs: NewJob) -> None:
    tenants = tuple(sorted({job.tenant for job in jobs}))
    async with storage.transactions.begin(a_context(*tenants)) as tx:
        await tx.queue.put(jobs)


def an_order(
    number: int = 201,
    *,
    tenant: TenantId = TENANT,
    key: bytes | None = None,
    external: str | None = None,
    lane: Lane = Lane.NORMAL,
    sku: str = "SKU-1",
    quantity: int = 1,
    customer: str | None = None,
    context: Context | None = None,
    text: str | None = None,
) -> Submission:
    """A submission with a real body; the body tells two apart."""
    lines = () if text else (a_line(sku, quantity),)
    request = OrderRequest(items=lines, external_id=external, customer=customer, text=text)
    body = msgspec.json.encode(request)
    return Submission(
        tenant=tenant,
        id=IntakeId(an_id(number)),
        order_id=OrderId(an_id(number + 100_000)),
        lane=lane,
        channel="api",
        external_id=external,
        key_hash=key,
        body_hash=body[:200],
        body=body,
        received_at=(context or a_context()).now,
        actor="ann",
        correlation=f"c-{number}",
    )


def ids_of(batch: Sequence[Any]) -> list[str]:
    """The intake ids of a claimed batch."""
    return [requested.submission.id for requested in batch]


def a_place(number: int, *, priority: int = 100) -> Location:
    return a_location(number, priority=priority)
