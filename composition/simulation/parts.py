"""The parts a simulated process is put together from. A test plants a defect by putting in another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.memory.database import MemoryDatabase
from adapters.memory.intake import MemoryIntakeLog
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.queue import MemoryJobSource
from adapters.memory.transaction import MemoryTransactions
from adapters.memory.work import MemoryWork
from core.kernel.ids import NewId
from entrypoints.dispatch import UseCase
from entrypoints.http.intake_writer import IntakeWriter
from entrypoints.worker.relay import Relay
from ports.clock import Clock


class Surroundings(Protocol):
    """What a part may use of the process it belongs to."""

    database: MemoryDatabase
    clock: Clock
    new_id: NewId

    def spawn(self, work: Any) -> Any:
        """Run a coroutine as part of the process, until it ends or the process does."""


def _writer(process: Surroundings, log: Any) -> IntakeWriter:
    return IntakeWriter(log, pause=process.clock.sleep)


@dataclass(kw_only=True, slots=True)
class Parts:
    """Production code and its twins, unless told otherwise."""

    transactions: Callable[[Surroundings], Any] = lambda it: MemoryTransactions(it.database, it.new_id)
    intake_log: Callable[[Surroundings], Any] = lambda it: MemoryIntakeLog(it.database)
    writer: Callable[[Surroundings, Any], Any] = _writer
    work: Callable[[Surroundings], Any] = lambda it: MemoryWork(it.database, it.new_id)
    jobs: Callable[[Surroundings], Any] = lambda it: MemoryJobSource(it.database)
    feed: Callable[[Surroundings], Any] = lambda it: MemoryJournalFeed(it.database)
    relay: Callable[..., Any] = Relay
    use_cases: Mapping[type, UseCase] = field(default_factory=dict)
