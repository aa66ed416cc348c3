"""The one way out: what happened, written in the transaction that made it happen, read in order afterwards."""

from collections.abc import Sequence
from typing import Protocol

from core.kernel.event import Cursor, NewEvent, RecordedEvent
from core.kernel.ids import StreamId, TenantId


class Journal(Protocol):
    """The writing side, part of a transaction."""

    async def record(self, events: Sequence[NewEvent]) -> None:
        """Append ``events`` with the context's actor, correlation and time.

        Raises TransactionConflict when a (tenant, stream, version) is already taken: the optimistic lock.
        """
        ...

    async def history(self, stream: StreamId) -> Sequence[RecordedEvent]:
        """All that happened to one thing of the context's tenant, oldest first, as this transaction sees it."""
        ...


class JournalFeed(Protocol):
    """The reading side, outside any transaction.

    Order is (transaction id, position), and nothing is shown from or after the oldest transaction still running: a
    reader that goes on after its last cursor misses nothing, and sees each stream in version order.
    """

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """Up to ``limit`` events of every tenant after ``after``. For the relay alone."""
        ...

    async def page(self, tenant: TenantId, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """Up to ``limit`` events of one tenant after ``after``."""
        ...

    async def stream(self, tenant: TenantId, stream: StreamId) -> Sequence[RecordedEvent]:
        """The whole history of one thing, oldest first; empty when there is none."""
        ...
