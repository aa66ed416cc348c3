"""Defects planted in how sagas are kept and run, one at a time: the simulator has to find each."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.transaction import MemoryTransactions
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS
from composition.simulation.process import current_id
from composition.simulation.run import simulate
from composition.simulation.world import production_use_cases
from core.inventory.holding import ReleaseReservation
from core.inventory.reservation import ReservationEnded, ReservationNotFound
from core.kernel.context import Context
from core.kernel.job import LeasedJob
from core.sagas.commands import AdvanceSaga
from core.sagas.definition import Definition
from core.sagas.definitions import DEFINITIONS
from core.sagas.engine import react
from core.sagas.queues import Asked
from core.sagas.saga import Act, Saga, Said, StepState, Succeeded
from core.sagas.use_cases.keeping import keep, locked
from entrypoints.dispatch import Dispatch, UseCase
from entrypoints.worker.sagas import SagaRunner
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

SEEDS_MAX = 400


def advancing(run: Any) -> Callable[[], Parts]:
    return lambda: Parts(use_cases={AdvanceSaga: UseCase(scope=None, run=run)})


async def advance(command: AdvanceSaga, context: Context, tx: Any, *, queue: Any = None) -> Saga:
    """As it should be, unless jobs go to another queue."""
    await tx.queue.finish(command.job)
    saga = await locked(command.id, tx)
    reaction = react(DEFINITIONS[saga.name, saga.version], saga, command.said, context.now)
    if queue is not None:
        tx.queue = queue
    return await keep(reaction, context, tx, current_id)


async def ignores_late_success(command: AdvanceSaga, context: Context, tx: Any) -> Saga:
    saga: Saga = await locked(command.id, tx)
    done = isinstance(command.said, Succeeded) and command.said.act is Act.DO
    if done and saga.at(command.said.step).state is not StepState.ASKED:
        await tx.queue.finish(command.job)
        return saga
    return await advance(command, context, tx)


class PutsLater:
    """In a transaction of its own, after the one that decided it."""

    def __init__(self, tx: Any, context: Context) -> None:
        self._session = tx._session
        self._context = context

    async def put(self, jobs: Any) -> None:
        asyncio.get_running_loop().create_task(self._put(jobs))

    async def _put(self, jobs: Any) -> None:
        database = MemoryDatabase(self._session.store, self._session.process)
        try:
            async with MemoryTransactions(database, current_id).begin(self._context) as tx:
                await tx.queue.put(jobs)
        except (StorageUnavailable, CommitUnknown, TransactionConflict):
            return


async def puts_jobs_later(command: AdvanceSaga, context: Context, tx: Any) -> Saga:
    return await advance(command, context, tx, queue=PutsLater(tx, context))


class SkipsUndos(SagaRunner):
    async def carry_out(self, it: Asked, saga: Saga, definition: Definition, context: Context, job: LeasedJob) -> Said:
        if it.act is Act.UNDO:
            return Succeeded(step=it.step, act=it.act, attempt=it.attempt, answer={})
        return await super().carry_out(it, saga, definition, context, job)


class Keyless(SagaRunner):
    """Gives every command as if for the first time."""

    def __init__(self, source: Any, dispatch: Dispatch, *others: Any) -> None:
        super().__init__(source, _Keyless(dispatch), *others)  # type: ignore[arg-type]


class _Keyless:
    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self.run = dispatch.run

    async def answer(self, command: object, context: Context, encode: Any, request: Any) -> Any:
        return await self._dispatch.answer(command, context, encode, None)


async def answers_that_nothing_is_to_undo(command: ReleaseReservation, context: Context, tx: Any) -> None:
    """Instead of refusing: the answer is remembered."""
    try:
        await production_use_cases()[ReleaseReservation].run(command, context, tx)
    except (ReservationNotFound, ReservationEnded):
        return


def releasing_softly() -> Parts:
    scope = production_use_cases()[ReleaseReservation].scope
    return Parts(use_cases={ReleaseReservation: UseCase(scope=scope, run=answers_that_nothing_is_to_undo)})


MUTANTS: dict[str, Callable[[], Parts]] = {
    "late success is ignored": advancing(ignores_late_success),
    "undos are skipped": lambda: Parts(sagas=SkipsUndos),
    "jobs are put after the saga is saved": advancing(puts_jobs_later),
    "steps are carried out without their key": lambda: Parts(sagas=Keyless),
    "that nothing is to undo is an answer": releasing_softly,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_defect_is_found(name: str, record_property: Callable[[str, object], None]) -> None:
    kinds = [kind for kind in KINDS if kind != "killer"]
    for seed in range(1, SEEDS_MAX + 1):
        result = simulate(seed, kinds, MUTANTS[name]())
        if [found for found in result.violations if found.startswith(("I6", "I10: not at rest"))]:
            record_property("seeds", seed)
            return
    pytest.fail(f"{SEEDS_MAX} seeds and nobody noticed that {name}")
