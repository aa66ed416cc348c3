"""Use cases over the memory twin: one transaction a call, and a look at what was left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from adapters.memory.database import MemoryDatabase
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.store import Store
from adapters.memory.transaction import MemoryTransaction, MemoryTransactions
from core.kernel.context import Context
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import TenantId
from tests.support.given import NOW, TENANT, a_context, numbered_ids

T = TypeVar("T")


class Twin:
    """One store, one tenant unless told otherwise."""

    def __init__(self) -> None:
        self.database = MemoryDatabase(Store(clock=lambda: NOW))
        self.new_id = numbered_ids()
        self._transactions = MemoryTransactions(self.database, self.new_id)

    def run(
        self, use_case: Callable[..., Awaitable[T]], command: object, *, tenant: TenantId = TENANT, **ports: Any
    ) -> T:
        """What ``use_case`` answers to ``command``, committed."""

        async def transacted(context: Context) -> T:
            async with self._transactions.begin(context) as tx:
                return await use_case(command, context, tx, **ports)

        return self.see(transacted(a_context(tenant)))

    def within(self, act: Callable[[MemoryTransaction], Awaitable[T]]) -> T:
        """What ``act`` answers from inside a transaction."""

        async def transacted() -> T:
            async with self._transactions.begin(a_context(TENANT)) as tx:
                return await act(tx)

        return self.see(transacted())

    def see(self, look: Coroutine[Any, Any, T]) -> T:
        """The result of a port's coroutine."""
        return asyncio.run(look)

    def events(self, tenant: TenantId = TENANT) -> Sequence[RecordedEvent]:
        """The tenant's journal, oldest first."""
        return self.see(MemoryJournalFeed(self.database).page(tenant, START, 1000))

    def violations(self) -> Sequence[object]:
        """Broken invariants: none, one hopes."""
        return self.see(MemoryInvariants(self.database).violations())
