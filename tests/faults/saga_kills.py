"""One saga, alone, on the simulator: what befalls the worker at its k-th word with the storage, for one k at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from adapters.memory.database import MemoryDatabase
from adapters.memory.intake import MemoryIntakeLog
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.queue import MemoryJobSource
from adapters.memory.sagas import MemorySagasView
from adapters.memory.store import Store
from adapters.memory.tables import JOBS, SAGAS
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.transaction import MemoryTransactions
from adapters.memory.work import MemoryWork
from adapters.toolkit.codec import encode
from composition.simulation.choices import Choices
from composition.simulation.clock import Naps, ProcessClock, moment
from composition.simulation.followed_checks import broken_wait
from composition.simulation.loop import PROCESS, SimulatedLoop
from composition.simulation.process import Process
from composition.simulation.saga_checks import broken
from composition.simulation.world import production_use_cases
from core.acceptance.queues import AcceptOrders
from core.identity.permission import ALL_SCOPES
from core.intake.submission import Lane, OrderRequest, RequestedLine, Submission
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.event import START
from core.kernel.ids import IntakeId, OrderId
from core.sagas import allocate_to_channel
from core.sagas.commands import ForgiveSaga
from core.sagas.definitions import DEFINITIONS
from core.sagas.queues import TIMEOUTS
from core.sagas.saga import MOVING, Saga, Status
from core.sagas.subscriptions import concerning
from entrypoints.dispatch import Dispatch, Request
from entrypoints.worker.sagas import SagaRunner
from ports.idempotency import Answer
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.faults.saga_stories import FURNITURE, Scene, Story
from tests.support.given import TENANT

BEGINNING_SECONDS = 1000.0
POLL_SECONDS = 4.0
ASKS_MAX = 30
IN_TRANSIT = (StorageUnavailable, CommitUnknown, TransactionConflict)


class CountedStore(Store):
    """Numbers what the processes called ``whose`` say to it, and lets ``befalls`` happen at the k-th."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__(clock=lambda: moment(loop))
        self.whose, self.k, self.said = "nobody", 0, 0
        self.befalls: Callable[[], Awaitable[None]] | None = None

    async def pause(self) -> None:
        """See Store."""
        if PROCESS.get().startswith(self.whose):
            self.said += 1
            if self.said == self.k and self.befalls is not None:
                await self.befalls()
        await asyncio.sleep(0)


