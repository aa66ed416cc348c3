"""Taking requests in durably, and saying how far each has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.intake.submission import IntakeStatus, LanePolicy, OrderRequest, Receipt, Submission
from core.kernel.errors import DomainError
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.kernel.value import value


class IntakeLog(Protocol):
    """Where submissions become durable. One call is one transaction over all the tenants it names."""

    async def append(self, submissions: Sequence[Submission]) -> Sequence[Receipt | DomainError]:
        """Keep every submission that is new, with a job for it; one answer each, in order.

        A submission whose Idempotency-Key (younger than 24 h) or (channel, external id) is known is not kept: its
        answer is the receipt of the one that was, or KeyReused / ExternalIdReused when the bodies differ. When this
        returns, what it answered survives a crash. Raises CommitUnknown, TransactionConflict or StorageUnavailable;
        after those the same submissions may be appended again: ids already kept are recognised.
        """
        ...


class Submissions(Protocol):
    """Asking for orders from within, part of a transaction."""

    async def submit(self, job: IntakeId, order: OrderId, request: OrderRequest, *, exchange_of: OrderId) -> None:
        """Keep a request, made in exchange for goods of the order ``exchange_of``, with a job for it.

        It is decided as any other, once the transaction is committed.
        """
        ...


@value
class IntakeProgress:
    """How far one submission has come. ``progress`` in percent; ``reasons`` as recorded."""

    id: IntakeId
    order_id: OrderId
    status: IntakeStatus
    progress: int
    received_at: datetime
    decided_at: datetime | None = None
    vendor: str | None = None
    error: str | None = None
    reasons: Sequence[Mapping[str, str | None]] = ()


class IntakeView(Protocol):
    """Reading, straight from an entrypoint."""

    async def progress(self, tenant: TenantId, intake: IntakeId) -> IntakeProgress | None:
        """The submission's state, or None when the tenant has no such submission."""
        ...

    async def lanes(self, tenant: TenantId) -> LanePolicy:
        """The tenant's lane policy."""
        ...
