"""Reading ahead: what it saves, and that nothing depends on it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from adapters.postgres import read_ahead
from adapters.postgres.acceptance import PostgresAcceptance
from adapters.postgres.engine import Database
from adapters.postgres.intake import PostgresIntakeLog
from adapters.postgres.read_ahead import ReadAhead
from adapters.postgres.transaction import PostgresTransactions
from adapters.postgres.work import PostgresWork
from adapters.system.ids import Uuid7
from core.tenants.tenant import Tenant, shard_of
from entrypoints.worker.accept import BatchAcceptance
from ports.storage import StorageUnavailable
from tests.conformance.shop import an_order
from tests.support.given import OTHER_TENANT, TENANT, a_context
from tests.support.postgres import FreshDatabase

START = "00000000-0000-0000-0000-000000000000"
PROBE = (0, 0, START)


class Unreachable(Database):
    """Its server does not answer."""

    @asynccontextmanager
    async def acquire(self, *_: str) -> AsyncIterator[Any]:
        raise StorageUnavailable("no database connection")
        yield


class Stuck(Database):
    """Its server takes its time."""

    @asynccontextmanager
    async def acquire(self, *_: str) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield


@pytest.mark.parametrize("kind", [Unreachable, Stuck])
def test_what_could_not_be_read_ahead_is_simply_not_there(
    kind: type[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "PATIENCE_SECONDS", 0.01)

    async def read() -> object:
        ahead = ReadAhead(kind("postgresql://nowhere/", 1))
        ahead.begin([PROBE], 10)
        return await ahead.end(), await ahead.end()

    assert asyncio.run(read()) == ({}, {})


@pytest.mark.parametrize("tenants", [(TENANT,), (TENANT, OTHER_TENANT)])
def test_a_worker_behind_reads_every_submission_but_the_first_batch_ahead(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch, tenants: Sequence[Any]
) -> None:
    """Whatever shards the waiting tenants are in, and whichever of them is served first in its turn."""
    assert len({shard_of(tenant) for tenant in tenants}) == len(tenants)
    fetched: list[int] = []
    original = PostgresAcceptance.submissions_of

    async def counted(self: PostgresAcceptance, keys: Sequence[Any]) -> Sequence[Any]:
        fetched.append(len(keys))
        return await original(self, keys)

    monkeypatch.setattr(PostgresAcceptance, "submissions_of", counted)

    url = fresh_database()

    async def work() -> list[int]:
        database = Database(url, 4)
        await database.open()
        transactions = PostgresTransactions(database, Uuid7())
        for tenant in tenants:
            async with transactions.begin(a_context(tenant)) as tx:
                await tx.tenants.add(Tenant(id=tenant, name="shop", created_at=datetime.now(UTC)))
        orders = [an_order(200 + number, tenant=tenants[number % len(tenants)]) for number in range(30)]
        await PostgresIntakeLog(database).append(orders)

        async def accept(*arguments: object) -> list[Any]:
            return []

        acceptance = BatchAcceptance(PostgresWork(database, Uuid7()), accept, MemoryTelemetry(), batch=5)
        steps = []
        while taken := await acceptance.step([shard_of(tenant) for tenant in tenants], a_context()):
            steps.append(taken)
        await database.close()
        return steps

    assert sum(asyncio.run(work())) == 30
    assert fetched[0] == 5
    assert sum(fetched[1:]) == 0, fetched
