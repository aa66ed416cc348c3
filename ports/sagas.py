"""Sagas: where each stands, and what will move it on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.kernel.ids import ReturnId, SagaId, StreamId, TenantId
from core.kernel.value import value
from core.orders.deadlines import FulfilmentPolicy
from core.orders.dossier import Dossier
from core.sagas.saga import Saga, Status
from ports.journal import Journal
from ports.queue import Queue, Withdrawals


class Sagas(Protocol):
    """The tenant's sagas, part of a transaction. One that moves must name the job it waits for, one that rests none."""

    async def add(self, sagas: Sequence[Saga]) -> None:
        """Keep new sagas. Raises TransactionConflict when one of the same name and key is running."""
        ...

    async def lock(self, saga: SagaId) -> Saga | None:
        """Hold it against others; None: there is none with this id."""
        ...

    async def save(self, saga: Saga) -> None:
        """Keep a held saga as it is now."""
        ...

    async def waiting(self, subjects: Collection[StreamId]) -> Sequence[Saga]:
        """Those about one of ``subjects`` that run or are stuck, by id. They are not held."""
        ...

    async def latest(self, name: str, keys: Collection[str]) -> Mapping[str, Status]:
        """Where the newest saga of this name stands under each of ``keys``; a key that never had one is left out."""
        ...


class SagaQueue(Queue, Withdrawals, Protocol):
    """Asks and time limits are put; the limit of what is answered is taken away."""


class SagasTransaction(Protocol):
    """What saga use cases may touch."""

    @property
    def sagas(self) -> Sagas: ...

    @property
    def queue(self) -> SagaQueue: ...

    @property
    def journal(self) -> Journal: ...


class ReturnedOrders(Protocol):
    """The orders returns are of, part of a transaction."""

    async def lock_returned(self, one: ReturnId) -> Dossier | None:
        """Hold the order this return is of; None: there is none."""
        ...


class SettlementTransaction(SagasTransaction, Protocol):
    """What beginning to settle a return may touch: its order is looked at."""

    @property
    def dossiers(self) -> ReturnedOrders: ...


class FulfilmentPolicies(Protocol):
    """How long locations may take, part of a transaction that may span tenants."""

    async def fulfilment(self, tenants: Collection[TenantId]) -> Mapping[TenantId, FulfilmentPolicy]:
        """The policies of those of ``tenants`` that have set one."""
        ...


class WakingTransaction(Protocol):
    """What waking and beginning sagas may touch."""

    @property
    def policies(self) -> FulfilmentPolicies: ...

    def of(self, tenant: TenantId) -> SagasTransaction:
        """The same transaction, as it concerns one of its tenants."""
        ...


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
        """Up to ``limit`` sagas, newest first, those that follow one order in any order, before ``before``."""
        ...

    async def stuck(self) -> Mapping[str, int]:
        """How many of each name wait for a person, over all tenants."""
        ...
