"""One seed in two phases: a workload under faults, then everything heals and must come to rest; then the checks."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from composition.simulation.chaos import Chaos
from composition.simulation.checks import at_rest, left_to_do, violations
from composition.simulation.choices import SCHEDULE, Choice, Choices
from composition.simulation.loop import Stuck
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS, plan_of
from composition.simulation.workers import keep_worker
from composition.simulation.workload import Shop
from composition.simulation.world import APIS, World, innermost

WORKERS = ("worker-0", "worker-1")
OPENING_SECONDS, FAULTS_SECONDS, STOP_SECONDS = 60.0, 1200.0, 120.0
AFTERMATH_SECONDS = (1.0, 1.0, 200.0)
"""Disasters go on for a while after the last order, now and then past a lease or two."""
REST_POLL_SECONDS, LAST_SWEEP_SECONDS = 2.0, 5.0
"""A sweep that has begun is over within so long."""
QUIET_MINUTES = 15.0
"""Within so many virtual minutes after everything healed there must be nothing left to do: leases that were slept over
end, what waits to be tried again is tried, and what waits for a person is decided by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one seed. ``trace`` is the same whenever the seed runs again, as it did where ``twice`` is set.

    ``phases``: virtual seconds under faults, and from healing to rest. ``deviations``: at how many steps somebody else
    went than whoever had been ready for longest.
    """

    seed: int
    plan: str
    steps: int
    deviations: int
    faults: Mapping[str, int]
    buggified: Mapping[str, int]
    phases: Mapping[str, float]
    violations: tuple[str, ...]
    trace: str
    seconds: float
    twice: bool = False


def simulate(
    seed: int,
    faults: Collection[str] = KINDS,
    parts: Parts | None = None,
    *,
    quiet_minutes: float = QUIET_MINUTES,
    told: Collection[Choice] | None = None,
    listen: Callable[[World], None] = lambda world: None,
) -> Result:
    """Run ``seed`` with what its plan takes of these kinds of faults over ``parts`` (None: production's).

    ``told``: make these choices and no others. ``listen`` is handed the world before anything happens in it.
    """
    plan = plan_of(seed, faults)
    world = World(seed, plan, parts or Parts(), Choices(seed, told, plan.deviations))
    listen(world)
    shop = Shop(world)
    phases: dict[str, float] = {}
    found = _live(world, shop, phases, quiet_minutes) + violations(world, shop)
    world.loop.abandon()
    return Result(
        seed=seed,
        plan=plan.words,
        steps=world.loop.steps,
        deviations=sum(choice.what == SCHEDULE for choice in world.choices.made),
        faults=dict(+world.faults.injected),
        buggified=dict(world.buggify.times),
        phases=phases,
        violations=tuple(found),
        trace=world.observer.trace(),
        seconds=world.loop.time(),
    )


def _live(world: World, shop: Shop, phases: dict[str, float], quiet_minutes: float) -> list[str]:
    """Live through all phases; answers what kept them from ending."""
    loop, phase = world.loop, "opening"
    try:
        with world.faults.none():
            loop.run_until(shop.open(), OPENING_SECONDS)
        disasters = [loop.create_task(Chaos(world).run())]
        keepers = [loop.create_task(world.keep_api(place)) for place in APIS]
        keepers += [loop.create_task(keep_worker(world, place)) for place in WORKERS]
        phase, began = "faults", loop.time()
        loop.run_until(_trade(shop), began + FAULTS_SECONDS)
        phases[phase] = loop.time() - began
        phase, began = "heal", loop.time()
        world.faults.heal()
        loop.run_until(_rest(world, shop), began + quiet_minutes * 60)
        phases[phase] = loop.time() - began
        phase = "stopping"
        loop.run_until(_stop(world, keepers + disasters), loop.time() + STOP_SECONDS)
    except Stuck as stuck:
        if phase == "heal":
            undone = left_to_do(world.store)
            return [f"I10: not at rest {quiet_minutes:g} virtual minutes after everything healed: {undone}; {stuck}"]
        return [f"I10: no end of '{phase}': {stuck}"]
    except Exception as error:  # noqa: BLE001 - whatever comes out of production code unasked for is a finding
        return [f"nobody asked for: {innermost(error)!r}"]
    return []


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
    await shop.review(1.0)
    await shop.allocators.retry_stuck()
    await _until_rest(world)
    await shop.followers.forgive_stuck()
    world.sweeping = False
    await asyncio.sleep(LAST_SWEEP_SECONDS)
    await _until_rest(world)


async def _until_rest(world: World) -> None:
    while not at_rest(world.store):
        await asyncio.sleep(REST_POLL_SECONDS)


async def _stop(world: World, keepers: list[asyncio.Task[None]]) -> None:
    """Ask everybody to stop, as SIGTERM does."""
    world.stopping = True
    for loops in world.workers.values():
        loops.stop()
    for place in APIS:
        world.processes[place].kill()
    world.naps.hint_all()
    await asyncio.wait(keepers)
