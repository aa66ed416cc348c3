"""Sagas."""

from collections import Counter
from collections.abc import Mapping, Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import SAGAS, SagaRow
from adapters.toolkit.codec import decode, encode
from core.kernel.context import Context
from core.kernel.ids import SagaId, TenantId
from core.sagas.saga import Saga, Status
from ports.sagas import KeptSaga


class MemorySagas:
    """See ports.sagas.Sagas."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, saga: Saga) -> None:
        """See the port."""
        await self._session.statement()
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
