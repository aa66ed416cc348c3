"""The hot path's two calls: gather what a batch depends on, save what was decided. All set-based, no row by row."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.postgres import acceptance_save, acceptance_settle
from adapters.postgres.catalogue import COLUMNS as ITEM
from adapters.postgres.catalogue import to_item
from adapters.postgres.configuration import policies_of
from adapters.postgres.credit import to_account
from adapters.postgres.engine import Connection, columns_of
from adapters.postgres.inventory import LOCATION, OPEN, to_location
from adapters.postgres.shelves import Shelves
from adapters.postgres.submissions import SUBMISSIONS, to_requested
from core.acceptance.facts import Customer, Facts, Outcome, Requested, names_of
from core.catalogue.item import Item
from core.credit.account import CreditAccount
from core.inventory.location import Location
from core.kernel.context import Context
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, IntakeId, NewId, TenantId, is_id
from core.risk.assessment import CustomerHistory
from ports.acceptance import Save

_DECIDED = """
SELECT i.id FROM intake i JOIN orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
WHERE i.tenant_id = ANY($1::uuid[]) AND i.id = ANY($2::uuid[]) AND o.held_at IS NULL
"""
_BY_SKU = f"""
SELECT {ITEM}, n.place FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS n(t, asked, place)
JOIN item i ON i.tenant_id = n.t AND i.sku = n.asked
"""
_BY_ID = f"""
SELECT {ITEM}, n.place FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS n(t, asked, place)
JOIN item i ON i.tenant_id = n.t AND i.id = n.asked::uuid
"""
_LOCATIONS = f"""
SELECT l.tenant_id, {LOCATION} FROM location l
WHERE l.tenant_id = ANY($1::uuid[]) AND l.sellable ORDER BY l.priority, l.code
"""
_SHELVES = """
SELECT n.place, b.location_id, b.available, b.reserved, NULLIF(b.lot_id, $3) AS lot
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS n(t, i, place)
JOIN stock_balance b ON b.tenant_id = n.t AND b.item_id = n.i AND (b.lot_id = $3 OR b.available > 0 OR b.reserved > 0)
ORDER BY b.tenant_id, b.item_id, b.location_id, b.lot_id FOR NO KEY UPDATE OF b
"""
_HISTORIES = """
SELECT h.tenant_id, h.customer, h.orders, h.window_started_at, h.window_orders, h.ship_to
FROM unnest($1::uuid[], $2::text[]) AS n(t, c) JOIN customer_history h ON h.tenant_id = n.t AND h.customer = n.c
ORDER BY h.tenant_id, h.customer FOR NO KEY UPDATE OF h
"""
_ACCOUNTS = """
SELECT a.tenant_id, a.id, a.customer, a.limit_minor, a.currency, a.exposure, a.version
FROM unnest($1::uuid[], $2::text[]) AS n(t, c) JOIN credit_account a ON a.tenant_id = n.t AND a.customer = n.c
ORDER BY a.tenant_id, a.customer FOR NO KEY UPDATE OF a
"""


class PostgresAcceptance:
    """See ports.acceptance.Acceptance."""

    def __init__(self, connection: Connection, context: Context, new_id: NewId) -> None:
        self._connection = connection
        self._context = context
        self._new_id = new_id

    async def submissions(self, ids: Sequence[IntakeId]) -> Sequence[Requested]:
        """See the port."""
        return await self.submissions_of([(tenant, intake) for tenant in self._context.tenants for intake in ids])

    async def submissions_of(self, keys: Sequence[tuple[TenantId, IntakeId]]) -> Sequence[Requested]:
        """The submissions with these keys, in their order: for a claim that knows whose each is."""
        rows = await self._connection.fetch(SUBMISSIONS, *columns_of(keys)) if keys else []
        return [to_requested(row) for row in rows]

    async def undecided(self, ids: Sequence[IntakeId]) -> Sequence[IntakeId]:
        """See the port."""
        rows = await self._connection.fetch(_DECIDED, self._context.tenants, ids)
        decided = {str(row["id"]) for row in rows}
        return [intake for intake in ids if intake not in decided]

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        """See the port."""
        tenants = sorted({requested.submission.tenant for requested in batch})
        items = await self._items(names_of(batch))
        await self._add_components(items)
        locations = await self._locations(tenants)
        shelves = await self._shelves(items, locations)
        customers = sorted({(r.submission.tenant, r.request.customer) for r in batch if r.request.customer})
        return Facts(
            items=items,
            locations=locations,
            available=shelves.available,
            lots=await shelves.lots(self._connection),
            today=self._context.now.date(),
            reserved=shelves.reserved,
            histories=await self._histories(customers),
            accounts=await self._accounts(customers),
            policies=await policies_of(self._connection, tenants),
        )

    @asynccontextmanager
    async def saving(self) -> AsyncIterator[Save]:
        """See the port. One part is on its way at a time: the connection takes one statement after the other."""
        under_way: asyncio.Task[None] | None = None
        saved: list[Outcome] = []

        async def save(outcomes: Sequence[Outcome]) -> None:
            nonlocal under_way
            if under_way is not None:
                await under_way
            under_way = asyncio.create_task(acceptance_save.save(self._connection, outcomes, self._context))
            saved.extend(outcomes)
            # Let it be sent before whoever calls goes on computing.
            await asyncio.sleep(0)

        try:
            yield save
            if under_way is not None:
                await under_way
            await acceptance_settle.settle(self._connection, saved, self._context)
        except BaseException as error:
            if under_way is not None:
                (failure,) = await asyncio.gather(under_way, return_exceptions=True)
                if failure is not None and failure is not error:
                    error.add_note(f"the part on its way failed too: {failure!r}")
            raise

    async def _items(self, names: set[tuple[TenantId, str]]) -> dict[tuple[TenantId, str], Item]:
        items: dict[tuple[TenantId, str], Item] = {}
        left = sorted(names)
        for statement in (_BY_SKU, _BY_ID):
            if left:
                rows = await self._connection.fetch(statement, *columns_of(left))
                items.update({left[row["place"] - 1]: to_item(row) for row in rows})
            # What is no SKU may be an id.
            left = [(tenant, name) for tenant, name in left if (tenant, name) not in items and is_id(name)]
        return items

    async def _locations(self, tenants: Sequence[TenantId]) -> dict[TenantId, list[Location]]:
        found: dict[TenantId, list[Location]] = {tenant: [] for tenant in tenants}
        for row in await self._connection.fetch(_LOCATIONS, tenants):
            found[TenantId(str(row["tenant_id"]))].append(to_location(row))
        return found

    async def _add_components(self, items: dict[tuple[TenantId, str], Item]) -> None:
        """What kits among ``items`` are made of."""
        parts = {(tenant, part.item) for (tenant, _), item in items.items() for part in item.components}
        if parts:
            wanted = sorted(parts)
            rows = await self._connection.fetch(_BY_ID, *columns_of(wanted))
            items.update({wanted[row["place"] - 1]: to_item(row) for row in rows})

    async def _shelves(
        self, items: dict[tuple[TenantId, str], Item], locations: dict[TenantId, list[Location]]
    ) -> Shelves:
        """What stands where of each item; held from here on."""
        wanted = sorted({(tenant, item.id) for (tenant, _), item in items.items()})
        shelves = Shelves(wanted, [item for item in items.values() if item.tracking is not Tracking.NONE])
        if wanted:
            await self._open_backorders(items, locations)
            shelves.read(await self._connection.fetch(_SHELVES, *columns_of(wanted), NO_LOT))
        return shelves

    async def _open_backorders(
        self, items: dict[tuple[TenantId, str], Item], locations: dict[TenantId, list[Location]]
    ) -> None:
        """An item that may be owed needs a balance to owe it from, even where it never was on a shelf.

        A balance begins with the limit its item has at that moment: the item is held against whoever changes it.
        """
        rows = sorted(
            {
                (tenant, item.id, place.id, NO_LOT)
                for (tenant, _), item in items.items()
                if item.backorder_limit
                for place in locations[tenant]
            }
        )
        if rows:
            new = [(*row, self._new_id()) for row in rows]
            await self._connection.execute(OPEN, *columns_of(new), self._context.now)

    async def _histories(self, customers: Sequence[Customer]) -> dict[Customer, CustomerHistory]:
        if not customers:
            return {}
        rows = await self._connection.fetch(_HISTORIES, *columns_of(customers))
        return {
            (TenantId(str(row["tenant_id"])), row["customer"]): CustomerHistory(
                orders=row["orders"],
                window_started_at=row["window_started_at"],
                window_orders=row["window_orders"],
                ship_to=row["ship_to"],
            )
            for row in rows
        }

    async def _accounts(self, customers: Sequence[Customer]) -> dict[Customer, CreditAccount]:
        if not customers:
            return {}
        rows = await self._connection.fetch(_ACCOUNTS, *columns_of(customers))
        return {(TenantId(str(row["tenant_id"])), row["customer"]): to_account(row) for row in rows}
