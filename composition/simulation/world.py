"""The world: processes of production code over one store, the supervisor that restarts them, the operator."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from random import Random
from typing import Any
from zlib import crc32

from adapters.memory.telemetry import MemoryTelemetry
from composition.door import Door
from composition.simulation import buggified
from composition.simulation.buggify import Buggify
from composition.simulation.choices import Choices, share
from composition.simulation.clock import Naps, ProcessClock
from composition.simulation.faults import SKEW_SECONDS, PlannedFaults
from composition.simulation.loop import SimulatedLoop
from composition.simulation.observer import Observer
from composition.simulation.parts import Parts
from composition.simulation.plan import Plan
from composition.simulation.poison import Poison
from composition.simulation.process import Process, current_id
from composition.simulation.storage import SlowStore
from core.acceptance.queues import AcceptOrders, AcceptQueued
from core.identity.permission import ALL_SCOPES
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from entrypoints.dispatch import Dispatch, UseCase
from entrypoints.worker.loop import WorkerLoops
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

USUAL_SLOWNESS, SLOWNESS = 4.5, (2.0, 8.0)
"""How much slower than it should a heart beats; to be counted as living it may take 5 times as long."""
SINGLY: Mapping[str, int] = {"flights": 3, "group_max": 1}
IDLE_LIMIT_SECONDS = 30.0
"""The storage ends transactions that say nothing for so long."""


class ConnectionLost(Exception):
    """The process a client spoke to died before it answered."""


OPENING = "opening"
"""Who furnishes the shops before anything happens in them."""
INSISTS_MAX = 200
APIS = ("api-0", "api-1")
NO_ANSWER = (ConnectionLost, CommitUnknown, StorageUnavailable, TransactionConflict)
"""What a client makes nothing of: it may have happened, or not."""


class Api(Process):
    """One API process."""

    writer: Any
    dispatch: Dispatch


@cache
def production_use_cases() -> dict[type, UseCase]:
    """Every command's use case as production binds it."""
    door = Door(transactions=None, telemetry=None, new_id=current_id, new_secret=lambda: "s" * 43)
    table: dict[type, UseCase] = door.use_cases()
    return table