@dataclass
class Alone:
    """A shop with five pieces and an accepted order of two, whoever begins the story's saga, and two workers."""

    seed: int
    story: Story

    def __post_init__(self) -> None:
        self.loop = SimulatedLoop(Choices(self.seed))
        self.store = CountedStore(self.loop)
        self.naps = Naps(self.loop)
        self.telemetry = MemoryTelemetry()
        self.random = Random(self.seed)
        self.lives = 0
        self.processes: dict[str, Process] = {}
        self.over = False
        self.order = OrderId("")
        table = {**production_use_cases(), **self.story.overrides}
        self.doors = lambda it: Dispatch(MemoryTransactions(it.database, it.new_id), table, self.telemetry)

    def process(self, place: str) -> Process:
        """A new life of the process at ``place``."""
        self.lives += 1
        clock = ProcessClock(self.loop, self.naps, 0.0, 1.0)
        it = Process(self.loop, self.store, f"{place}#{self.lives}", clock, self.lives)
        self.processes[place] = it
        return it

    def context(self, it: Process) -> Context:
        return Context(tenants=(TENANT,), actor="ann", now=it.clock.now(), correlation="c", scopes=ALL_SCOPES)

    async def furnish(self) -> None:
        it = self.process("owner")
        for command in (*FURNITURE, *self.story.before):
            await it.spawn(self.doors(it).run(command, self.context(it)))
        self.order = await it.spawn(accept_two(it, self.context(it)))

    async def begin(self) -> None:
        """The caller asks until there is an answer; an order that was accepted begins its own."""
        if self.story.begins is None:
            return
        command = await self.story.begins(self.scene())
        digest = sha256(b"key").digest()
        request = Request(key=digest, fingerprint=digest)
        await self.until_answered("api", lambda it: self.doors(it).answer(command, self.context(it), _encode, request))

    def scene(self) -> Scene:
        """What others see."""
        sagas = self.sagas()
        now = moment(self.loop)
        return Scene(ask=self.ask, look=self.store.table, saga=sagas[0] if sagas else None, order=self.order, now=now)

    async def ask(self, command: object) -> Any:
        """What others are answered; what is refused may be too early."""
        for _ in range(ASKS_MAX):
            try:
                return await self.until_answered("others", lambda it: self.doors(it).run(command, self.context(it)))
            except DomainError:
                await asyncio.sleep(POLL_SECONDS)
        return None

    async def until_answered(self, place: str, act: Callable[[Process], Coroutine[Any, Any, Any]]) -> Any:
        """The answer, however often its process dies or nobody says."""
        while True:
            it = self.process(place)
            answering = it.spawn(act(it))
            await asyncio.wait({answering})
            if not answering.cancelled() and not isinstance(answering.exception(), IN_TRANSIT):
                return answering.result()

    async def keep(self, place: str, work: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
        """A process that is started again whenever it dies."""
        while not self.over:
            it = self.process(place)
            working = it.spawn(work(it))
            await asyncio.wait({working})
            if not working.cancelled():
                working.result()
            await asyncio.sleep(1.0)

    async def _work(self, it: Process) -> None:
        view, source = MemorySagasView(it.database), MemoryJobSource(it.database)
        runner = SagaRunner(source, self.doors(it), self.telemetry, view, DEFINITIONS)
        await self._repeat(lambda: runner.step(self.context(it)))

    async def _tell(self, it: Process) -> None:
        """The relay, from the beginning in each of its lives: what is told again does no harm."""
        feed, cursor = MemoryJournalFeed(it.database), START

        async def step() -> int:
            nonlocal cursor
            events = await feed.read(cursor, 100)
            command = concerning(events)
            if command is not None:
                await self.doors(it).run(command, self.context(it))
            cursor = events[-1].cursor if events else cursor
            return len(events)

        await self._repeat(step)

    async def _repeat(self, step: Callable[[], Awaitable[int]]) -> None:
        pause = POLL_SECONDS
        while not self.over:
            try:
                taken = await step()
            except IN_TRANSIT:
                taken = 0
            if taken:
                pause = POLL_SECONDS
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, 4 * POLL_SECONDS)

    async def until_rest(self) -> None:
        places = {"worker-0": self._work, "worker-1": self._work, "relay": self._tell}
        kept = [asyncio.create_task(self.keep(place, work)) for place, work in places.items()]
        await self.begin()
        while not self.sagas():
            await asyncio.sleep(1.0)
        if self.story.others is not None:
            await self.story.others(self.scene())
        await self._rest()
        for saga in self.sagas():
            if saga.status is Status.STUCK and saga.name != allocate_to_channel.NAME:
                await self.ask(ForgiveSaga(id=saga.id, reason="settled by hand"))
        await self._rest()
        self.over = True
        await asyncio.wait(kept)

    async def _rest(self) -> None:
        """Until no job is left, and the relay has told of all that happened."""
        await asyncio.sleep(3 * POLL_SECONDS)
        while any(row.run_at is not None for row in self.store.table(JOBS).values()):
            await asyncio.sleep(3 * POLL_SECONDS)

    def play(self) -> int:
        """Run to the end; answers how many words were said by those who were counted."""
        whose, self.store.whose = self.store.whose, "nobody"
        self.loop.run_until(self.furnish(), BEGINNING_SECONDS)
        self.store.whose = whose
        self.loop.run_until(self.until_rest(), self.loop.time() + 10_000)
        return self.store.said

    def sagas(self) -> list[Saga]:
        """All there are, oldest first."""
        return [row.saga for _, row in sorted(self.store.table(SAGAS).items())]

    def violations(self) -> list[str]:
        """Whatever is neither whole nor untouched."""
        found: list[str] = []
        for saga in self.sagas():
            check = broken if saga.name == allocate_to_channel.NAME else broken_wait
            found += check(self.store, TENANT, saga)
            assert saga.status not in MOVING
        looking = MemoryInvariants(MemoryDatabase(self.store))
        found += [str(one) for one in self.loop.run_until(looking.violations(), self.loop.time() + 1)]
        return found + self.loop.complaints

    def befall(self, whose: str, k: int, what: str) -> None:
        """Let it happen to the process that says the k-th word."""
        self.store.whose, self.store.k = whose, k
        self.store.befalls = getattr(self, f"_{what}")

    async def _crash(self) -> None:
        """kill -9."""
        self._speaker().kill()

    async def _delivered_twice(self) -> None:
        """The lease is over: somebody else gets the job, and goes on beside the one who had it."""
        rows = self.store.table(JOBS)
        for key, row in list(rows.items()):
            if row.leased:
                rows[key] = replace(row, run_at=self.store.clock())
        await asyncio.sleep(self.random.choice((0.0, POLL_SECONDS, 2 * POLL_SECONDS)))

    async def _silence(self) -> None:
        """It stands still for longer than a step may take, and then goes on as if nothing had been."""
        self.loop.freeze(self._speaker().name, 45.0)

    async def _long_silence(self) -> None:
        """For longer than its lease, too."""
        self.loop.freeze(self._speaker().name, 75.0)

    async def _early_limit(self) -> None:
        """The time limit of whatever is in hand comes at this very moment."""
        rows = self.store.table(JOBS)
        for key, row in list(rows.items()):
            if not row.leased and row.queue == TIMEOUTS:
                rows[key] = replace(row, run_at=self.store.clock())

    def _speaker(self) -> Process:
        return next(it for it in self.processes.values() if it.name == PROCESS.get())


async def accept_two(it: Process, context: Context) -> OrderId:
    """An order of two pieces, taken in and accepted."""
    request = OrderRequest(items=(RequestedLine(sku="A", quantity=Decimal(2)),), channel="web")
    body = encode(request)
    new = Submission(
        tenant=TENANT,
        id=IntakeId(it.new_id()),
        order_id=OrderId(it.new_id()),
        lane=Lane.NORMAL,
        channel=request.channel,
        external_id=None,
        key_hash=None,
        body_hash=sha256(body).digest(),
        body=body,
        received_at=context.now,
        actor="ann",
        correlation="order",
    )
    await MemoryIntakeLog(it.database).append([new])
    async with MemoryWork(it.database, it.new_id).claim(range(16), list(Lane), 9, context) as claimed:
        run = production_use_cases()[AcceptOrders].run
        await run(AcceptOrders(batch=tuple(claimed.batch)), claimed.context, claimed.transaction)
    return new.order_id


def _encode(saga: Saga) -> Answer:
    return Answer(status=202, body=saga.id.encode())
