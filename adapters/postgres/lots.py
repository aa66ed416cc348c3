"""Lots: rows and back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters.postgres.engine import Connection, columns_of
from core.inventory.balance import BalanceKey
from core.inventory.lot import Lot, LotStatus
from core.kernel.context import Context
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId
from ports.lots import LotName
from ports.transaction import TransactionConflict

LOT = "t.id AS lot_id, t.item_id AS lot_item, t.code AS lot_code, t.expires_on, t.status, t.version AS lot_version"
_LOCK = f"""
SELECT {LOT} FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n(tenant, i, c)
JOIN lot t ON (t.tenant_id, t.item_id, t.code) = (n.tenant, n.i, n.c)
ORDER BY t.item_id, t.code FOR NO KEY UPDATE OF t
"""
_OPEN = """
INSERT INTO lot (tenant_id, id, item_id, code, expires_on, status, version)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::text[], $7::int[])
ON CONFLICT (tenant_id, item_id, code) DO NOTHING
"""
_CHANGE = "UPDATE lot SET status = $3, version = $4 WHERE tenant_id = $1 AND id = $2 AND version = $4 - 1"
_PLACES = f"""
SELECT b.item_id, b.location_id, b.lot_id FROM stock_balance b
WHERE b.tenant_id = $1 AND b.lot_id = ANY($2::uuid[]) AND b.lot_id <> '{NO_LOT}'::uuid
"""
_BY_ID = f"""
SELECT {LOT} FROM unnest($1::uuid[], $2::uuid[]) AS n(tenant, id) JOIN lot t ON (t.tenant_id, t.id) = (n.tenant, n.id)
"""


class PostgresLots:
    """See ports.lots.Lots."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def lock(self, names: Collection[LotName]) -> Mapping[LotName, Lot]:
        """See the port."""
        if not names:
            return {}
        rows = await self._connection.fetch(_LOCK, [self._context.tenant] * len(names), *columns_of(names))
        return {(lot.item, lot.code): lot for lot in map(to_lot, rows)}

    async def opened(self, lots: Sequence[Lot]) -> Mapping[LotName, Lot]:
        """See the port."""
        new = sorted(lots, key=lambda lot: (lot.item, lot.code))
        rows = [(lot.id, lot.item, lot.code, lot.expires_on, lot.status, lot.version) for lot in new]
        await self._connection.execute(_OPEN, self._context.tenant, *columns_of(rows))
        return await self.lock([(lot.item, lot.code) for lot in lots])

    async def change(self, lot: Lot) -> None:
        """See the port."""
        tag = await self._connection.execute(_CHANGE, self._context.tenant, lot.id, lot.status, lot.version)
        if tag != "UPDATE 1":
            raise TransactionConflict("another transaction changed this lot first")

    async def places(self, lots: Collection[LotId]) -> Mapping[LotId, Collection[BalanceKey]]:
        """See the port."""
        found: dict[LotId, list[BalanceKey]] = {}
        for item, location, lot in await self._connection.fetch(_PLACES, self._context.tenant, list(lots)):
            key = BalanceKey(item=ItemId(str(item)), location=LocationId(str(location)), lot=LotId(str(lot)))
            found.setdefault(key.lot, []).append(key)
        return found


async def lots_by_id(connection: Connection, keys: Collection[tuple[str, LotId]]) -> dict[LotId, Lot]:
    """Those of ``keys``, (tenant, lot), that exist, as they are by now."""
    if not keys:
        return {}
    rows = await connection.fetch(_BY_ID, *columns_of(sorted(keys)))
    return {lot.id: lot for lot in map(to_lot, rows)}


def to_lot(row: Any) -> Lot:
    """A lot from the columns ``LOT`` of a row."""
    return Lot(
        id=LotId(str(row["lot_id"])),
        item=ItemId(str(row["lot_item"])),
        code=row["lot_code"],
        expires_on=row["expires_on"],
        status=LotStatus(row["status"]),
        version=row["lot_version"],
    )
