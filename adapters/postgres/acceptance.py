"""The hot path's two calls: gather what a batch depends on, save what was decided. All set-based, no row by row."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres import acceptance_save
from adapters.postgres.catalogue import COLUMNS as ITEM
from adapters.postgres.catalogue import to_item
from adapters.postgres.configuration import policies_of
from adapters.postgres.credit import to_account
from adapters.postgres.engine import Connection
from adapters.postgres.inventory import BALANCE, LOCATION, OPEN, to_balance, to_location
from adapters.toolkit.codec import decoder_of
from core.acceptance.facts import Customer, Facts, Outcome, Requested, names_of
from core.catalogue.item import Item
from core.credit.account import CreditAccount
from core.intake.submission import Lane, OrderRequest, Submission
from core.inventory.balance import Balance
from core.inventory.location import Location
from core.kernel.context import Context
from core.kernel.ids import NO_LOT, IntakeId, ItemId, NewId, OrderId, TenantId, is_id
from core.risk.assessment import CustomerHistory

_SUBMISSIONS = """
SELECT n.place, n.id, i.tenant_id, i.order_id, i.lane, i.channel, i.external_id, i.key_hash, i.body_hash, i.body,
       i.received_at, i.actor, i.correlation
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS n(t, id, place)
JOIN intake i ON i.tenant_id = n.t AND i.id = n.id ORDER BY n.place
"""
_DECIDED = """
SELECT i.id FROM intake i JOIN orders o ON o.tenant_id = i.tenant_id AND o.id = i.order_id
WHERE i.tenant_id = ANY($1::uuid[]) AND i.id = ANY($2::uuid[]) AND o.held_at IS NULL
"""
_BY_SKU = f"""
SELECT n.t, n.asked, {ITEM} FROM unnest($1::uuid[], $2::text[]) AS n(t, asked)
JOIN item i ON i.tenant_id = n.t AND i.sku = n.asked
"""
_BY_ID = f"""
SELECT n.t, n.asked, {ITEM} FROM unnest($1::uuid[], $2::text[]) AS n(t, asked)
JOIN item i ON i.tenant_id = n.t AND i.id = n.asked::uuid
"""
_LOCATIONS = f"""
SELECT l.tenant_id, {LOCATION} FROM location l
WHERE l.tenant_id = ANY($1::uuid[]) AND l.sellable ORDER BY l.priority, l.code
"""
_BALANCES = f"""
SELECT {BALANCE} FROM unnest($1::uuid[], $2::uuid[]) AS n(t, i)
JOIN stock_balance b ON b.tenant_id = n.t AND b.item_id = n.i AND (b.lot_id = $3) IS TRUE
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
        rows = await self._connection.fetch(_SUBMISSIONS, *_columns(keys)) if keys else []
        return [_to_requested(row) for row in rows]

    async def undecided(self, ids: Sequence[IntakeId]) -> Sequence[IntakeId]:
        """See the port."""
        rows = await self._connection.fetch(_DECIDED, self._context.tenants, ids)
        decided = {str(row["id"]) for row in rows}
        return [intake for intake in ids if intake not in decided]

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        """See the port."""
        tenants = sorted({requested.submission.tenant for requested in batch})
        items = await self._items(names_of(batch))
        locations = await self._locations(tenants)
        balances = await self._balances(items, locations)
        customers = sorted({(r.submission.tenant, r.request.customer) for r in batch if r.request.customer})
        return Facts(
            items=items,
            locations=locations,
            balances=balances,
            histories=await self._histories(customers),
            accounts=await self._accounts(customers),
            policies=await policies_of(self._connection, tenants),
        )

    async def save(self, outcomes: Sequence[Outcome]) -> None:
        """See the port."""
        await acceptance_save.save(self._connection, outcomes, self._context)

    async def _items(self, names: set[tuple[TenantId, str]]) -> dict[tuple[TenantId, str], Item]:
        ordered = sorted(names)
        if not ordered:
            return {}
        rows = await self._connection.fetch(_BY_SKU, *_columns(ordered))
        items = {(TenantId(str(row["t"])), row["asked"]): to_item(row) for row in rows}
        by_id = [(tenant, name) for tenant, name in ordered if (tenant, name) not in items and is_id(name)]
        if by_id:
            rows = await self._connection.fetch(_BY_ID, *_columns(by_id))
            items.update({(TenantId(str(row["t"])), row["asked"]): to_item(row) for row in rows})
        return items

    async def _locations(self, tenants: Sequence[TenantId]) -> dict[TenantId, list[Location]]:
        found: dict[TenantId, list[Location]] = {tenant: [] for tenant in tenants}
        for row in await self._connection.fetch(_LOCATIONS, tenants):
            found[TenantId(str(row["tenant_id"]))].append(to_location(row))
        return found

    async def _balances(
        self, items: dict[tuple[TenantId, str], Item], locations: dict[TenantId, list[Location]]
    ) -> dict[ItemId, list[Balance]]:
        wanted = sorted({(tenant, item.id) for (tenant, _), item in items.items()})
        if not wanted:
            return {}
        await self._open_backorders(items, locations)
        found: dict[ItemId, list[Balance]] = {}
        for row in await self._connection.fetch(_BALANCES, *_columns(wanted), NO_LOT):
            balance = to_balance(row)
            found.setdefault(balance.key.item, []).append(balance)
        return found

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
            await self._connection.execute(OPEN, *_columns(new), self._context.now)

    async def _histories(self, customers: Sequence[Customer]) -> dict[Customer, CustomerHistory]:
        if not customers:
            return {}
        rows = await self._connection.fetch(_HISTORIES, *_columns(customers))
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
        rows = await self._connection.fetch(_ACCOUNTS, *_columns(customers))
        return {(TenantId(str(row["tenant_id"])), row["customer"]): to_account(row) for row in rows}


def _to_requested(row: Any) -> Requested:
    return Requested(
        submission=Submission(
            tenant=TenantId(str(row["tenant_id"])),
            id=IntakeId(str(row["id"])),
            order_id=OrderId(str(row["order_id"])),
            lane=Lane(row["lane"]),
            channel=row["channel"],
            external_id=row["external_id"],
            key_hash=row["key_hash"],
            body_hash=row["body_hash"],
            body=row["body"],
            received_at=row["received_at"],
            actor=row["actor"],
            correlation=row["correlation"],
        ),
        request=decoder_of(OrderRequest).decode(row["body"]),
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
