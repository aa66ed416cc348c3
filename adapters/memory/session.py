"""One running transaction: its own writes over what is committed, its locks, its savepoints."""

import asyncio
from collections.abc import Collection, Iterator
from typing import Any

from adapters.memory.store import Store, Writes
from adapters.memory.tables import Key, Row, Table
from ports.storage import StorageUnavailable, TransactionConflict

_UNWRITTEN = object()


class ForeignTenant(Exception):
    """A write for a tenant the transaction does not name."""


class BoundBroken(TransactionConflict):
    """A row breaks its table's bound: refused by the store itself."""


class Session:
    """Reads see what is committed now and the session's own writes. ``tenants`` None: the dispatcher, who sees all."""

    def __init__(self, store: Store, process: str, tenants: Collection[str] | None) -> None:
        self.store = store
        self.process = process
        self.now = store.clock()
        self.writes: Writes = {}
        self.transaction_id: int | None = None
        self.failed = False
        self.ended = False
        self.late = False
        self.busy = False
        self._tenants = tenants
        self._undo: list[tuple[Table[Any], Key, Any]] = []
        self._locks: list[Any] = []

    def narrow(self, tenants: Collection[str]) -> None:
        """See and write only these tenants from here on."""
        self._tenants = tenants

    async def statement(self) -> None:
        """A round trip, in which others get ahead and things go wrong. Every statement begins with one."""
        assert not self.busy, "the connection is busy: nothing else is used while a batch is being saved"
        await self.store.pause()
        self.check()
        if self.store.faults.conflict(self.process):
            self.failed = True
            raise TransactionConflict("the storage chose this transaction to give way")

    def check(self) -> None:
        """Raise StorageUnavailable or TransactionConflict unless the session can still be used."""
        if self.ended or not self.store.faults.reachable(self.process):
            raise StorageUnavailable("the storage went away")
        if self.failed:
            raise TransactionConflict("the transaction had already failed")

    def get(self, table: Table[Row], key: Key) -> Row | None:
        """The row as this session sees it."""
        if not self._sees(table, key):
            return None
        row: Row | None
        own = self.writes.get(table)
        if own is not None and key in own:
            row = own[key]
            return row
        return self.store.table(table).get(key)

    def scan(self, table: Table[Row]) -> Iterator[tuple[Key, Row]]:
        """Every row this session sees."""
        own = self.writes.get(table, {})
        for key, row in self.store.table(table).items():
            if key not in own and self._sees(table, key):
                yield key, row
        for key, row in own.items():
            if row is not None and self._sees(table, key):
                yield key, row

    async def lock(self, table: Table[Any], key: Key) -> None:
        """Hold the row until the session ends, waiting for whoever holds it. Raises TransactionConflict."""
        name = (table, key)
        if self.store.locks.holder(name) is self:
            return
        self._locks.append(name)  # before waiting: whoever is cancelled in the moment of the grant must still give back
        try:
            await self.store.locks.take(self, name)
        except TransactionConflict:
            self.failed = True
            raise
        self.check()

    def try_lock(self, name: Any) -> bool:
        """Hold whatever ``name`` stands for (a row is (table, key)), unless another session does."""
        if self.store.locks.holder(name) is self:
            return True
        if not self.store.locks.try_take(self, name):
            return False
        self._locks.append(name)
        return True

    async def insert(self, table: Table[Row], key: Key, row: Row) -> bool:
        """Write a new row; False when the key is taken. Waits for a transaction that is about to take or free it."""
        await self.lock(table, key)
        if self._tenants is not None and not table.shared and key[0] not in self._tenants:
            raise ForeignTenant(f"{table.name} {key} belongs to another tenant")
        if self.get(table, key) is not None:
            return False
        self._write(table, key, row)
        return True

    async def put(self, table: Table[Row], key: Key, row: Row) -> None:
        """Write the row, new or not, holding it first."""
        await self.lock(table, key)
        self._write(table, key, row)

    async def delete(self, table: Table[Any], key: Key) -> bool:
        """Take the row away, holding it first; False when there is none."""
        if self.get(table, key) is None:
            return False
        await self.lock(table, key)
        if self.get(table, key) is None:
            return False
        self._write(table, key, None)
        return True

    def writing(self) -> int:
        """The session's transaction id, given when first asked for."""
        if self.transaction_id is None:
            self.transaction_id = self.store.begin_writing()
        return self.transaction_id

    def refuse(self, detail: str) -> TransactionConflict:
        """The error of a statement that loses: nothing more can be done here but to roll back."""
        self.failed = True
        return TransactionConflict(detail)

    def mark(self) -> tuple[int, int]:
        """A savepoint: where writes and locks stand."""
        return len(self._undo), len(self._locks)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Undo writes and let go of locks since ``mark``."""
        while len(self._undo) > mark[0]:
            table, key, before = self._undo.pop()
            if before is _UNWRITTEN:
                del self.writes[table][key]
            else:
                self.writes[table][key] = before
        while len(self._locks) > mark[1]:
            self.store.locks.release(self, self._locks.pop())
        self.failed = False

    def end(self) -> None:
        """Let go of everything; what was not applied is gone."""
        if self.ended:
            return
        self.ended = True
        self.store.locks.evict(self, StorageUnavailable("the storage ended the transaction"))
        if self.transaction_id is not None:
            self.store.end_writing(self.transaction_id, self.writes)
        for name in self._locks:
            self.store.locks.release(self, name)

    def _sees(self, table: Table[Any], key: Key) -> bool:
        return table.shared or self._tenants is None or key[0] in self._tenants

    def _write(self, table: Table[Any], key: Key, row: Any) -> None:
        if not self._sees(table, key):
            raise ForeignTenant(f"{table.name} {key} belongs to another tenant")
        broken = None if row is None else table.check(row)
        if broken is not None:
            self.failed = True
            raise BoundBroken(f"{table.name}: {broken}")
        self.writing()
        own = self.writes.setdefault(table, {})
        self._undo.append((table, key, own.get(key, _UNWRITTEN)))
        own[key] = row


def later(seconds: float, act: Any) -> None:
    """Run ``act`` on the running loop after ``seconds``."""
    asyncio.get_running_loop().call_later(seconds, act)
