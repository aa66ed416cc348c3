"""What is committed, who is running, whose locks are whose, and what should go wrong.

Transaction ids are given at the first write and journal positions at each insert, so a transaction that commits late
can hold events that read before those of one that began after it: readers stop below the oldest one running.
"""

import asyncio
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from adapters.memory.locks import Locks
from adapters.memory.tables import JOURNAL, JournalRow, Key, Row, Table

Writes = dict[Table[Any], dict[Key, Any]]
Place = tuple[int, int]


class Fate(Enum):
    """What becomes of a commit."""

    DONE = auto()
    CONFLICT = auto()
    UNKNOWN_LOST = auto()
    UNKNOWN_DONE = auto()
    UNKNOWN_LATE = auto()
    """The caller is told that it is not known; the storage goes through with it a little later."""


class Faults:
    """What should go wrong: nothing. Tests and the simulator put their own here."""

    late_seconds = 0.05

    def reachable(self, process: str) -> bool:
        """Whether ``process`` reaches the storage now."""
        return True

    def conflict(self, process: str) -> bool:
        """Whether the statement ``process`` is at loses a race."""
        return False

    def fate(self, process: str, writes: Mapping[Table[Any], Mapping[Key, Any]]) -> Fate:
        """How the commit of ``writes`` goes."""
        return Fate.DONE


class Store:
    """``clock`` is the storage's own; no process is asked what time it is."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.faults = Faults()
        self.locks = Locks()
        self.before_commit: list[Callable[[str, int | None, Writes], None]] = []
        self.after_end: list[Callable[[Writes], None]] = []
        self._tables: dict[Table[Any], dict[Key, Any]] = {}
        self._feed: list[tuple[Place, Key]] = []
        self._running: set[int] = set()
        self._last_transaction = 0
        self._last_position = 0
        self._last_fence = 0

    def table(self, table: Table[Row]) -> dict[Key, Row]:
        """The committed rows."""
        rows = self._tables.get(table)
        if rows is None:
            rows = self._tables[table] = {}
        return rows

    async def pause(self) -> None:
        """Let others run: a round trip."""
        await asyncio.sleep(0)

    def begin_writing(self) -> int:
        """A new transaction id, running from now on."""
        self._last_transaction += 1
        self._running.add(self._last_transaction)
        return self._last_transaction

    def end_writing(self, transaction_id: int, writes: Writes) -> None:
        """The transaction, which wrote this or would have, runs no longer."""
        self._running.discard(transaction_id)
        for hook in self.after_end:
            hook(writes)

    def next_position(self) -> int:
        """A journal position nobody has."""
        self._last_position += 1
        return self._last_position

    def next_fence(self) -> int:
        """A fencing number greater than all before it."""
        self._last_fence += 1
        return self._last_fence

    def apply(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        """Make ``writes`` what is committed, in one step."""
        for hook in self.before_commit:
            hook(process, transaction_id, writes)
        for table, rows in writes.items():
            kept = self.table(table)
            for key, row in rows.items():
                if row is None:
                    kept.pop(key, None)
                else:
                    kept[key] = row
        for key, row in writes.get(JOURNAL, {}).items():
            insort(self._feed, (row.place, key))

    def last_place(self) -> Place:
        """Where the last committed event reads; (0, 0) before the first."""
        return self._feed[-1][0] if self._feed else (0, 0)

    def feed(self, after: Place) -> Iterable[tuple[Key, JournalRow]]:
        """Committed events after ``after``, below the oldest transaction still running."""
        oldest = min(self._running, default=self._last_transaction + 1)
        journal = self.table(JOURNAL)
        for place, key in self._feed[bisect_right(self._feed, (after, (chr(0x10FFFF),))) :]:
            if place[0] >= oldest:
                return
            yield key, journal[key]
