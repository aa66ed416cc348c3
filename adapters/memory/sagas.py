"""Sagas."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import SAGA_KEYS, SAGAS, SagaRow
from adapters.toolkit.codec import decode, encode
from core.kernel.context import Context
from core.kernel.ids import SagaId, StreamId, TenantId
from core.sagas.saga import Saga, Status
from ports.sagas import KeptSaga


class MemorySagas:
    """See ports.sagas.Sagas."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, sagas: Sequence[Saga]) -> None:
        """See the port."""
        await self._session.statement()
        for saga in sorted(sagas, key=lambda one: (one.name, one.key or "", one.id)):
            await self._take_key(saga)
            if not await self._session.insert(SAGAS, (self._context.tenant, saga.id), self._row(saga)):
                raise self._session.refuse("another transaction took this saga's id first")

    async def lock(self, saga: SagaId) -> Saga | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, saga)
        if self._session.get(SAGAS, key) is None:
            return None
        await self._session.lock(SAGAS, key)
        row = self._session.get(SAGAS, key)
        assert row is not None, "a saga is never deleted"
        return row.saga

    async def save(self, saga: Saga) -> None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, saga.id)
        assert self._session.get(SAGAS, key) is not None, "a saga is added first"
        await self._session.put(SAGAS, key, self._row(saga))

    async def waiting(self, subjects: Collection[StreamId]) -> Sequence[Saga]:
        """See the port."""
        await self._session.statement()
        wakeful = (Status.RUNNING, Status.STUCK)
        found = [saga for saga in self._mine() if saga.subject in subjects and saga.status in wakeful]
        return sorted(found, key=lambda saga: saga.id)

    async def latest(self, name: str, keys: Collection[str]) -> Mapping[str, Status]:
        """See the port."""
        await self._session.statement()
        found = sorted((saga for saga in self._mine() if saga.name == name), key=lambda saga: saga.id)
        return {saga.key: saga.status for saga in found if saga.key in keys and saga.key is not None}

    async def _take_key(self, saga: Saga) -> None:
        """As a unique index has it: whoever comes second waits for the first, and loses."""
        if saga.key is None:
            return
        await self._session.lock(SAGA_KEYS, (self._context.tenant, saga.name, saga.key))
        same = [one for one in self._mine() if (one.name, one.key) == (saga.name, saga.key)]
        if any(one.status is Status.RUNNING for one in same):
            raise self._session.refuse("another transaction began a saga of this key first")

    def _mine(self) -> list[Saga]:
        return [row.saga for key, row in self._session.scan(SAGAS) if key[0] == self._context.tenant]

    def _row(self, saga: Saga) -> SagaRow:
        # By way of the wire, as the database keeps it: what JSON cannot hold must not come back.
        kept = decode(Saga, encode(saga))
        return SagaRow(saga=kept, updated_at=self._context.now)


class MemorySagasView:
    """See ports.sagas.SagasView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def saga(self, tenant: TenantId, saga: SagaId) -> KeptSaga | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            row = session.get(SAGAS, (tenant, saga))
        return None if row is None else KeptSaga(saga=row.saga, updated_at=row.updated_at)

    async def sagas(
        self, tenant: TenantId, *, status: Status | None, name: str | None, before: SagaId | None, limit: int
    ) -> Sequence[KeptSaga]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = [row for _, row in session.scan(SAGAS)]
        found = [
            KeptSaga(saga=row.saga, updated_at=row.updated_at)
            for row in rows
            if status in (None, row.saga.status)
            and name in (None, row.saga.name)
            and (before is None or row.saga.id < before)
        ]
        return sorted(found, key=lambda kept: kept.saga.id, reverse=True)[:limit]

    async def stuck(self) -> Mapping[str, int]:
        """See the port."""
        async with self._database.dispatching() as session:
            return Counter(row.saga.name for _, row in session.scan(SAGAS) if row.saga.status is Status.STUCK)
