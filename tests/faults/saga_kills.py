"""One saga, alone, on the simulator: what befalls the worker at its k-th word with the storage, for one k at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.memory.database import MemoryDatabase
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.queue import MemoryJobSource
from adapters.memory.sagas import MemorySagasView
from adapters.memory.store import Store
from adapters.memory.tables import JOBS, SAGAS
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.transaction import MemoryTransactions
from composition.simulation.choices import Choices
from composition.simulation.clock import Naps, ProcessClock, moment
from composition.simulation.loop import PROCESS, SimulatedLoop
from composition.simulation.process import Process
from composition.simulation.saga_checks import broken
from composition.simulation.world import production_use_cases
from core.catalogue.item import CreateItem, CreateItems
from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.context import Context
from core.sagas.allocate_to_channel import AllocateToChannel
from core.sagas.definitions import DEFINITIONS
from core.sagas.saga import MOVING, Saga
from core.tenants.tenant import CreateTenant
from entrypoints.dispatch import Dispatch, Request, UseCase
from entrypoints.worker.sagas import SagaRunner
from ports.idempotency import Answer
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.support.given import TENANT

BEGINNING_SECONDS = 1000.0
POLL_SECONDS = 4.0
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
    """A shop with five pieces, a caller who wants ``quantity`` for a channel, and two workers."""

    seed: int
    quantity: int = 2
    overrides: Mapping[type, UseCase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loop = SimulatedLoop(Choices(self.seed))
        self.store = CountedStore(self.loop)
        self.naps = Naps(self.loop)
        self.telemetry = MemoryTelemetry()
        self.random = Random(self.seed)
        self.lives = 0
        self.processes: dict[str, Process] = {}
        self.over = False
        table = {**production_use_cases(), **self.overrides}
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
        received = StockAct(act=Act.RECEIVE, sku="A", location="W", quantity=Decimal(5))
        for command in (
            CreateTenant(name="shop"),
            CreateItems(items=(CreateItem(sku="A", name="a"),)),
            CreateLocation(code="W", kind=LocationKind.WAREHOUSE),
            ChangeStock(acts=(received,)),
        ):
            await it.spawn(self.doors(it).run(command, self.context(it)))

    async def begin(self) -> None:
        """The caller asks until there is an answer."""
        command = AllocateToChannel(sku="A", quantity=Decimal(self.quantity), channel="web")
        digest = sha256(b"key").digest()
        request = Request(key=digest, fingerprint=digest)
        while True:
            it = self.process("api")
            answering = it.spawn(self.doors(it).answer(command, self.context(it), _encode, request))
            await asyncio.wait({answering})
            if not answering.cancelled() and not isinstance(answering.exception(), IN_TRANSIT):
                answering.result()
                return

    async def keep_worker(self, place: str) -> None:
        """A worker that is started again whenever it dies."""
        while not self.over:
            it = self.process(place)
            working = it.spawn(self._work(it))
            await asyncio.wait({working})
            if not working.cancelled():
                working.result()
            await asyncio.sleep(1.0)

    async def _work(self, it: Process) -> None:
        view, source = MemorySagasView(it.database), MemoryJobSource(it.database)
        runner = SagaRunner(source, self.doors(it), self.telemetry, view, DEFINITIONS)
        while not self.over:
            try:
                taken = await runner.step(self.context(it))
            except IN_TRANSIT:
                taken = 0
            if not taken:
                await asyncio.sleep(POLL_SECONDS)

    async def until_rest(self) -> None:
        workers = [asyncio.create_task(self.keep_worker(place)) for place in ("worker-0", "worker-1")]
        await self.begin()
        while any(row.run_at is not None for row in self.store.table(JOBS).values()):
            await asyncio.sleep(1.0)
        self.over = True
        await asyncio.wait(workers)

    def play(self) -> int:
        """Run to the end; answers how many words were said by those who were counted."""
        whose, self.store.whose = self.store.whose, "nobody"
        self.loop.run_until(self.furnish(), BEGINNING_SECONDS)
        self.store.whose = whose
        self.loop.run_until(self.until_rest(), self.loop.time() + 10_000)
        return self.store.said

    def saga(self) -> Saga:
        """The one there is."""
        (row,) = self.store.table(SAGAS).values()
        return row.saga

    def violations(self) -> list[str]:
        """Whatever is neither whole nor untouched."""
        found = list(broken(self.store, TENANT, self.saga()))
        looking = MemoryInvariants(MemoryDatabase(self.store))
        found += [str(one) for one in self.loop.run_until(looking.violations(), self.loop.time() + 1)]
        assert self.saga().status not in MOVING
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
            if not row.leased and row.queue == "saga-timeout":
                rows[key] = replace(row, run_at=self.store.clock())

    def _speaker(self) -> Process:
        return next(it for it in self.processes.values() if it.name == PROCESS.get())


def _encode(saga: Saga) -> Answer:
    return Answer(status=202, body=saga.id.encode())
