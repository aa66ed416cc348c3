"""Sagas: where each stands, and what will move it on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.kernel.ids import SagaId, TenantId
from core.kernel.value import value
from core.sagas.saga import Saga, Status
from ports.journal import Journal
from ports.queue import Queue


class Sagas(Protocol):
    """The tenant's sagas, part of a transaction. One that moves must name the job it waits for, one that rests none."""

    async def add(self, saga: Saga) -> None:
        """Keep a new saga."""
        ...

    async def lock(self, saga: SagaId) -> Saga | None:
        """Hold it against others; None: there is none with this id."""
        ...

    async def save(self, saga: Saga) -> None:
        """Keep a held saga as it is now."""
        ...


class SagasTransaction(Protocol):
    """What saga use cases may touch."""

    @property
    def sagas(self) -> Sagas: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def journal(self) -> Journal: ...


@value
class KeptSaga:
    """A saga and when it last changed."""

    saga: Saga
    updated_at: datetime


class SagasView(Protocol):
    """Reading, straight from an entrypoint."""

    async def saga(self, tenant: TenantId, saga: SagaId) -> KeptSaga | None:
        """One saga, None: there is none with this id."""
        ...

    async def sagas(
        self, tenant: TenantId, *, status: Status | None, name: str | None, before: SagaId | None, limit: int
    ) -> Sequence[KeptSaga]:
        """Up to ``limit`` sagas, newest first, begun before ``before``."""
        ...

    async def stuck(self) -> Mapping[str, int]:
        """How many of each name wait for a person, over all tenants."""
        ...
