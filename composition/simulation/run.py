"""One seed: a workload under faults, then healing, rest, and the checks."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from composition.simulation.chaos import Chaos
from composition.simulation.checks import at_rest, violations
from composition.simulation.choices import Choice, Choices
from composition.simulation.loop import Stuck
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS, plan_of
from composition.simulation.workload import Shop
from composition.simulation.world import APIS, World

WORKERS = ("worker-0", "worker-1")
TRADE_SECONDS = 900.0
AFTERMATH_SECONDS = (1.0, 1.0, 200.0)
"""Disasters go on for a while after the last order, now and then past a lease or two."""
REST_SECONDS = 1800.0
STOP_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one seed. ``trace`` is the same whenever the seed runs again, as it did where ``twice`` is set."""

    seed: int
    plan: str
    steps: int
    faults: Mapping[str, int]
    violations: tuple[str, ...]
    trace: str
    seconds: float
    twice: bool = False


def simulate(
    seed: int, faults: Collection[str] = KINDS, parts: Parts | None = None, told: Collection[Choice] | None = None
) -> Result:
    """Run ``seed`` with what its plan takes of these kinds of faults over ``parts`` (None: production's)."""
    plan = plan_of(seed, faults)
    world = World(seed, plan, parts or Parts(), Choices(seed, told, plan.deviations))
    shop = Shop(world)
    loop = world.loop
    found: list[str] = []
    stage = "open"
    try:
        kept, world.faults.healed = world.faults.healed, True
        loop.run_until(shop.open(), 60.0)
        world.faults.healed = kept
        chaos = Chaos(world)
        keepers = [loop.create_task(world.keep_api(place)) for place in APIS]
        keepers += [loop.create_task(world.keep_worker(place)) for place in WORKERS]
        stage = "trade"
        disasters = loop.create_task(chaos.run())
        loop.run_until(_trade(shop), loop.time() + TRADE_SECONDS)
        stage = "rest"
        world.faults.heal()
        loop.run_until(_rest(world, shop), loop.time() + REST_SECONDS)
        stage = "stop"
        loop.run_until(_stop(world, [*keepers, disasters]), loop.time() + STOP_SECONDS)
    except Stuck as stuck:
        found.append(f"I10: no end of '{stage}': {stuck}")
    found += violations(world, shop)
    return Result(
        seed=seed,
        plan=plan.words,
        steps=loop.steps,
        faults=dict(world.faults.injected),
        violations=tuple(found),
        trace=world.observer.trace(),
        seconds=loop.time(),
    )


async def _trade(shop: Shop) -> None:
    ebb = shop.world.random_of("ebb")
    trading = asyncio.create_task(shop.trade())
    while not trading.done():
        await asyncio.sleep(0.7)
        await shop.review(0.3)
    await trading
    shop.world.faults.ebbing = True
    await asyncio.sleep(ebb.choice(AFTERMATH_SECONDS) * ebb.random())


async def _rest(world: World, shop: Shop) -> None:
    """Until nothing is left to do; then the operator decides what waits for a person, and it comes to rest again."""
    await _until_rest(world)
    if await shop.review(1.0) + await shop.allocators.retry_stuck():
        await _until_rest(world)


async def _until_rest(world: World) -> None:
    while not at_rest(world.store):
        await asyncio.sleep(0.5)


async def _stop(world: World, keepers: list[asyncio.Task[None]]) -> None:
    """Ask everybody to stop, as SIGTERM does."""
    world.stopping = True
    for loops in world.workers.values():
        loops.stop()
    for place in APIS:
        world.crash(place)
    world.naps.hint()
    await asyncio.wait(keepers)
