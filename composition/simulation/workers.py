"""A worker of the simulated world: put together as production's is, started again whenever it died."""

import asyncio

from adapters.memory.relay import MemoryRelayPosition
from adapters.memory.reservations import MemoryReservationsView
from adapters.memory.sagas import MemorySagasView
from adapters.memory.work import MemoryWorkers
from adapters.toolkit.carrying import to_message
from adapters.toolkit.envelope import unseal
from composition.simulation import buggified
from composition.simulation.delivery import BadPublisher
from composition.simulation.idle import IdleJobs, IdlePosition
from composition.simulation.observer import RELAY
from composition.simulation.process import Process
from composition.simulation.world import World, innermost
from core.sagas.definitions import DEFINITIONS
from entrypoints.dispatch import Dispatch
from entrypoints.worker.accept import BatchAcceptance
from entrypoints.worker.aside import Aside, AsideRunner, SettingAside
from entrypoints.worker.jobs import JobRunner
from entrypoints.worker.loop import WorkerLoops
from entrypoints.worker.subscribers import InProcessPublisher
from entrypoints.worker.sweep import Sweep
from ports.storage import StorageUnavailable

BATCH, OTHER_BATCHES = 6, (1, 2, 40)
SWEEP_SECONDS, SWEEP_EARLY_SECONDS = 15.0, 0.3


async def keep_worker(world: World, place: str) -> None:
    """Run a worker at ``place``, again whenever it died, until the world stops."""
    while not world.stopping:
        process: Process = world.new_process(Process, place)
        world.processes[place] = process
        dispatch = world.dispatch(process)
        loops = world.workers[place] = _loops(world, process, dispatch, place)
        task, _ = process.spawn(loops.run()), process.spawn(_sweep(world, process, dispatch))
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            world.observer.findings.append(f"worker {place} died: {innermost(error)!r}")
        process.kill()
        await asyncio.sleep(world.random_of(process.name).random() * 3)


def _loops(world: World, process: Process, dispatch: Dispatch, place: str) -> WorkerLoops:
    parts, telemetry, buggify = world.parts, world.telemetry, world.buggify
    subscribers = InProcessPublisher(dispatch, process.clock, process.new_id, telemetry)
    delivering = SettingAside(subscribers, Aside(dispatch, process.clock, telemetry), to_message)
    inner = buggified.Singly(delivering, buggify)
    position = buggified.Position(
        IdlePosition(MemoryRelayPosition(process.database, process.name), world.store), buggify
    )
    feed = buggified.Feed(parts.feed(process), buggify)
    work = buggified.Work(parts.work(process), buggify)
    jobs = buggified.Jobs(IdleJobs(parts.jobs(process), world.store), buggify)
    other = buggify("other-batch")
    batch = OTHER_BATCHES[other % len(OTHER_BATCHES)] if other else BATCH
    return WorkerLoops(
        place,
        buggified.Members(MemoryWorkers(process.database), buggify, lambda: _leave(world, place)),
        BatchAcceptance(work, world.accept, telemetry, batch=batch),
        JobRunner(jobs, dispatch, telemetry),
        parts.sagas(jobs, dispatch, telemetry, MemorySagasView(process.database), DEFINITIONS),
        AsideRunner(jobs, dispatch, subscribers, unseal, telemetry),
        None,
        None,
        parts.relay(feed, position, BadPublisher(inner, world.faults, world.observer), process.clock, telemetry, RELAY),
        None,
        None,
        process.clock,
        process.new_id,
        telemetry,
    )


def _leave(world: World, place: str) -> None:
    world.workers[place].stop()


async def _sweep(world: World, process: Process, dispatch: Dispatch) -> None:
    """What housekeeping does of it, as long as the process lives."""
    view = MemoryReservationsView(process.database)
    sweep = Sweep(view, dispatch, process.clock, process.new_id, world.telemetry)
    while True:
        early = world.buggify("sweep-early")
        await process.clock.wait(SWEEP_EARLY_SECONDS if early else SWEEP_SECONDS)
        if not world.sweeping:
            return
        if world.buggify("sweep-left-out"):
            continue
        try:
            await sweep.step()
        except StorageUnavailable as error:
            world.telemetry.log("warning", "housekeeping failed; trying again", error=repr(error))
