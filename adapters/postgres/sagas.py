"""Sagas: one row each, found by where they stand."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database, columns_of
from adapters.toolkit.codec import decode, encode
from core.kernel.context import Context
from core.kernel.ids import SagaId, StreamId, TenantId
from core.sagas.saga import Saga, Status
from ports.sagas import KeptSaga

_ADD = """
INSERT INTO saga (tenant_id, updated_at, id, name, version, status, state, waits_for, subject, key)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::int[], $6::text[], $7::bytea[], $8::uuid[], $9::uuid[],
                             $10::text[])
"""
_ONE = "SELECT state, updated_at FROM saga WHERE tenant_id = $1 AND id = $2"
_LOCK = f"{_ONE} FOR UPDATE"
_SAVE = """
UPDATE saga SET status = $3, state = $4, waits_for = $5, updated_at = $6 WHERE tenant_id = $1 AND id = $2
"""
_WAITING = """
SELECT state FROM saga WHERE tenant_id = $1 AND subject = ANY($2::uuid[]) AND status IN ('running', 'stuck') ORDER BY id
"""
_LATEST = """
SELECT DISTINCT ON (key) key, status FROM saga
WHERE tenant_id = $1 AND name = $2 AND key = ANY($3::text[]) ORDER BY key, id DESC
"""
_LIST = """
SELECT state, updated_at FROM saga
WHERE tenant_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR name = $3)
  AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC LIMIT $5
"""
_STUCK = "SELECT name, count(*) AS stuck FROM saga WHERE status = 'stuck' GROUP BY name"


class PostgresSagas:
    """See ports.sagas.Sagas."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, sagas: Sequence[Saga]) -> None:
        """See the port."""
        rows = [
            (one.id, one.name, one.version, one.status, encode(one), one.waits_for, one.subject, one.key)
            for one in sagas
        ]
        await self._connection.execute(_ADD, self._context.tenant, self._context.now, *columns_of(rows))

    async def lock(self, saga: SagaId) -> Saga | None:
        """See the port."""
        row = await self._connection.fetchrow(_LOCK, self._context.tenant, saga)
        return None if row is None else decode(Saga, row["state"])

    async def save(self, saga: Saga) -> None:
        """See the port."""
        await self._connection.execute(
            _SAVE, self._context.tenant, saga.id, saga.status, encode(saga), saga.waits_for, self._context.now
        )

    async def waiting(self, subjects: Collection[StreamId]) -> Sequence[Saga]:
        """See the port."""
        rows = await self._connection.fetch(_WAITING, self._context.tenant, sorted(subjects))
        return [decode(Saga, row["state"]) for row in rows]

    async def latest(self, name: str, keys: Collection[str]) -> Mapping[str, Status]:
        """See the port."""
        rows = await self._connection.fetch(_LATEST, self._context.tenant, name, sorted(keys))
        return {row["key"]: Status(row["status"]) for row in rows}


class PostgresSagasView:
    """See ports.sagas.SagasView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def saga(self, tenant: TenantId, saga: SagaId) -> KeptSaga | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, saga)
        return None if row is None else _to_kept(row)

    async def sagas(
        self, tenant: TenantId, *, status: Status | None, name: str | None, before: SagaId | None, limit: int
    ) -> Sequence[KeptSaga]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_LIST, tenant, status, name, before, limit)
        return [_to_kept(row) for row in rows]

    async def stuck(self) -> Mapping[str, int]:
        """See the port."""
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_STUCK)
        return {row["name"]: row["stuck"] for row in rows}


def _to_kept(row: Any) -> KeptSaga:
    return KeptSaga(saga=decode(Saga, row["state"]), updated_at=row["updated_at"])
