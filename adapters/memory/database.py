"""A process's way to the store: it opens sessions, commits them, and can be cut off with all it had open."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from adapters.memory.session import Session, later
from adapters.memory.store import Fate, Store
from core.kernel.ids import TenantId
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict


class MemoryDatabase:
    """The connections of ``process`` to ``store``."""

    def __init__(self, store: Store, process: str = "fluxor") -> None:
        self.store = store
        self.process = process
        self._open: dict[Session, None] = {}
        """In the order they were opened: sessions that are cut end in it, so that a seed comes out the same again."""
        self._dead = False

    @asynccontextmanager
    async def begin(self, tenants: Collection[TenantId] | None) -> AsyncIterator[Session]:
        """A transaction confined to ``tenants`` (None: the dispatcher's, who sees all); leaving commits it."""
        async with self._session(tenants) as session:
            yield session
            await self._commit(session)

    @asynccontextmanager
    async def reading(self, *tenants: TenantId) -> AsyncIterator[Session]:
        """A look at these tenants' rows."""
        async with self._session(tenants) as session:
            yield session

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[Session]:
        """One statement that sees all tenants and may as well happen again: at worst the storage is unavailable."""
        try:
            async with self.begin(None) as session:
                yield session
        except (CommitUnknown, TransactionConflict) as error:
            raise StorageUnavailable(str(error)) from error

    def idle_for_too_long(self) -> None:
        """End every open session as the storage does when its owner says nothing for half a minute."""
        for session in tuple(self._open):
            session.end()

    def cut(self) -> None:
        """End every open session as the storage does when a process dies, and let it begin no other."""
        self._dead = True
        for session in tuple(self._open):
            session.end()
        self._open.clear()

    @asynccontextmanager
    async def _session(self, tenants: Collection[TenantId] | None) -> AsyncIterator[Session]:
        if self._dead or not self.store.faults.reachable(self.process):
            raise StorageUnavailable("there is no storage")
        session = Session(self.store, self.process, tenants)
        self._open[session] = None
        try:
            await session.statement()
            yield session
        finally:
            self._open.pop(session, None)
            if session.transaction_id is None or not session.late:
                session.end()

    async def _commit(self, session: Session) -> None:
        if session.transaction_id is None:
            session.check()  # nothing was written, so there is nothing to wait for
            return
        await self.store.pause()
        session.check()
        fate = self.store.faults.fate(self.process, session.writes)
        if fate is Fate.CONFLICT:
            raise TransactionConflict("the storage chose this transaction to give way")
        if fate is Fate.UNKNOWN_LATE:
            session.late = True
            later(self.store.faults.late_seconds, lambda: _apply(session))
        elif fate is not Fate.UNKNOWN_LOST:
            _apply(session)
        if fate is not Fate.DONE:
            raise CommitUnknown("no answer to the commit")
        await self.store.pause()


def _apply(session: Session) -> None:
    session.store.apply(session.process, session.transaction_id, session.writes)
    session.end()
