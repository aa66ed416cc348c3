"""Transfers between locations."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.codec import decode, encode
from core.inventory.transfer import Transfer, TransferState
from core.inventory.transfer_events import TransferLine
from core.kernel.context import Context
from core.kernel.ids import LocationId, TenantId, TransferId
from ports.transaction import TransactionConflict

_COLUMNS = (
    "id, source_id, source_code, target_id, target_code, transit_id, lines, reason, reference, ship_on, due, state,"
    " version"
)
_ADD = f"""
INSERT INTO transfer (tenant_id, {_COLUMNS}, items)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_ONE = f"SELECT {_COLUMNS} FROM transfer WHERE tenant_id = $1 AND id = $2"
_LOCK = f"{_ONE} FOR UPDATE"
_SAVE = """
UPDATE transfer SET lines = $3, state = $4, version = $5 WHERE tenant_id = $1 AND id = $2 AND version = $5 - 1
"""
_NEWEST = f"""
SELECT {_COLUMNS} FROM transfer WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
_NEWEST_IN_STATE = f"""
SELECT {_COLUMNS} FROM transfer WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) AND state = $4
ORDER BY id DESC LIMIT $3
"""


class PostgresTransfers:
    """See ports.transfers.Transfers."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, transfer: Transfer) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD,
            self._context.tenant,
            transfer.id,
            transfer.source,
            transfer.source_code,
            transfer.target,
            transfer.target_code,
            transfer.transit,
            encode(transfer.lines),
            transfer.reason,
            transfer.reference,
            transfer.ship_on,
            transfer.due,
            transfer.state,
            transfer.version,
            sorted({line.item for line in transfer.lines}),
        )

    async def lock(self, transfer: TransferId) -> Transfer | None:
        """See the port."""
        row = await self._connection.fetchrow(_LOCK, self._context.tenant, transfer)
        return None if row is None else _to_transfer(row)

    async def save(self, transfer: Transfer) -> None:
        """See the port."""
        tag = await self._connection.execute(
            _SAVE, self._context.tenant, transfer.id, encode(transfer.lines), transfer.state, transfer.version
        )
        if tag != "UPDATE 1":
            raise TransactionConflict("another transaction changed this transfer first")


class PostgresTransfersView:
    """See ports.transfers.TransfersView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def transfer(self, tenant: TenantId, transfer: TransferId) -> Transfer | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, transfer)
        return None if row is None else _to_transfer(row)

    async def transfers(
        self, tenant: TenantId, *, state: TransferState | None, before: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            if state is None:
                rows = await connection.fetch(_NEWEST, tenant, before, limit)
            else:
                rows = await connection.fetch(_NEWEST_IN_STATE, tenant, before, limit, state)
        return [_to_transfer(row) for row in rows]


def _to_transfer(row: Any) -> Transfer:
    return Transfer(
        id=TransferId(str(row["id"])),
        source=LocationId(str(row["source_id"])),
        source_code=row["source_code"],
        target=LocationId(str(row["target_id"])),
        target_code=row["target_code"],
        transit=LocationId(str(row["transit_id"])),
        lines=decode(tuple[TransferLine, ...], row["lines"]),
        reason=row["reason"],
        reference=row["reference"],
        ship_on=row["ship_on"],
        due=row["due"],
        state=TransferState(row["state"]),
        version=row["version"],
    )