class World:
    """One seed's world."""

    def __init__(self, seed: int, plan: Plan, parts: Parts, choices: Choices) -> None:
        self.seed = seed
        self.plan = plan
        self.choices = choices
        self.random = self.random_of("world")
        self.loop = SimulatedLoop(choices)
        self.faults = PlannedFaults(plan, choices, self.loop.time)
        self.buggify = Buggify(plan.points, choices, lambda: self.faults.healed)
        self.store = SlowStore(self.loop, self.buggify)
        self.store.faults = self.faults
        self.naps = Naps(self.loop)
        self.observer = Observer(self.loop, self.store, self.naps)
        self.telemetry = MemoryTelemetry()
        self.poison = Poison(self.faults, self.crash_by_name)
        self.processes: dict[str, Process] = {}
        self.workers: dict[str, WorkerLoops] = {}
        self.stopping = False
        self.sweeping = True
        self.parts = parts
        self._lives: Counter[str] = Counter()
        table = {**production_use_cases(), **parts.use_cases}
        queued = table[AcceptQueued]
        self.accept = self.poison.guarded(table[AcceptOrders].run)
        self._table = {**table, AcceptQueued: UseCase(scope=None, run=self.poison.guarded(queued.run))}

    def random_of(self, who: str) -> Random:
        """The seed's dice for what ``who`` does however the run goes."""
        return Random(f"{who} {self.seed}")

    def turn(self, who: str) -> Random | None:
        """See Choices."""
        return self.choices.turn(who)

    def context(self, process: Process, *tenants: TenantId, actor: str = "client") -> Context:
        """Who asks ``process`` for what, as its door sees it."""
        now = process.clock.now()
        return Context(tenants=tenants, actor=actor, now=now, correlation=process.new_id(), scopes=ALL_SCOPES)

    def start_api(self, place: str) -> Api:
        """A new API process at ``place``."""
        api: Api = self.new_process(Api, place)
        api.dispatch = self.dispatch(api)
        log = buggified.Log(self.parts.intake_log(api), self.buggify)
        api.writer = self.parts.writer(api, log, **(SINGLY if self.buggify("appends-singly") else {}))
        self.processes[place] = api
        return api

    def dispatch(self, process: Process) -> Dispatch:
        """The door of ``process``."""
        transactions = buggified.Transactions(self.parts.transactions(process), self.buggify)
        return Dispatch(transactions, self._table, self.telemetry)

    async def keep_api(self, place: str) -> None:
        """Run an API process at ``place``, again whenever it died."""
        while not self.stopping:
            api = self.start_api(place)
            await api.death
            await asyncio.sleep(self.random_of(api.name).random())

    async def call(self, place: str, act: Callable[[Any], Awaitable[Any]]) -> Any:
        """What the process at ``place`` answers. Raises ConnectionLost when it died over it."""
        process = self.processes.get(place)
        if process is None or not process.alive:
            raise ConnectionLost("nobody listens")
        task = process.spawn(_run(act, process))
        await asyncio.wait({task})
        if task.cancelled():
            raise ConnectionLost("no answer came")
        error = task.exception()
        if error is not None and not isinstance(error, (DomainError, *NO_ANSWER)):
            self.observer.findings.append(f"{process.name} broke over it: {error!r}")
            raise ConnectionLost("the process broke over it")
        return task.result()

    def _hits(self, kind: str, whom: Process | None) -> bool:
        """Whether there is somebody to be hit; a fault that hits nobody is not counted."""
        hit = whom is not None and whom.alive and not (kind == "pause" and self.loop.frozen(whom.name))
        if not hit:
            self.faults.injected[kind] -= 1
        return hit

    async def insist(self, command: object, tenant: TenantId) -> None:
        """What an operator wants, until somebody answers; a refusal is an answer."""
        for _ in range(INSISTS_MAX):
            try:
                await self.call(
                    APIS[0], lambda api: api.dispatch.run(command, self.context(api, tenant, actor="operator"))
                )
            except NO_ANSWER:
                await asyncio.sleep(0.2)
            except DomainError:
                return
            else:
                return
        self.observer.findings.append(f"{type(command).__name__}: no answer in {INSISTS_MAX} tries")

    def crash_by_name(self, name: str) -> None:
        """Kill the process of this name before it takes another step."""
        for process in self.processes.values():
            if process.name == name and process.alive:
                self.faults.tell("crash", name)
                process.kill()

    def crash(self, place: str) -> None:
        """Kill whoever is at ``place``."""
        process = self.processes.get(place)
        if self._hits("crash", process):
            assert process is not None
            self.faults.tell("crash", process.name)
            process.kill()

    def freeze(self, place: str, seconds: float) -> None:
        """Let whoever is at ``place`` stand still."""
        process = self.processes.get(place)
        if self._hits("pause", process):
            assert process is not None
            self.faults.tell(f"pause of {seconds:.2f} s", process.name)
            self.loop.freeze(process.name, seconds)
            self.loop.call_later(IDLE_LIMIT_SECONDS, self._end_idle, process, seconds)

    def _end_idle(self, process: Process, seconds: float) -> None:
        if seconds > IDLE_LIMIT_SECONDS and process.alive:
            process.database.idle_for_too_long()

    def new_process(self, kind: type[Any], place: str) -> Any:
        """Another life of the process at ``place``, which disagrees with others about the time as the plan says."""
        self._lives[place] += 1
        name = f"{place}#{self._lives[place]}"
        wrong = self.choices.draw(f"skew {place}", 1.0) if self.faults.has("skew") else 0
        slow = self.choices.draw(f"silence {place}", 1.0) if self.faults.has("silence") else 0
        skew = (2 * share(wrong) - 1) * SKEW_SECONDS if wrong else 0.0
        clock = ProcessClock(self.loop, self.naps, skew, SLOWNESS[slow % len(SLOWNESS)] if slow else USUAL_SLOWNESS)
        return kind(self.loop, self.store, name, clock, crc32(name.encode()))


async def _run(act: Callable[[Any], Awaitable[Any]], process: Process) -> Any:
    return await act(process)


def innermost(error: BaseException) -> BaseException:
    """What a group of exceptions began with."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
