"""The parts a simulated process is put together from. A test plants a defect by putting in another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.memory.intake import MemoryIntakeLog
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.queue import MemoryJobSource
from adapters.memory.transaction import MemoryTransactions
from adapters.memory.work import MemoryWork
from composition.simulation.process import Process
from entrypoints.dispatch import UseCase
from entrypoints.http.intake_writer import IntakeWriter
from entrypoints.worker.relay import Relay
from entrypoints.worker.sagas import SagaRunner


def _writer(process: Process, log: Any, **bounds: int) -> IntakeWriter:
    return IntakeWriter(log, pause=process.clock.wait, **bounds)


@dataclass(kw_only=True, slots=True)
class Parts:
    """Production code and its twins, unless told otherwise."""

    transactions: Callable[[Process], Any] = lambda it: MemoryTransactions(it.database, it.new_id)
    intake_log: Callable[[Process], Any] = lambda it: MemoryIntakeLog(it.database)
    writer: Callable[..., Any] = _writer
    work: Callable[[Process], Any] = lambda it: MemoryWork(it.database, it.new_id)
    jobs: Callable[[Process], Any] = lambda it: MemoryJobSource(it.database)
    feed: Callable[[Process], Any] = lambda it: MemoryJournalFeed(it.database)
    relay: Callable[..., Any] = Relay
    sagas: Callable[..., Any] = SagaRunner
    use_cases: Mapping[type, UseCase] = field(default_factory=dict)
